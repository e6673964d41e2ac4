"""From the mart to the Overview page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from allocation.costs.query import RuleSetNames
from allocation.explain.slices import Filter, Slice
from allocation.models import AllocationRun
from allocation.selectors import (
    CostRow,
    Visibility,
    allocated_periods,
    cost_rows,
    current_rule_set,
    names_of,
    run_in_force,
)
from ingestion.models import BillSource
from ingestion.selectors import bill_total, billed_periods, source_statuses
from itfm.core.periods import next_period, previous_period
from itfm.web.charts import DailyCost, daily_costs
from itfm.web.explain.address import query_of
from itfm.web.overview.page import CurrencyOverview, EmptyReason, Freshness, OverviewPage, Reconciliation, ValueCost
from itfm.web.shell.page import PeriodChoice, Shell

COST: Final = "effective_cost"
COST_NAME: Final = "Effective cost"
UNALLOCATED: Final = "Unallocated"


@dataclass(frozen=True, kw_only=True)
class _Month:
    """What one currency cost: by day and value, and by value the month before."""

    rows: list[CostRow]
    previous: dict[str | None, Decimal] | None


def overview_page(
    *, shell: Shell, period: date | None, visibility: Visibility, may_read_bills: bool, at: datetime
) -> OverviewPage:
    """Return the page of a billing period, or of the newest one allocated."""
    periods = allocated_periods()
    shown = period or next(iter(periods), date(at.year, at.month, 1))
    run = run_in_force(shown)
    rule_set = names_of(run.rule_set if run else current_rule_set())
    return OverviewPage(
        shell=shell,
        period=PeriodChoice(shown=shown, available=tuple(sorted({*periods, shown}, reverse=True))),
        dimension_name=rule_set.dimensions[0][1] if rule_set.dimensions else "",
        cost_name=COST_NAME,
        currencies=_currencies(run, rule_set=rule_set, visibility=visibility, periods=periods) if run else (),
        freshness=_freshness(at) if may_read_bills else (),
        empty_reason=None if run else _empty_reason(periods),
        is_scoped=not visibility.sees_everything,
    )


def _currencies(
    run: AllocationRun, *, rule_set: RuleSetNames, visibility: Visibility, periods: list[date]
) -> tuple[CurrencyOverview, ...]:
    period = run.billing_period
    by = [rule_set.dimensions[0][0]] if rule_set.dimensions else []
    months = _months(cost_rows(period, by=["charge_date", *by], rule_set=rule_set, visibility=visibility))
    before = previous_period(period)
    if before in periods:
        earlier = cost_rows(before, by=by, rule_set=rule_set, visibility=visibility)
        for currency, month in _months(earlier).items():
            previous = _by_value(month.rows)
            rows = months[currency].rows if currency in months else []
            months[currency] = _Month(rows=rows, previous=previous)
    billed = bill_total(period, COST) if visibility.sees_everything else {}
    overviews = [
        _currency(currency, month, run=run, by=by, billed=billed.get(currency), has_previous=before in periods)
        for currency, month in months.items()
        if month.rows or currency in billed
    ]
    return tuple(sorted(overviews, key=lambda one: (-one.total, one.currency)))


def _months(rows: Iterable[CostRow]) -> dict[str, _Month]:
    by_currency: dict[str, list[CostRow]] = defaultdict(list)
    for row in rows:
        by_currency[row.currency].append(row)
    return {currency: _Month(rows=found, previous=None) for currency, found in by_currency.items()}


def _by_value(rows: list[CostRow]) -> dict[str | None, Decimal]:
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[_value(row)] += row.effective_cost
    return dict(sums)


def _value(row: CostRow) -> str | None:
    """Return the dimension's value, which stands last; without a dimension nothing is caught."""
    last = row.groups[-1] if row.groups else None
    return last if isinstance(last, str) else None


def _currency(
    currency: str, month: _Month, *, run: AllocationRun, by: list[str], billed: Decimal | None, has_previous: bool
) -> CurrencyOverview:
    now = _by_value(month.rows)
    total = sum(now.values(), Decimal(0))
    unallocated = now.get(None, Decimal(0))
    previous = (month.previous or {}) if has_previous else None
    first, last = run.billing_period, next_period(run.billing_period) - timedelta(days=1)
    wanted = Slice(period=run.billing_period, currency=currency, cost=COST)
    return CurrencyOverview(
        currency=currency,
        total=total,
        previous_total=None if previous is None else sum(previous.values(), Decimal(0)),
        values=_values(now, previous, total=total, wanted=wanted, by=by),
        daily=daily_costs(
            [
                # A bill may carry charges of other months; they count on its first or last day, so that days sum up.
                DailyCost(charge_date=min(max(row.groups[0], first), last), name=_value(row), cost=row.effective_cost)
                for row in month.rows
                if isinstance(row.groups[0], date)
            ],
            currency=currency,
        ),
        reconciliation=Reconciliation(
            bill_total=total if billed is None else billed,
            allocated=total - unallocated,
            unallocated=unallocated,
            rule_version=run.rule_set.version if run.rule_set else None,
            allocated_at=run.finished_at or run.started_at,
        ),
        query=query_of(wanted),
    )


def _values(
    now: dict[str | None, Decimal],
    previous: dict[str | None, Decimal] | None,
    *,
    total: Decimal,
    wanted: Slice,
    by: list[str],
) -> tuple[ValueCost, ...]:
    names = {*now, *(previous or {})} | {None}
    zero = Decimal(0)
    rows = [
        ValueCost(
            name=name or UNALLOCATED,
            cost=now.get(name, zero),
            previous_cost=None if previous is None else previous.get(name, zero),
            total=total,
            is_unallocated=name is None,
            query=query_of(replace(wanted, filters=tuple(Filter(name=one, values=(name,)) for one in by))),
        )
        for name in names
    ]
    return tuple(sorted(rows, key=lambda row: (row.is_unallocated, -row.cost, row.name)))


def _freshness(at: datetime) -> tuple[Freshness, ...]:
    return tuple(
        Freshness(
            source_name=status.source.name,
            health=status.health,
            last_pull_at=status.last_pull_at,
            data_through=status.data_through,
        )
        for status in source_statuses(at=at)
    )


def _empty_reason(periods: list[date]) -> EmptyReason:
    if periods:
        return "other_period"
    if billed_periods():
        return "not_allocated"
    return "no_bill" if BillSource.objects.exists() else "no_source"
