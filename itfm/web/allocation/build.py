"""From rules, bills and runs to the pages of allocation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, Min

from allocation.drafts.templates import TEMPLATES, Template
from allocation.drafts.wording import condition_words, method_words, receiver_words
from allocation.engine.rules import RuleSet
from allocation.engine.splits import Split
from allocation.ledgers import run_replaced_by
from allocation.matches import Catch, DimensionCatches, Month, month
from allocation.models import AllocationRun, DriverValue, Reallocation
from allocation.selectors import current_rule_set
from allocation.services.previous import falls_back
from allocation.services.reallocations import reallocation_under_way
from allocation.working import WorkingRules, discarded_draft, parsed, steps_around, working_rules
from itfm.core.money import CONTEXT
from itfm.web.allocation.page import (
    AllocationPage,
    CatchFigures,
    CoverageFigures,
    DimensionRow,
    DraftBar,
    DriverRow,
    ReallocationPart,
    RunningPart,
    RunRow,
    SplitRow,
    StageRow,
)
from itfm.web.shell.page import PeriodChoice, Shell

RECENT: Final = 8
State = AllocationRun.State


def allocation_page(*, shell: Shell, organization_id: UUID, period: PeriodChoice, may_write: bool) -> AllocationPage:
    """Return the rules as a whole and what they reach in a period."""
    working = working_rules()
    bills = month(organization_id, period=period.shown).under(working.rules)
    return AllocationPage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write, notes=bills.notes),
        period=period,
        dimensions=dimension_rows(working.rules, bills),
        stages=stage_rows(working.rules),
        drivers=driver_rows(working.rules),
        running=running_part(),
        recent=recent_runs(RECENT),
        has_bills=bool(bills.revisions),
        templates=_templates(working.rules),
        versions_apart=_versions_apart(period.shown),
    )


def _templates(rules: RuleSet) -> tuple[Template, ...]:
    there = {dimension.key for dimension in rules.dimensions}
    return tuple(template for key, template in TEMPLATES.items() if key not in there)


def _versions_apart(period: date) -> tuple[RunRow, RunRow] | None:
    published = AllocationRun.objects.filter(billing_period=period, state=State.PUBLISHED).select_related("rule_set")
    run = published.order_by("-started_at").first()
    before = run_replaced_by(run) if run and run.folder else None
    if run is None or before is None or before.rule_set_id == run.rule_set_id:
        return None
    return run_row(before), run_row(run)


def draft_bar(working: WorkingRules, *, may_write: bool, notes: tuple[str, ...] = ()) -> DraftBar:
    """Return what stands over every page of rules."""
    draft, version = working.draft, working.published.version if working.published else None
    if draft is None:
        discarded = discarded_draft() if may_write else None
        return DraftBar(
            may_write=may_write,
            lock=0,
            published_version=version,
            discarded_id=discarded.id if discarded else None,
            notes=notes,
        )
    undo, redo = steps_around(draft)
    return DraftBar(
        may_write=may_write,
        lock=draft.lock,
        published_version=version,
        is_draft=True,
        base_version=working.base_version,
        is_behind=working.is_behind,
        change_count=draft.step_number,
        undo_summary=undo.summary if undo else "",
        redo_summary=redo.summary if redo else "",
        edited_by=str(draft.edited_by or ""),
        changed_at=draft.changed_at,
        notes=notes,
    )


def dimension_rows(rules: RuleSet, bills: Month) -> tuple[DimensionRow, ...]:
    """Return the dimensions with how much of the period's cost their rules reach."""
    catches = bills.catches(rules)
    last = len(rules.dimensions) - 1
    return tuple(
        DimensionRow(
            key=dimension.key,
            name=dimension.name,
            rule_count=len(dimension.rules),
            coverage=coverage(catches[dimension.key]),
            number=number,
            is_first=number == 0,
            is_last=number == last,
        )
        for number, dimension in enumerate(rules.dimensions)
    )


def coverage(catches: DimensionCatches) -> tuple[CoverageFigures, ...]:
    """Return by currency how much of the cost the rules give a value."""
    left = dict(catches.uncaught.costs)
    return tuple(
        CoverageFigures(
            currency=currency,
            total=total,
            uncaught=left.get(currency, Decimal(0)),
            covered_percent=share_percent(total - left.get(currency, Decimal(0)), total),
        )
        for currency, total in catches.total.costs
    )


def share_percent(part: Decimal, total: Decimal) -> Decimal | None:
    """Return a part in percent of a total; None of nothing."""
    return CONTEXT.divide(part * 100, total) if total else None


def catch_figures(catch: Catch) -> CatchFigures:
    """Return what a rule catches as pages show it."""
    return CatchFigures(sets=catch.sets, charges=catch.charges, costs=catch.costs)


def stage_rows(rules: RuleSet) -> tuple[StageRow, ...]:
    """Return the splits by stage; within one, in the order in which they claim their pools."""
    numbered = sorted(enumerate(rules.splits), key=lambda one: (one[1].stage, one[0]))
    return tuple(
        StageRow(
            number=stage,
            splits=tuple(_split_rows(list(members), rules)),
            is_reciprocal=rules.is_reciprocal(stage),
        )
        for stage, members in groupby(numbered, key=lambda one: one[1].stage)
    )


def _split_rows(members: list[tuple[int, Split]], rules: RuleSet) -> Iterable[SplitRow]:
    drivers = {driver.key: driver.name for driver in rules.drivers}
    for place, (number, split) in enumerate(members):
        yield SplitRow(
            key=split.key,
            name=split.name,
            pool=condition_words(split.pool),
            method=method_words(split, names=drivers),
            receivers=receiver_words(split),
            number=number,
            is_first=place == 0,
            is_last=place == len(members) - 1,
        )


def driver_rows(rules: RuleSet) -> tuple[DriverRow, ...]:
    """Return the drivers with how many values there are."""
    found = DriverValue.objects.values("driver").annotate(count=Count("id"), first=Min("date"), last=Max("date"))
    facts: Mapping[str, Mapping[str, object]] = {row["driver"]: row for row in found}
    return tuple(
        DriverRow(
            key=driver.key,
            name=driver.name,
            dimension=next((one.name for one in rules.dimensions if one.key == driver.dimension), driver.dimension),
            unit=driver.unit,
            row_count=facts.get(driver.key, {}).get("count", 0),  # type: ignore[arg-type]
            first=facts.get(driver.key, {}).get("first"),  # type: ignore[arg-type]
            last=facts.get(driver.key, {}).get("last"),  # type: ignore[arg-type]
            used_by=tuple(split.name for split in rules.splits if driver.key in {one.driver for one in split.reads()}),
        )
        for driver in rules.drivers
    )


def running_part() -> RunningPart:
    """Return the runs that wait or run, and the periods whose ledger stands on an older version."""
    under_way = AllocationRun.objects.filter(state__in=AllocationRun.UNDER_WAY).select_related("rule_set")
    found = list(under_way.order_by("billing_period", "started_at"))
    published = current_rule_set()
    periods = {run.billing_period for run in found}
    waiting, total = _behind(published.id if published else None, under_way=periods)
    reallocation = reallocation_under_way() if any(run.reallocation_id for run in found) else None
    return RunningPart(
        reallocation=reallocation_part(reallocation) if reallocation else None,
        runs=tuple(run_row(run) for run in found if run.reallocation_id is None),
        waiting=waiting,
        done_count=max(total - len(waiting) - len(periods), 0),
        total_count=total,
    )


def reallocation_part(reallocation: Reallocation) -> ReallocationPart:
    """Return how a re-allocation stands, newest month first."""
    published = current_rule_set()
    runs = reallocation.runs.select_related("rule_set").order_by("-billing_period", "started_at")
    return ReallocationPart(
        id=reallocation.id,
        first_period=reallocation.first_period,
        last_period=reallocation.last_period,
        asked_by=str(reallocation.asked_by or ""),
        asked_at=reallocation.asked_at,
        canceled_at=reallocation.canceled_at,
        months=tuple(run_row(run) for run in runs),
        is_in_order=published is not None and falls_back(parsed(published.document)),
    )


def _behind(version_id: UUID | None, *, under_way: set[date]) -> tuple[tuple[date, ...], int]:
    """Return the periods whose newest run that is over is of another version, and how many periods there are."""
    # One that was taken back says nothing about the ledger.
    over = AllocationRun.objects.exclude(state__in=[*AllocationRun.UNDER_WAY, State.CANCELED]).order_by("started_at")
    newest = dict(over.values_list("billing_period", "rule_set_id"))
    behind = [period for period, used in newest.items() if used != version_id and period not in under_way]
    return tuple(sorted(behind, reverse=True)), len(newest)


def recent_runs(limit: int) -> tuple[RunRow, ...]:
    """Return the latest runs that are over, newest first."""
    over = AllocationRun.objects.exclude(state__in=AllocationRun.UNDER_WAY).select_related("rule_set")
    return tuple(run_row(run) for run in over.order_by("-started_at", "-id")[:limit])


def run_row(run: AllocationRun) -> RunRow:
    """Return a run as lists show it."""
    proof = run.proof or {}
    return RunRow(
        id=run.id,
        billing_period=run.billing_period,
        state=run.state,  # type: ignore[arg-type]
        version=run.rule_set.version if run.rule_set else None,
        started_at=run.started_at,
        finished_at=run.finished_at,
        step=run.step,
        error=run.error,
        finding_count=len(proof.get("findings", ())),
        has_ledger=bool(run.folder),
    )
