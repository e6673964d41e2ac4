"""From runs, their proofs and their ledgers to the pages of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from allocation.ledgers import run_replaced_by, value_changes
from allocation.models import AllocationRun, Reallocation
from allocation.selectors import names_of
from ingestion.selectors import billed_periods
from itfm.web.allocation.build import reallocation_part, recent_runs, run_row, running_part
from itfm.web.allocation.page import MoneyChange
from itfm.web.allocation.runs.page import DriverCoverage, HeldRow, RunFinding, RunPage, RunsPage, StepSums
from itfm.web.shell.page import Shell

MOST_RUNS: Final = 100
MOST_CHANGES: Final = 100


def runs_page(*, shell: Shell, may_write: bool) -> RunsPage:
    """Return the latest runs and those under way."""
    running = running_part()
    latest = None if running.reallocation else Reallocation.objects.order_by("-asked_at").first()
    return RunsPage(
        shell=shell,
        may_write=may_write,
        running=running,
        latest=reallocation_part(latest) if latest else None,
        runs=recent_runs(MOST_RUNS),
        periods=tuple(billed_periods()),
    )


def run_page(run_id: UUID, *, shell: Shell, may_write: bool, dimension: str) -> RunPage:
    """Return one run; its differences by a dimension, by default the first.

    :raises AllocationRun.DoesNotExist: not a run of this organization.
    """
    run = AllocationRun.objects.select_related("rule_set").get(pk=run_id)
    before = run_replaced_by(run) if run.folder else None
    dimensions = names_of(run.rule_set).dimensions
    shown = next((key for key, _ in dimensions if key == dimension), dimensions[0][0] if dimensions else "")
    changes = value_changes(before, run, dimension=shown) if before and shown else []
    proof = run.proof or {}
    return RunPage(
        shell=shell,
        may_write=may_write,
        run=run_row(run),
        running=running_part(),
        is_proved=bool(proof.get("holds")),
        problems=tuple(proof.get("problems", ())),
        steps=tuple(_steps(proof)),
        findings=tuple(
            RunFinding(split=one["split"], message=one["message"], values=", ".join(one.get("values", ())))
            for one in proof.get("findings", ())
        ),
        held=tuple(_held(one) for one in proof.get("held", ())),
        drivers=tuple(_coverage(one) for one in proof.get("drivers", ()) if one.get("days_needed")),
        before=run_row(before) if before else None,
        dimensions=dimensions,
        dimension=shown,
        changes=tuple(
            MoneyChange(value=one.value, currency=one.currency, before=one.before, after=one.after)
            for one in changes[:MOST_CHANGES]
        ),
        change_count=len(changes),
    )


def _held(one: Mapping[str, Any]) -> HeldRow:
    return HeldRow(
        split=one["split"],
        currency=one["billing_currency"],
        effective=Decimal(one["costs"]["effective_cost"]),
        reason=one["reason"].replace("_", " "),
    )


def _coverage(one: Mapping[str, Any]) -> DriverCoverage:
    return DriverCoverage(
        split=one["split"],
        driver=one["driver"],
        days_needed=one["days_needed"],
        days_measured=one["days_measured"],
        days_filled=one["days_filled"],
        received=one["received"],
        matched=one["matched"],
    )


def _steps(proof: Mapping[str, Any]) -> Iterator[StepSums]:
    for step in proof.get("measured", {}).get("steps", ()):
        for currency, sums in step["sums"].items():
            yield StepSums(
                step=step["name"].capitalize(),
                currency=currency,
                billed=Decimal(sums["billed_cost"]),
                effective=Decimal(sums["effective_cost"]),
            )
