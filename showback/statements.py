"""Statements of cost centers, read from the mart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from allocation.engine.splits import Split
from allocation.models import AllocationRun, MonthlyCost
from allocation.selectors import Visibility
from allocation.working import parsed
from itfm.core.money import CONTEXT
from itfm.core.periods import previous_period
from showback.completeness import completeness_of
from showback.effects import rules_note
from showback.models import CostCenter
from showback.selectors import subtree_codes
from showback.statement import (
    AVERAGE_MONTHS,
    Cell,
    CurrencyStatement,
    SplitName,
    Statement,
    currency_statement,
)

DIMENSION: Final = "cost_center"
DIRECT: Final = "direct"
CREDIT: Final = "Credit"
TREND_MONTHS: Final = 13


def part_of(code: str) -> Visibility:
    """Return the part of the organization's cost that is a cost center's, with all below it."""
    return Visibility(sees_everything=False, values=((DIMENSION, subtree_codes([code])),))


def statement(center: CostCenter, *, period: date, visibility: Visibility) -> Statement:
    """Return a cost center's statement of a billing period, of what somebody may see."""
    months = [period]
    for _ in range(AVERAGE_MONTHS):
        months.append(previous_period(months[-1]))
    runs = _runs(months)
    run = runs.get(period)
    part = part_of(center.code)
    cells = _cells(months, part=part, visibility=visibility)
    return Statement(
        code=center.code,
        name=center.name,
        period=period,
        currencies=_currencies(cells, months=months, runs=runs) if run else (),
        rules=rules_note(run, previous=runs.get(months[1]), codes=part.values[0][1]),
        completeness=completeness_of(period, run=run),
    )


def trend(center: CostCenter, *, period: date, visibility: Visibility) -> dict[str, dict[date, Decimal]]:
    """Return what the cost center cost in each of the months up to the period that have a ledger, by currency."""
    months = [period]
    while len(months) < TREND_MONTHS:
        months.append(previous_period(months[-1]))
    known = sorted(_runs(months))
    found = (
        _monthly(known, part=part_of(center.code), visibility=visibility)
        .values("billing_currency", "billing_period")
        .annotate(cost=Sum("effective_cost"))
        .order_by("billing_currency", "billing_period")
    )
    by_currency: dict[str, dict[date, Decimal]] = {}
    for row in found:
        by_month = by_currency.setdefault(row["billing_currency"], dict.fromkeys(known, Decimal(0)))
        by_month[row["billing_period"]] = row["cost"]
    return by_currency


def _runs(months: Sequence[date]) -> dict[date, AllocationRun]:
    found = AllocationRun.objects.filter(billing_period__in=months, state=AllocationRun.State.PUBLISHED)
    return {run.billing_period: run for run in found.select_related("rule_set")}


def _monthly(months: Sequence[date], *, part: Visibility, visibility: Visibility) -> QuerySet[MonthlyCost]:
    return MonthlyCost.objects.filter(visibility.condition(), part.condition(), billing_period__in=months)


def _cells(months: Sequence[date], *, part: Visibility, visibility: Visibility) -> list[Cell]:
    found = (
        _monthly(months, part=part, visibility=visibility)
        .values("billing_period", "origin", "charge_category", "service_name", "billing_currency")
        .annotate(cost=Sum("effective_cost"))
        .order_by("billing_period", "origin", "charge_category", "service_name", "billing_currency")
    )
    return [
        Cell(
            period=row["billing_period"],
            origin=row["origin"],
            is_credit=row["charge_category"] == CREDIT,
            service=row["service_name"] or "",
            currency=row["billing_currency"],
            cost=row["cost"],
        )
        for row in found
    ]


def _currencies(
    cells: Sequence[Cell], *, months: Sequence[date], runs: dict[date, AllocationRun]
) -> tuple[CurrencyStatement, ...]:
    splits = _split_names(runs)
    pools = _pools(months[0])
    found = [
        currency_statement(
            cells,
            currency=currency,
            months=months,
            known=frozenset(runs),
            splits=splits,
            pools={key: pool for (key, of), pool in pools.items() if of == currency},
        )
        for currency in sorted({cell.currency for cell in cells})
    ]
    return tuple(sorted(found, key=lambda one: (-one.total.now, one.currency)))


def _pools(period: date) -> dict[tuple[str, str], Decimal]:
    """Return what each split moved, by its key and currency.

    A split's rows sum to zero: what receivers got is what the pools gave. So it moved what all segments together have
    more of by it.
    """
    found = (
        MonthlyCost.objects.filter(billing_period=period)
        .exclude(origin=DIRECT)
        .values("origin", "billing_currency", "segment_id")
        .annotate(cost=Coalesce(Sum("effective_cost"), Decimal(0)), key=F("origin"))
        .order_by("origin", "billing_currency", "segment_id")
    )
    pools: dict[tuple[str, str], Decimal] = {}
    for row in found:
        key = (row["key"], row["billing_currency"])
        pools[key] = CONTEXT.add(pools.get(key, Decimal(0)), max(row["cost"], Decimal(0)))
    return pools


def _split_names(runs: dict[date, AllocationRun]) -> dict[str, SplitName]:
    """Return the names of all splits that moved anything; where versions differ, as the newest month has them."""
    names: dict[str, SplitName] = {}
    for _, run in sorted(runs.items()):
        if run.rule_set is None:
            continue
        rules = parsed(run.rule_set.document)
        drivers = {driver.key: driver.name for driver in rules.drivers}
        names |= {split.key: SplitName(name=split.name, shared_by=_weight(split, drivers)) for split in rules.splits}
    return names


def _weight(split: Split, drivers: dict[str, str]) -> str:
    """Return by what a split shares, in words that follow `by`."""
    driver = split.method.driver_key()
    if driver is not None:
        name = drivers.get(driver, driver)
        return {"tiered": f"a fee each and {name}", "rate_card": f"{name} at standard prices"}.get(
            split.method.kind, name
        )
    if split.method.cost_basis() is not None:
        return "own cost"
    return "fixed percentages" if split.method.named_receivers() is not None else "even shares"
