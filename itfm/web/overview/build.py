"""From the mart to the Overview page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from allocation.costs.answer import CostAnswer, CostLine, RunsInForce, answer
from allocation.costs.query import MOST_ROWS, CostQuery, Filter, RuleSetNames
from allocation.engine.weighing import CostColumn
from allocation.explain.slices import Slice
from allocation.models import AllocationRun
from allocation.selectors import (
    EVERYTHING,
    PeriodSums,
    Visibility,
    current_rule_set,
    names_of,
    period_sums,
    run_in_force,
    runs_that_failed,
)
from ingestion.models import BillRevision, BillSource
from ingestion.renewals import coming_renewals
from ingestion.selectors import (
    SourceStatus,
    billed_periods,
    current_revisions,
    revisions_with_findings,
    source_statuses,
    summed,
)
from itfm.core.money import CONTEXT
from itfm.core.money import total as exact_sum
from itfm.core.periods import period_name, previous_period
from itfm.core.policy import Permission
from itfm.web.charts import DailyCost, DailyCosts, daily_costs
from itfm.web.colors import kept_slots, largest_slots
from itfm.web.components import Tab
from itfm.web.explain.address import query_of
from itfm.web.explore.centers import CENTER, CenterNames, center_names
from itfm.web.lens import LENSES, PARAM, Lens, dimensions_through
from itfm.web.overview.actions import READS_BILLS, READS_RULES, bill_actions, run_actions
from itfm.web.overview.causes import cost_before, cost_now, largest_moves, lines_in, totals_by_value
from itfm.web.overview.movers import UNALLOCATED
from itfm.web.overview.page import (
    Action,
    CurrencyOverview,
    DataState,
    EmptyReason,
    Freshness,
    OverviewPage,
    Reconciliation,
    Renewal,
    TrendPoint,
    ValueCost,
)
from itfm.web.overview.renewals import renewal_rows
from itfm.web.overview.states import data_states
from itfm.web.shell.page import PeriodChoice, Shell

COST: Final[CostColumn] = "effective_cost"
COST_NAME: Final = "Effective cost"
TREND_PERIODS: Final = 12
MOST_LISTED: Final = 100
"""So many values of a dimension are told one by one."""


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What a run's page is built from; rows of all currencies."""

    run: AllocationRun
    dimension: str | None
    """Key of the dimension that the page groups by."""
    daily: CostAnswer
    """By day and value."""
    by_origin: CostAnswer
    """By value and origin, compared with the month before, or with the same days of it when this one is not over."""
    has_before: bool
    runs: RunsInForce
    visibility: Visibility
    sums: list[PeriodSums]
    billed: dict[str, Decimal]
    states: dict[str, DataState]
    kept_slots: Mapping[str, str]
    names: CenterNames
    """What values are called: a cost center by its name."""


def overview_page(
    *,
    shell: Shell,
    period: date | None,
    currency: str | None,
    lens: Lens,
    visibility: Visibility,
    permissions: frozenset[Permission],
    at: datetime,
) -> OverviewPage:
    """Return the page of a billing period, or of the newest one allocated, in one currency."""
    sums = period_sums()
    periods = [one.period for one in sums]
    shown = period or next(iter(periods), date(at.year, at.month, 1))
    run = run_in_force(shown) if shown in periods else None
    rule_set = names_of(run.rule_set if run else current_rule_set())
    found = revisions_with_findings(shown)
    revisions = [revision for revision, _ in found]
    statuses = source_statuses(at=at) if READS_BILLS in permissions else []
    dimension = next(iter(dimensions_through(lens, rule_set)), None)
    facts = None
    if run:
        facts = _facts(run, rule_set, dimension=dimension, sums=sums, revisions=revisions, visibility=visibility)
    currencies = _by_size(facts) if facts else []
    chosen = currency if currency in currencies else next(iter(currencies), None)
    return OverviewPage(
        shell=shell,
        period=PeriodChoice(shown=shown, available=tuple(sorted({*periods, shown}, reverse=True))),
        dimension_name=dict(rule_set.dimensions)[dimension] if dimension else "",
        lenses=_lenses(lens, period=shown, currency=chosen),
        cost_name=COST_NAME,
        overview=_currency(chosen, facts) if facts and chosen else None,
        currencies=tuple(currencies),
        freshness=_freshness(statuses),
        actions=_actions(run, statuses=statuses, bills=found, permissions=permissions, period=shown),
        renewals=_renewals(statuses, lens=lens, today=at.date()) if visibility.sees_everything else (),
        empty_reason=None if run else _empty_reason(periods),
        is_scoped=not visibility.sees_everything,
    )


def prepare(period: date) -> None:
    """Work out, and so keep, what the page of a billing period asks for who sees everything, through each lens.

    With the newest period go the colors that every page gives the values of a dimension.
    """
    run = run_in_force(period)
    if run is None:
        return
    rule_set, sums, revisions = names_of(run.rule_set), period_sums(), list(current_revisions(period))
    for dimension in {next(iter(dimensions_through(lens, rule_set)), None) for lens in LENSES}:
        facts = _facts(run, rule_set, dimension=dimension, sums=sums, revisions=revisions, visibility=EVERYTHING)
        for currency in _by_size(facts):
            _currency(currency, facts)
    if sums[0].period == period:
        for name, _ in rule_set.dimensions:
            kept_slots(name, newest=period, runs=RunsInForce(ids={period: run.id}, rule_set=rule_set))


def _lenses(shown: Lens, *, period: date, currency: str | None) -> tuple[Tab, ...]:
    kept = [("period", period_name(period)), *([("currency", currency)] if currency else [])]
    return tuple(
        Tab(
            label=lens.capitalize(),
            url=f"{reverse('overview_lens')}?{urlencode([*kept, (PARAM, lens)])}",
            is_current=lens == shown,
        )
        for lens in LENSES
    )


def _facts(
    run: AllocationRun,
    rule_set: RuleSetNames,
    *,
    dimension: str | None,
    sums: list[PeriodSums],
    revisions: list[BillRevision],
    visibility: Visibility,
) -> _Facts:
    period, before = run.billing_period, previous_period(run.billing_period)
    by = [dimension] if dimension else []
    ids = {one.period: one.run_id for one in sums if one.period in {period, before}}
    states = data_states(period, revisions)
    is_complete = all(state.is_complete for state in states.values())
    asked = CostQuery(first=period, last=period, measure=COST, by=tuple(by), limit=MOST_ROWS)
    by_origin = replace(
        asked,
        by=(*by, "origin"),
        granularity="total",
        compare="previous",
        compared_days=None if is_complete else max(state.day_count for state in states.values()),
    )
    runs = RunsInForce(ids=ids, rule_set=rule_set)
    daily = answer(replace(asked, granularity="day"), visibility=visibility, runs=runs)
    return _Facts(
        run=run,
        dimension=dimension,
        daily=daily,
        by_origin=answer(by_origin, visibility=visibility, runs=runs),
        has_before=before in ids,
        runs=runs,
        visibility=visibility,
        sums=sums,
        billed=summed((revision.totals for revision in revisions), COST) if visibility.sees_everything else {},
        states=states,
        kept_slots=_kept_slots(daily, rule_set, sums=sums, sees_everything=visibility.sees_everything),
        names=center_names(visibility) if dimension == CENTER else CenterNames(names={}),
    )


def _kept_slots(
    daily: CostAnswer, rule_set: RuleSetNames, *, sums: list[PeriodSums], sees_everything: bool
) -> Mapping[str, str]:
    if not daily.query.by:
        return {}
    newest = max(sums, key=lambda one: one.period)
    if sees_everything and newest.period == daily.query.first:
        return largest_slots(daily)
    runs = RunsInForce(ids={newest.period: newest.run_id}, rule_set=rule_set)
    return kept_slots(daily.query.by[0], newest=newest.period, runs=runs)


def _by_size(facts: _Facts) -> list[str]:
    totals = {currency: Decimal(0) for currency in facts.billed}
    # A currency that only the month before has is none of this month's.
    totals |= {one.currency: one.total.total for one in facts.daily.currencies}
    return sorted(totals, key=lambda currency: (-totals[currency], currency))


def _currency(currency: str, facts: _Facts) -> CurrencyOverview:
    run = facts.run
    wanted = Slice(period=run.billing_period, currency=currency, cost=COST)

    def query_of_value(value: str | None) -> str:
        filters = () if facts.dimension is None else (Filter(name=facts.dimension, values=(value,)),)
        return query_of(replace(wanted, filters=filters))

    by_value = totals_by_value(facts.by_origin, currency, cost=cost_now)
    previous = totals_by_value(facts.by_origin, currency, cost=cost_before) if facts.has_before else None
    total, unallocated = exact_sum(by_value.values()), by_value.get(None, Decimal(0))
    return CurrencyOverview(
        currency=currency,
        total=total,
        previous_total=None if previous is None else exact_sum(previous.values()),
        values=_values(by_value, previous, total=total, query_of_value=query_of_value, text=facts.names.text),
        daily=_daily(facts, currency),
        reconciliation=Reconciliation(
            bill_total=facts.billed.get(currency, total),
            allocated=CONTEXT.subtract(total, unallocated),
            unallocated=unallocated,
            rule_version=run.rule_set.version if run.rule_set else None,
            allocated_at=run.finished_at or run.started_at,
        ),
        query=query_of(wanted),
        movers=largest_moves(
            facts.by_origin,
            currency,
            runs=facts.runs,
            visibility=facts.visibility,
            query_of_value=query_of_value,
            text=facts.names.text,
        )
        if facts.has_before
        else (),
        trend=() if not facts.visibility.sees_everything else _trend(facts, currency),
        state=facts.states.get(currency),
    )


def _daily(facts: _Facts, currency: str) -> DailyCosts:
    return daily_costs(
        [
            DailyCost(charge_date=day, name=_named(line, facts.names), cost=cost)
            for line in lines_in(facts.daily, currency)
            for day, cost in zip(facts.daily.buckets, line.costs, strict=True)
            # The answer has every day of the month; the chart ends where the cost does.
            if cost
        ],
        currency=currency,
        kept={facts.names.text(value): slot for value, slot in facts.kept_slots.items()},
    )


def _named(line: CostLine, names: CenterNames) -> str | None:
    value = line.groups[0] if line.groups else None
    return None if value is None else names.text(value)


def _values(
    now: Mapping[str | None, Decimal],
    previous: Mapping[str | None, Decimal] | None,
    *,
    total: Decimal,
    query_of_value: Callable[[str | None], str],
    text: Callable[[str], str],
) -> tuple[ValueCost, ...]:
    """Return the values by cost, the smallest of very many in one row, and what nothing caught last."""
    zero = Decimal(0)
    values = {name for name in (*now, *(previous or {})) if name is not None}
    ranked = sorted(values, key=lambda name: (-now.get(name, zero), name))
    # A single value left over is told by its name rather than as "1 other".
    listed = ranked if len(ranked) <= MOST_LISTED + 1 else ranked[:MOST_LISTED]
    others = ranked[len(listed) :]

    def row(name: str, *, of: Sequence[str | None], query: str, is_unallocated: bool = False) -> ValueCost:
        return ValueCost(
            name=name,
            cost=exact_sum(now.get(one, zero) for one in of),
            previous_cost=None if previous is None else exact_sum(previous.get(one, zero) for one in of),
            total=total,
            is_unallocated=is_unallocated,
            query=query,
        )

    return (
        *(row(text(name), of=[name], query=query_of_value(name)) for name in listed),
        *([row(f"{len(others):,} others", of=others, query="")] if others else []),
        row(UNALLOCATED, of=[None], query=query_of_value(None), is_unallocated=True),
    )


def _trend(facts: _Facts, currency: str) -> tuple[TrendPoint, ...]:
    """Return what the proved sums of the last months leave unallocated; months without the dimension are left out."""
    points = []
    for one in facts.sums:
        ledger = one.ledger.get(currency)
        by_currency = one.unallocated.get(facts.dimension or "")
        if one.period <= facts.run.billing_period and ledger is not None and by_currency is not None:
            unallocated = Decimal(by_currency.get(currency, {}).get(COST, "0"))
            points.append(TrendPoint(period=one.period, total=Decimal(ledger[COST]), unallocated=unallocated))
    return tuple(points[:TREND_PERIODS])


def _actions(
    run: AllocationRun | None,
    *,
    statuses: list[SourceStatus],
    bills: list[tuple[BillRevision, int]],
    permissions: frozenset[Permission],
    period: date,
) -> tuple[Action, ...]:
    found = []
    if READS_BILLS in permissions:
        found += bill_actions(statuses, bills)
    if READS_RULES in permissions:
        found += run_actions(runs_that_failed(), run.proof if run else {}, period=period)
    return tuple(found)


def _freshness(statuses: Iterable[SourceStatus]) -> tuple[Freshness, ...]:
    return tuple(
        Freshness(
            source_name=status.source.name,
            health=status.health,
            last_pull_at=status.last_pull_at,
            data_through=status.data_through,
        )
        for status in statuses
    )


def _renewals(statuses: Iterable[SourceStatus], *, lens: Lens, today: date) -> tuple[Renewal, ...]:
    return renewal_rows(coming_renewals(statuses, today=today), today=today, lens=lens)


def _empty_reason(periods: list[date]) -> EmptyReason:
    if periods:
        return "other_period"
    if billed_periods():
        return "not_allocated"
    return "no_bill" if BillSource.objects.exists() else "no_source"
