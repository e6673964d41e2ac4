"""From the mart to what moved: which values' costs changed most, and what the changes are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from allocation.costs.answer import CostAnswer, CostLine, RunsInForce, answer
from allocation.costs.query import CostQuery, Filter
from allocation.selectors import Visibility
from itfm.web.overview.movers import DIRECT, costs_by_origin, most_moved, movers, totals
from itfm.web.overview.page import Mover

CostOf = Callable[[CostLine], Decimal]
Row = tuple[Sequence[object], Decimal]


def lines_in(found: CostAnswer, currency: str) -> Sequence[CostLine]:
    """Return the lines of an answer in one currency."""
    return next((one.lines for one in found.currencies if one.currency == currency), ())


def cost_now(line: CostLine) -> Decimal:
    """Return what a line of a single bucket costs."""
    return line.costs[0]


def cost_before(line: CostLine) -> Decimal:
    """Return what a line is compared with."""
    return line.comparison or Decimal(0)


def totals_by_value(by_origin: CostAnswer, currency: str, *, cost: CostOf) -> dict[str | None, Decimal]:
    """Return the cost of each value of an answer by value and origin; values without any are left out."""
    lines = lines_in(by_origin, currency)
    return totals(costs_by_origin(((*line.groups, None), cost(line)) for line in lines))


def largest_moves(
    by_origin: CostAnswer,
    currency: str,
    *,
    runs: RunsInForce,
    visibility: Visibility,
    query_of_value: Callable[[str | None], str],
    text: Callable[[str], str],
) -> tuple[Mover, ...]:
    """Return the values of an answer by value and origin that changed most since what it is compared with.

    Services are asked for of those few values only, and only of their direct costs: shared cost is told by its split.
    """
    values = most_moved(
        totals_by_value(by_origin, currency, cost=cost_now), totals_by_value(by_origin, currency, cost=cost_before)
    )
    if not values:
        return ()
    query = _services_of(by_origin.query, values, currency=currency)
    by_service = answer(query, visibility=visibility, runs=runs)
    now, before = (
        costs_by_origin(
            [
                *_shared(lines_in(by_origin, currency), values, cost=cost),
                *_direct(lines_in(by_service, currency), cost=cost),
            ]
        )
        for cost in (cost_now, cost_before)
    )
    return movers(now, before, query_of_value=query_of_value, text=text)


def _services_of(query: CostQuery, values: Sequence[str | None], *, currency: str) -> CostQuery:
    """Return the question about the direct costs of some values by service."""
    *dimensions, origin = query.by
    filters = [Filter(name=dimension, values=tuple(values)) for dimension in dimensions]
    return replace(
        query,
        by=(*dimensions, "service_name"),
        filters=(Filter(name=origin, values=(DIRECT,)), *filters),
        currency=currency,
    )


def _shared(lines: Sequence[CostLine], values: Sequence[str | None], *, cost: CostOf) -> Iterator[Row]:
    for line in lines:
        *found, origin = line.groups
        if origin != DIRECT and set(found) <= set(values):
            yield (*found, origin, None), cost(line)


def _direct(lines: Sequence[CostLine], *, cost: CostOf) -> Iterator[Row]:
    for line in lines:
        *found, service = line.groups
        yield (*found, DIRECT, service), cost(line)
