"""Cost over time, stacked by value: the trend. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from itfm.core.money import CONTEXT
from itfm.core.periods import next_period
from itfm.web.charts.amounts import exact_sum
from itfm.web.charts.palette import REST, SLOTS, slots
from itfm.web.charts.palette import UNALLOCATED as UNALLOCATED_SLOT
from itfm.web.charts.traces import HAS_LEGEND, hover, layout, money_axis, plain, points

SERIES_LIMIT: Final = SLOTS
"""More colors than this can no longer be told apart."""

Granularity = Literal["day", "week", "month"]
FORMATS: Final[dict[Granularity, tuple[str, str]]] = {
    "day": ("%-d %b", "%a %-d %b %Y"),
    "week": ("%-d %b", "week of %-d %b %Y"),
    "month": ("%b\n%Y", "%B %Y"),
}
"""How Plotly writes a date at the axis and in a hover label."""

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
    url: str = ""
    """Where a click on it leads."""

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
    """The series of a stacked chart over consecutive days (or weeks or months, each its first day), and as rows."""

    currency: str
    days: tuple[date, ...]
    series: tuple[Series, ...]
    granularity: Granularity = "day"
    kept: Mapping[str, str] = field(default_factory=dict)
    """The slots that some names have on every page."""

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


def daily_costs(
    rows: Iterable[DailyCost],
    *,
    currency: str,
    limit: int = SERIES_LIMIT,
    granularity: Granularity = "day",
    urls: Mapping[str | None, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> DailyCosts:
    """Return the `limit` largest values as series, the others summed, the unallocated last.

    Days without any cost between the first and the last count zero, so that a gap in the bill shows as a gap. Values
    are ranked by their sum without its sign: a large credit is as worth seeing as a large cost. `urls` say where a
    click on a value leads, None naming the unallocated; `kept` which colors some values have on every page.
    """
    leads = urls or {}
    by_name: dict[str | None, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        costs, start = by_name[row.name], _start(row.charge_date, granularity)
        costs[start] = CONTEXT.add(costs[start], row.cost)
    days = _steps({day for costs in by_name.values() for day in costs}, granularity)
    unallocated = by_name.pop(None, None)
    named = sorted(
        (Series(name=str(name), costs=_costs(costs, days), url=leads.get(name, "")) for name, costs in by_name.items()),
        key=lambda series: (series.total.copy_abs().copy_negate(), series.name),
    )
    # A single value left over is shown by its name rather than as "1 other".
    told_apart = limit if len(named) > limit + 1 else len(named)
    shown = named[:told_apart]
    if rest := named[told_apart:]:
        shown.append(_rest(rest))
    if unallocated is not None:
        costs_of_none, url = _costs(unallocated, days), leads.get(None, "")
        shown.append(Series(name=UNALLOCATED, costs=costs_of_none, is_unallocated=True, url=url))
    return DailyCosts(currency=currency, days=days, series=tuple(shown), granularity=granularity, kept=dict(kept or {}))


def _start(day: date, granularity: Granularity) -> date:
    """Return the first day of the week (a Monday) or month that the day is in."""
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "month" else day


def _steps(days: set[date], granularity: Granularity) -> tuple[date, ...]:
    """Return every day, week or month from the first to the last."""
    if not days:
        return ()
    steps, last = [min(days)], max(days)
    while steps[-1] < last:
        steps.append(
            next_period(steps[-1])
            if granularity == "month"
            else steps[-1] + timedelta(days=7 if granularity == "week" else 1)
        )
    return tuple(steps)


def _costs(costs: dict[date, Decimal], days: tuple[date, ...]) -> tuple[Decimal, ...]:
    return tuple(costs.get(day, Decimal(0)) for day in days)


def _rest(series: list[Series]) -> Series:
    sums = tuple(exact_sum(costs) for costs in zip(*(one.costs for one in series), strict=True))
    return Series(name=f"{len(series)} others", costs=sums, is_rest=True)


def stacked_days(daily: DailyCosts) -> dict[str, Any]:
    """Return bars per day stacked by series, credits below the line; the legend stands under the plot."""
    tick_format, _ = FORMATS[daily.granularity]
    named = (series.name for series in daily.series if not series.is_rest and not series.is_unallocated)
    palette = slots(named, kept=daily.kept)
    return {
        "data": [_bars(series, daily=daily, slot=_slot(series, palette)) for series in daily.series],
        "layout": layout(
            barmode="relative",
            bargap=0.25,
            meta=HAS_LEGEND,
            xaxis={"type": "date", "tickformat": tick_format, "automargin": True, "fixedrange": True},
            yaxis=money_axis(daily.currency),
        ),
    }


def _slot(series: Series, palette: Mapping[str, str]) -> str:
    if series.is_unallocated:
        return UNALLOCATED_SLOT
    return REST if series.is_rest else palette[series.name]


def _bars(series: Series, *, daily: DailyCosts, slot: str) -> dict[str, Any]:
    customdata = points(series.costs, [series.url] * len(series.costs), currency=daily.currency)
    _, hover_format = FORMATS[daily.granularity]
    return {
        "type": "bar",
        "name": plain(series.name),
        "x": [day.isoformat() for day in daily.days],
        "y": [float(cost) for cost in series.costs],
        "customdata": customdata,
        "hovertemplate": f"%{{x|{hover_format}}}<br>{hover(customdata)}<extra>%{{fullData.name}}</extra>",
        "meta": {"palette": slot},
    }
