"""Plotly figures: exact rows in, a JSON-ready figure out. Pure.

A figure's positions are floats because a screen is drawn in pixels; every amount a person reads, in hover labels and
in the table beside the chart, is written from the exact decimals. Colors are not in the figure: `chart.js` takes them
from the stylesheet by the palette slot in each trace's `meta`, so that one figure fits every theme.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from itfm.core.money import CONTEXT
from itfm.web.display import money_text

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
        return exact_sum(self.costs)


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
            DayRow(day=day, costs=costs, total=exact_sum(costs)) for day, costs in zip(self.days, columns, strict=True)
        )

    @property
    def total(self) -> Decimal:
        """The sum over all days and series."""
        return exact_sum(series.total for series in self.series)

    @property
    def figure(self) -> dict[str, Any]:
        """The stacked chart of these series."""
        return stacked_days(self)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum with every digit; Python's own context would round it to 28."""
    return reduce(CONTEXT.add, amounts, Decimal(0))


def daily_costs(rows: Iterable[DailyCost], *, currency: str, limit: int = SERIES_LIMIT) -> DailyCosts:
    """Return the `limit` largest values as series, the others summed, the unallocated last.

    Days without any cost between the first and the last count zero, so that a gap in the bill shows as a gap. Values
    are ranked by their sum without its sign: a large credit is as worth seeing as a large cost.
    """
    by_name: dict[str | None, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        costs = by_name[row.name]
        costs[row.charge_date] = CONTEXT.add(costs[row.charge_date], row.cost)
    days = _days_between({day for costs in by_name.values() for day in costs})
    unallocated = by_name.pop(None, None)
    named = sorted(
        (Series(name=str(name), costs=_costs(costs, days)) for name, costs in by_name.items()),
        key=lambda series: (series.total.copy_abs().copy_negate(), series.name),
    )
    # A single value left over is shown by its name rather than as "1 other".
    kept = limit if len(named) > limit + 1 else len(named)
    shown = named[:kept]
    if rest := named[kept:]:
        shown.append(_rest(rest))
    if unallocated is not None:
        shown.append(Series(name=UNALLOCATED, costs=_costs(unallocated, days), is_unallocated=True))
    return DailyCosts(currency=currency, days=days, series=tuple(shown))


def _days_between(days: set[date]) -> tuple[date, ...]:
    if not days:
        return ()
    first, last = min(days), max(days)
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _costs(costs: dict[date, Decimal], days: tuple[date, ...]) -> tuple[Decimal, ...]:
    return tuple(costs.get(day, Decimal(0)) for day in days)


def _rest(series: list[Series]) -> Series:
    sums = tuple(exact_sum(costs) for costs in zip(*(one.costs for one in series), strict=True))
    return Series(name=f"{len(series)} others", costs=sums, is_rest=True)


def stacked_days(daily: DailyCosts) -> dict[str, Any]:
    """Return bars per day stacked by series, credits below the line; the legend stands under the plot."""
    return {
        "data": [_bars(series, daily=daily, slot=slot) for slot, series in enumerate(daily.series)],
        "layout": {
            "barmode": "relative",
            "bargap": 0.25,
            "height": 320,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "hovermode": "closest",
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": -0.14, "yanchor": "top", "traceorder": "normal"},
            "xaxis": {"type": "date", "tickformat": "%-d %b", "automargin": True, "fixedrange": True},
            "yaxis": {
                "tickformat": "~s",
                "automargin": True,
                "fixedrange": True,
                "zeroline": True,
                "title": {"text": daily.currency, "standoff": 8},
            },
        },
    }


def _bars(series: Series, *, daily: DailyCosts, slot: int) -> dict[str, Any]:
    palette = "unallocated" if series.is_unallocated else "rest" if series.is_rest else str(slot % SERIES_LIMIT + 1)
    return {
        "type": "bar",
        "name": series.name,
        "x": [day.isoformat() for day in daily.days],
        "y": [float(cost) for cost in series.costs],
        "customdata": [money_text(cost, daily.currency) for cost in series.costs],
        "hovertemplate": "%{x|%a %-d %b %Y}<br><b>%{customdata}</b><extra>%{fullData.name}</extra>",
        "meta": {"palette": palette},
    }
