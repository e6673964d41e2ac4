"""Statements of cost centers, read from the mart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from allocation.costs.answer import RunsInForce, answer
from allocation.costs.moved import moved_by_splits
from allocation.costs.query import MOST_ROWS, CostQuery, Filter, RuleSetNames
from allocation.engine.splits import Split
from allocation.models import AllocationRun
from allocation.selectors import Visibility
from allocation.working import parsed
from itfm.core.money import CONTEXT
from itfm.core.periods import previous_period
from showback.actions import actions_of
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
    while len(months) < TREND_MONTHS:
        months.append(previous_period(months[-1]))
    runs = _runs(months)
    run = runs.get(period)
    codes = subtree_codes([center.code])
    cells = _cells(codes, months=months, runs=runs, visibility=visibility) if runs else []
    return Statement(
        code=center.code,
        name=center.name,
        codes=codes,
        period=period,
        currencies=_currencies(cells, months=months[: AVERAGE_MONTHS + 1], runs=runs) if run else (),
        trend=_trend(cells, months=sorted(runs)),
        rules=rules_note(run, previous=runs.get(months[1]), codes=codes),
        completeness=completeness_of(period, run=run),
        actions=actions_of(codes, run=run, dimension=DIMENSION) if run else (),
    )


def _trend(cells: Sequence[Cell], *, months: Sequence[date]) -> dict[str, dict[date, Decimal]]:
    trend: dict[str, dict[date, Decimal]] = {}
    for cell in cells:
        by_month = trend.setdefault(cell.currency, dict.fromkeys(months, Decimal(0)))
        by_month[cell.period] = CONTEXT.add(by_month[cell.period], cell.cost)
    return trend


def _runs(months: Sequence[date]) -> dict[date, AllocationRun]:
    found = AllocationRun.objects.filter(billing_period__in=months, state=AllocationRun.State.PUBLISHED)
    return {run.billing_period: run for run in found.select_related("rule_set")}


def _cells(
    codes: Sequence[str], *, months: Sequence[date], runs: dict[date, AllocationRun], visibility: Visibility
) -> list[Cell]:
    found = answer(
        CostQuery(
            first=months[-1],
            last=months[0],
            by=("origin", "charge_category", "service_name"),
            filters=(Filter(name=DIMENSION, values=tuple(codes)),),
            limit=MOST_ROWS,
        ),
        visibility=visibility,
        runs=RunsInForce(ids={month: run.id for month, run in runs.items()}, rule_set=RuleSetNames()),
    )
    return [
        Cell(
            period=month,
            origin=origin or "",
            is_credit=category == CREDIT,
            service=service or "",
            currency=one.currency,
            cost=cost,
        )
        for one in found.currencies
        for line in one.lines
        for origin, category, service in [line.groups]
        for month, cost in zip(found.buckets, line.costs, strict=True)
        if cost
    ]


def _currencies(
    cells: Sequence[Cell], *, months: Sequence[date], runs: dict[date, AllocationRun]
) -> tuple[CurrencyStatement, ...]:
    splits = _split_names(runs)
    pools = moved_by_splits(months[0], run_id=runs[months[0]].id)
    found = [
        currency_statement(
            cells,
            currency=currency,
            months=months,
            known=frozenset(runs),
            splits=splits,
            pools={key: pool for (key, of), pool in pools.items() if of == currency},
        )
        for currency in sorted({cell.currency for cell in cells if cell.period in months})
    ]
    return tuple(sorted(found, key=lambda one: (-one.total.now, one.currency)))


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
