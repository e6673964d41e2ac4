"""The same small chart for each value, beside each other on one scale. Pure.

Each is a figure of its own, so that the page lays them out: three beside each other on a desk, one on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from itfm.web.charts.palette import REST, UNALLOCATED, slots
from itfm.web.charts.stacked import FORMATS, DailyCosts, Series
from itfm.web.charts.traces import layout, points


@dataclass(frozen=True, kw_only=True)
class Multiple:
    """One value's chart and its sum."""

    name: str
    total: Decimal
    figure: dict[str, Any]
    is_unallocated: bool = False


def small_multiples(daily: DailyCosts) -> tuple[Multiple, ...]:
    """Return a chart per series, all on the scale of the largest cost and the largest credit."""
    costs = [cost for series in daily.series for cost in series.costs]
    low, high = min((*costs, Decimal(0))), max((*costs, Decimal(0)))
    palette = slots(series.name for series in daily.series if not series.is_rest and not series.is_unallocated)
    return tuple(
        Multiple(
            name=series.name,
            total=series.total,
            figure=_figure(
                series,
                daily=daily,
                slot=UNALLOCATED if series.is_unallocated else REST if series.is_rest else palette[series.name],
                span=[float(low), float(high)],
            ),
            is_unallocated=series.is_unallocated,
        )
        for series in daily.series
    )


def _figure(series: Series, *, daily: DailyCosts, slot: str, span: list[float]) -> dict[str, Any]:
    _, hover_format = FORMATS[daily.granularity]
    return {
        "data": [
            {
                "type": "bar",
                "x": [day.isoformat() for day in daily.days],
                "y": [float(cost) for cost in series.costs],
                "customdata": points(series.costs, [""] * len(series.costs), currency=daily.currency),
                "hovertemplate": f"%{{x|{hover_format}}}<br>%{{customdata}}<extra></extra>",
                "meta": {"palette": slot},
            }
        ],
        "layout": layout(
            height=120,
            bargap=0.2,
            margin={"l": 0, "r": 0, "t": 4, "b": 4},
            xaxis={"type": "date", "visible": False, "fixedrange": True},
            yaxis={"range": span, "visible": False, "fixedrange": True, "zeroline": True},
        ),
    }
