"""From the mart to what moved: which values' costs changed most, and what the changes are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from allocation.costs.answer import CostAnswer, CostLine, RunsInForce, answer
from allocation.costs.query import Filter
from allocation.selectors import Visibility
from itfm.web.overview.movers import DIRECT, costs_by_origin, most_moved, movers, totals
from itfm.web.overview.page import Mover

CostOf = Callable[[CostLine], Decimal]


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
    *dimensions, origin = by_origin.query.by
    by_service = answer(
        replace(
            by_origin.query,
            by=(*dimensions, "service_name"),
            filters=(
                Filter(name=origin, values=(DIRECT,)),
                *(Filter(name=dimension, values=tuple(values)) for dimension in dimensions),
            ),
            currency=currency,
        ),
        visibility=visibility,
        runs=runs,
    )

    def rows(cost: CostOf) -> Iterator[tuple[Sequence[object], Decimal]]:
        for line in lines_in(by_origin, currency):
            *found, place = line.groups
            if place != DIRECT and set(found) <= set(values):
                yield (*found, place, None), cost(line)
        for line in lines_in(by_service, currency):
            *found, service = line.groups
            yield (*found, DIRECT, service), cost(line)

    return movers(
        costs_by_origin(rows(cost_now)), costs_by_origin(rows(cost_before)), query_of_value=query_of_value, text=text
    )
