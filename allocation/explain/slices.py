"""A slice of the mart: the rows that a figure on a page is the sum of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import get_args

from django.db import connection

from allocation.costs.query import COLUMNS, CostQuery, Filter
from allocation.costs.statement import Parameters, table_for, where
from allocation.engine.weighing import CostColumn
from allocation.selectors import Visibility


class SliceError(ValueError):
    """A slice cannot be understood; the message says what there is instead."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Rows of one billing period in one currency, all filters holding; both ends of the days are inclusive."""

    period: date
    currency: str
    cost: CostColumn = "effective_cost"
    filters: tuple[Filter, ...] = ()
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if self.cost not in get_args(CostColumn):
            raise SliceError(f"'{self.cost}' is no cost column. Known: {', '.join(get_args(CostColumn))}.")

    def by_column(self, *names: str) -> tuple[Filter, ...]:
        """Return the filters on these columns, in their order."""
        return tuple(one for one in self.filters if one.name in names)

    def by_dimension(self) -> tuple[Filter, ...]:
        """Return the filters on dimensions."""
        return tuple(one for one in self.filters if one.name not in COLUMNS)

    def check_dimensions(self, known: Iterable[str]) -> None:
        """Refuse filters on what is neither a column nor one of the dimensions.

        :raises SliceError: with the names there are.
        """
        names = (*known, *COLUMNS)
        for one in self.filters:
            if one.name not in names:
                raise SliceError(f"Costs have no '{one.name}'. Known: {', '.join(names)}.")


def mart_sum(wanted: Slice, *, visibility: Visibility) -> Decimal:
    """Return what the mart of the run in force sums to: the figure as pages show it.

    :raises QueryError: a filter or the currency cannot be asked for.
    """
    query = CostQuery(
        first=wanted.period,
        last=wanted.period,
        measure=wanted.cost,
        filters=wanted.filters,
        currency=wanted.currency,
        granularity="day" if wanted.first_day or wanted.last_day else "total",
    )
    parameters = Parameters()
    conditions = [
        where(query.filters, periods=query.periods, visibility=visibility, parameters=parameters),
        f"billing_currency = {parameters.add(wanted.currency)}",
        *([f"charge_date >= {parameters.add(wanted.first_day)}"] if wanted.first_day else []),
        *([f"charge_date <= {parameters.add(wanted.last_day)}"] if wanted.last_day else []),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COALESCE(SUM({wanted.cost}), 0) FROM {table_for(query)} WHERE {' AND '.join(conditions)}",  # noqa: S608 - our own names
            parameters.values,
        )
        return Decimal(cursor.fetchone()[0])
