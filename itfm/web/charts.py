"""Plotly figures: exact rows in, a JSON-ready figure out. Pure.

A figure's positions are floats because a screen is drawn in pixels; every amount a person reads, in hover labels and
in the table beside the chart, is written from the exact decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

SERIES_LIMIT: Final = 8
"""More colors than this can no longer be told apart."""

UNALLOCATED: Final = "Unallocated"


@dataclass(frozen=True, kw_only=True)
class DailyCost:
    """What one value of a dimension cost on one day; `name` is None for what no rule caught."""

    charge_date: date
    name: str | None
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class Series:
    """One stripe of a stacked chart: a cost per day of `DailyCosts.days`."""

    name: str
    costs: tuple[Decimal, ...]
    is_rest: bool = False
    """Sum of the values too small for a stripe of their own."""
    is_unallocated: bool = False

    @property
    def total(self) -> Decimal:
        """The sum over all days."""
        return sum(self.costs, Decimal(0))


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """One row of the chart's table: the costs in the order of the series, and their sum."""

    day: date
    costs: tuple[Decimal, ...]
    total: Decimal


@dataclass(frozen=True, kw_only=True)
class DailyCosts:
    """The series of a stacked chart over consecutive days, and the same as rows."""

    currency: str
    days: tuple[date, ...]
    series: tuple[Series, ...]

    @property
    def rows(self) -> tuple[DayRow, ...]:
        """One row per day."""
        columns = zip(*(series.costs for series in self.series), strict=True)
        return tuple(
            DayRow(day=day, costs=costs, total=sum(costs, Decimal(0)))
            for day, costs in zip(self.days, columns, strict=True)
        )

    @property
    def total(self) -> Decimal:
        """The sum over all days and series."""
        return sum((series.total for series in self.series), Decimal(0))
