"""What was, and the range of what will be: a line with bands that widen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from itfm.web.charts.traces import HAS_LEGEND, layout, money_axis
from itfm.web.display import money_text, period_text


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a cost lies with a probability."""

    percent: int
    low: Decimal
    high: Decimal


@dataclass(frozen=True, kw_only=True)
class FanPoint:
    """A month: its cost, or what is expected of it, with intervals from the widest to the narrowest."""

    period: date
    cost: Decimal | None = None
    expected: Decimal | None = None
    intervals: tuple[Interval, ...] = ()


def forecast_fan(points: Sequence[FanPoint], *, currency: str) -> dict[str, Any]:
    """Return the costs as a line, the expected ones as a dashed line inside their bands; both meet at the last cost."""
    known = [point for point in points if point.cost is not None]
    coming = [point for point in points if point.expected is not None]
    traces = [trace for number in range(_widths(coming)) for trace in _band(coming, number, currency=currency)]
    traces.append(_line("Cost", [(point.period, point.cost) for point in known], currency=currency))
    if coming:
        joint = [(point.period, point.cost) for point in known[-1:]]
        expected = [*joint, *((point.period, point.expected) for point in coming)]
        traces.append(_line("Forecast", expected, currency=currency, dash="dot"))
    return {
        "data": traces,
        "layout": layout(
            meta=HAS_LEGEND,
            xaxis={"type": "date", "tickformat": "%b %Y", "automargin": True, "fixedrange": True},
            yaxis={**money_axis(currency), "rangemode": "tozero"},
        ),
    }


def _widths(coming: Sequence[FanPoint]) -> int:
    return min((len(point.intervals) for point in coming), default=0)


def _line(
    name: str, points: Sequence[tuple[date, Decimal | None]], *, currency: str, dash: str = "solid"
) -> dict[str, Any]:
    amounts = [(period, amount) for period, amount in points if amount is not None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [period.isoformat() for period, _ in amounts],
        "y": [float(amount) for _, amount in amounts],
        "line": {"width": 2, "dash": dash},
        "customdata": [f"{period_text(period)}<br>{money_text(amount, currency)}" for period, amount in amounts],
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        "meta": {"palette": "1", "paint": "line"},
    }


def _band(coming: Sequence[FanPoint], number: int, *, currency: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the lower edge, not drawn, and the area from it up to the higher one."""
    intervals = [point.intervals[number] for point in coming]
    percent = intervals[0].percent
    x = [point.period.isoformat() for point in coming]
    edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}}
    meta = {"palette": "1", "paint": "band"}
    texts = [
        f"{period_text(point.period)}<br>{money_text(one.low, currency)} to {money_text(one.high, currency)}"
        for point, one in zip(coming, intervals, strict=True)
    ]
    low = {**edge, "y": [float(one.low) for one in intervals], "hoverinfo": "skip", "meta": meta}
    high = {
        **edge,
        "y": [float(one.high) for one in intervals],
        "name": f"{percent} % of outcomes",
        "fill": "tonexty",
        "customdata": texts,
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
        "meta": meta,
    }
    return low, high
