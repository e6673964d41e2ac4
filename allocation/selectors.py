"""What is asked of the mart: every figure is a sum over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import In

from allocation.costs.months import folders_with_months, sums_of_months
from allocation.costs.query import RuleSetNames, UnknownNameError
from allocation.costs.statement import rows_statement
from allocation.models import AllocatedCost, AllocationRun, RuleSet
from ingestion.focus.attributes import COST_COLUMNS
from itfm.core.tenancy import current_organization_id


class UnknownGroupingError(LookupError):
    """Costs cannot be grouped by a name; the message lists the names there are."""


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """Which part of an organization's cost somebody may see: all, or values of dimensions, any of which suffices."""

    sees_everything: bool = True
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def condition(self) -> Q:
        """Return the filter over the mart; it lets nothing through where no value is named."""
        if self.sees_everything:
            return Q()
        condition = Q(pk__in=[])
        for dimension, values in self.values:
            # By expression, not by name: a dimension's key comes from outside and is no path of lookups.
            condition |= Q(In(KeyTextTransform(dimension, "segment__dimension_values"), list(values)))
        return condition


EVERYTHING: Final = Visibility()


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """Costs of one combination of what they were grouped by, in one currency; None means that nothing was caught."""

    groups: tuple[str | date | None, ...]
    currency: str
    billed_cost: Decimal
    effective_cost: Decimal
    list_cost: Decimal
    contracted_cost: Decimal


def mart(period: date, *, visibility: Visibility = EVERYTHING) -> QuerySet[AllocatedCost]:
    """Return the current organization's cells of a billing period that somebody may see."""
    return AllocatedCost.objects.filter(visibility.condition(), billing_period=period)


def cost_rows(
    period: date,
    *,
    by: Sequence[str],
    rule_set: RuleSetNames,
    visibility: Visibility = EVERYTHING,
) -> list[CostRow]:
    """Return the costs of a billing period by columns and dimensions in a stable order.

    :raises UnknownGroupingError: a name is neither a column of the mart nor a dimension's key or name.
    """
    names = [_name(name, rule_set) for name in by]
    if "charge_date" in names:
        rows = _mart_sums_by(names, periods=[period], measures=COST_COLUMNS, visibility=visibility)
    else:
        run = run_in_force(period)
        runs = {} if run is None else {period: run.id}
        rows = month_sums_by(names, runs=runs, measures=COST_COLUMNS, visibility=visibility)
    return [
        CostRow(
            groups=tuple(value if isinstance(value, date) else _text(value) for value in row[: len(by)]),
            currency=row[len(by)],
            **dict(zip(COST_COLUMNS, row[len(by) + 1 :], strict=True)),
        )
        for row in rows
    ]


def month_sums_by(
    names: Sequence[str], *, runs: Mapping[date, UUID], measures: Sequence[str], visibility: Visibility
) -> list[tuple[Any, ...]]:
    """Return sums over the billing periods of runs in force, by columns and dimensions' keys: groups, currency, sums.

    From the files of the runs; where those of one are not there, from the mart.
    """
    organization_id = current_organization_id()
    folders = folders_with_months(runs, organization_id)
    if folders is None:
        return _mart_sums_by(names, periods=list(runs), measures=measures, visibility=visibility)
    return sums_of_months(folders, by=names, measures=measures, organization_id=organization_id, visibility=visibility)


def _mart_sums_by(
    names: Sequence[str], *, periods: Sequence[date], measures: Sequence[str], visibility: Visibility
) -> list[tuple[Any, ...]]:
    text, parameters = rows_statement(periods, by=names, sums=measures, visibility=visibility)
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return list(cursor.fetchall())


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _name(name: str, rule_set: RuleSetNames) -> str:
    """Return the column, or the key of the dimension, that a name stands for."""
    try:
        return rule_set.known(name, parameter="by")
    except UnknownNameError as error:
        raise UnknownGroupingError(str(error)) from error


def current_rule_set() -> RuleSet | None:
    """Return the version of the rules in force."""
    return RuleSet.objects.order_by("-version").first()


def names_of(rule_set: RuleSet | None) -> RuleSetNames:
    """Return the dimensions of a version."""
    dimensions = rule_set.dimensions if rule_set else []
    return RuleSetNames(dimensions=tuple((dimension["key"], dimension["name"]) for dimension in dimensions))


def run_in_force(period: date) -> AllocationRun | None:
    """Return the run whose ledger stands for a billing period."""
    return (
        AllocationRun.objects.filter(billing_period=period, state=AllocationRun.State.PUBLISHED)
        .select_related("rule_set")
        .first()
    )


@dataclass(frozen=True, kw_only=True)
class PeriodSums:
    """What the run in force of a billing period says of itself, by currency and cost column."""

    period: date
    run_id: UUID
    ledger: Mapping[str, Mapping[str, str]]
    unallocated: Mapping[str, Mapping[str, Mapping[str, str]]]
    """By dimension key first: what nothing gave a value of it."""


def period_sums() -> list[PeriodSums]:
    """Return the proved sums of every billing period that has a ledger, newest first."""
    runs = AllocationRun.objects.filter(state=AllocationRun.State.PUBLISHED).order_by("-billing_period")
    found = runs.values_list("billing_period", "id", "proof__measured__steps", "proof__measured__unallocated")
    return [
        PeriodSums(
            period=period,
            run_id=run_id,
            ledger=next((step["sums"] for step in steps or () if step["name"] == "ledger"), {}),
            unallocated=unallocated or {},
        )
        for period, run_id, steps, unallocated in found
    ]


def runs_that_failed() -> list[AllocationRun]:
    """Return the newest run of each billing period where it was refused, failed or given up, newest period first."""
    said = AllocationRun.objects.exclude(state=AllocationRun.State.CANCELED)
    newest = said.filter(billing_period=OuterRef("billing_period")).order_by("-started_at", "-id")
    failed = [AllocationRun.State.REFUSED, AllocationRun.State.FAILED, AllocationRun.State.QUARANTINED]
    runs = AllocationRun.objects.filter(state__in=failed, id=Subquery(newest.values("id")[:1]))
    return list(runs.defer("proof").order_by("-billing_period"))


def allocated_periods() -> list[date]:
    """Return the billing periods that have a ledger, newest first."""
    runs = AllocationRun.objects.filter(state=AllocationRun.State.PUBLISHED)
    return list(runs.order_by("-billing_period").values_list("billing_period", flat=True))
