"""A slice of the mart: the rows that a figure on a page is the sum of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Final, get_args
from uuid import UUID

from django.db.models import Expression, F, Q, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import In, IsNull

from allocation.costs.query import COLUMNS
from allocation.engine.weighing import CostColumn
from allocation.selectors import Visibility, mart

FILTER_COLUMNS: Final = tuple(name for name in COLUMNS if name != "charge_date")
"""Columns of the mart that a slice can be narrowed by; days have a range of their own."""


class SliceError(ValueError):
    """A slice cannot be understood; the message says what there is instead."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Rows in which a column of the mart, or a dimension, has one of some values; None is: nothing caught."""

    name: str
    values: tuple[str | None, ...]


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
        for one in self.filters:
            if one.name == "source_id" and not all(_is_id(value) for value in one.values):
                raise SliceError("A source is named by its id.")

    def by_column(self) -> tuple[Filter, ...]:
        """Return the filters on columns."""
        return tuple(one for one in self.filters if one.name in FILTER_COLUMNS)

    def by_dimension(self) -> tuple[Filter, ...]:
        """Return the filters on dimensions."""
        return tuple(one for one in self.filters if one.name not in FILTER_COLUMNS)

    def check_dimensions(self, known: Iterable[str]) -> None:
        """Refuse filters on what is neither a column nor one of the dimensions.

        :raises SliceError: with the names there are.
        """
        names = (*known, *FILTER_COLUMNS)
        for one in self.filters:
            if one.name not in names:
                raise SliceError(f"Costs have no '{one.name}'. Known: {', '.join(names)}.")


def mart_sum(wanted: Slice, *, visibility: Visibility) -> Decimal:
    """Return what the mart of the run in force sums to: the figure as pages show it."""
    rows = mart(wanted.period, visibility=visibility).filter(billing_currency=wanted.currency)
    for one in wanted.filters:
        rows = rows.filter(_condition(one))
    if wanted.first_day:
        rows = rows.filter(charge_date__gte=wanted.first_day)
    if wanted.last_day:
        rows = rows.filter(charge_date__lte=wanted.last_day)
    found = rows.aggregate(figure=Coalesce(Sum(wanted.cost), Decimal(0)))
    return Decimal(found["figure"])


def _condition(one: Filter) -> Q:
    expression: Expression | F = (
        F(one.name) if one.name in FILTER_COLUMNS else KeyTextTransform(one.name, "segment__dimension_values")
    )
    texts = [value for value in one.values if value is not None]
    conditions = [Q(In(expression, texts))] if texts else []
    if None in one.values:
        conditions.append(Q(IsNull(expression, True)))  # noqa: FBT003 - the lookup's own form
    return reduce(or_, conditions, Q(pk__in=[]))


def _is_id(value: str | None) -> bool:
    try:
        return value is not None and bool(UUID(value))
    except ValueError:
        return False
