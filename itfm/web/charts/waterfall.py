"""From one total to another, step by step: what made the difference. Pure.

The bundle of Plotly that is served has no waterfall, so each step is a bar that starts where the one before it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from itfm.core.money import CONTEXT
from itfm.web.charts.amounts import exact_sum
from itfm.web.charts.traces import hover, layout, money_axis, plain, points, short
from itfm.web.display import amount_text

MORE: Final = "3"
LESS: Final = "2"
TOTAL: Final = "1"
"""Slots of the palette: neither is good or bad by itself, and signs tell them apart without color."""


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """One cause of the difference, signed."""

    name: str
    amount: Decimal
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class _Bar:
    name: str
    amount: Decimal
    base: Decimal
    slot: str
    text: str
    url: str = ""

    @property
    def end(self) -> Decimal:
        return CONTEXT.add(self.base, self.amount)


def waterfall(
    steps: Sequence[Bridge], *, start: Decimal, start_name: str, end_name: str, currency: str
) -> dict[str, Any]:
    """Return bars from the first total over the steps to the last, which is exactly their sum."""
    bars = _bars(steps, start=start, start_name=start_name, end_name=end_name, currency=currency)
    places = list(range(len(bars)))
    customdata = points((bar.amount for bar in bars), (bar.url for bar in bars), currency=currency)
    return {
        "data": [
            _connectors(bars),
            {
                "type": "bar",
                "x": places,
                "y": [float(bar.amount) for bar in bars],
                "base": [float(bar.base) for bar in bars],
                "text": [bar.text for bar in bars],
                "textposition": "outside",
                "cliponaxis": False,
                "constraintext": "none",
                "hovertext": [plain(bar.name) for bar in bars],
                "customdata": customdata,
                "hovertemplate": f"%{{hovertext}}<br>{hover(customdata)}<extra></extra>",
                "meta": {"palette": [bar.slot for bar in bars]},
            },
        ],
        "layout": layout(
            bargap=0.35,
            margin={"l": 8, "r": 8, "t": 24, "b": 8},
            xaxis={
                "tickmode": "array",
                "tickvals": places,
                "ticktext": [short(bar.name, length=18) for bar in bars],
                "automargin": True,
                "fixedrange": True,
            },
            yaxis=money_axis(currency),
        ),
    }


def _bars(
    steps: Sequence[Bridge], *, start: Decimal, start_name: str, end_name: str, currency: str
) -> tuple[_Bar, ...]:
    zero, at = Decimal(0), start
    bars = [_Bar(name=start_name, amount=start, base=zero, slot=TOTAL, text=amount_text(start, currency))]
    for step in steps:
        sign = "▲" if step.amount > 0 else "▼"
        bars.append(
            _Bar(
                name=step.name,
                amount=step.amount,
                base=at,
                slot=MORE if step.amount > 0 else LESS,
                text=f"{sign} {amount_text(step.amount.copy_abs(), currency)}" if step.amount else "0",
                url=step.url,
            )
        )
        at = CONTEXT.add(at, step.amount)
    end = exact_sum((start, *(step.amount for step in steps)))
    return (*bars, _Bar(name=end_name, amount=end, base=zero, slot=TOTAL, text=amount_text(end, currency)))


def _connectors(bars: Sequence[_Bar]) -> dict[str, Any]:
    """Return thin lines from where each bar ends to where the next one starts."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, (bar, _) in enumerate(pairwise(bars)):
        x += [place, place + 1, None]
        y += [float(bar.end), float(bar.end), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"width": 1},
        "hoverinfo": "skip",
        "meta": {"palette": "rest", "paint": "line"},
    }
