"""How a total divides among values: lying bars, the largest on top. Pure.

Bars rather than a ring: lengths compare, angles hardly do, and credits have a length as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from itfm.core.money import CONTEXT
from itfm.web.charts.amounts import exact_sum
from itfm.web.charts.palette import REST, UNALLOCATED, slots
from itfm.web.charts.traces import hover, layout, plain, points, short
from itfm.web.display import percent_text

LIMIT: Final = 12
ROW_HEIGHT: Final = 32


@dataclass(frozen=True, kw_only=True)
class Share:
    """A value and its cost; `name` is None for what no rule caught."""

    name: str | None
    cost: Decimal
    url: str = ""


def shares(rows: Sequence[Share], *, currency: str, limit: int = LIMIT) -> dict[str, Any]:
    """Return a bar per value, largest first, those beyond the limit summed, the unallocated last."""
    total = exact_sum(row.cost for row in rows)
    bars = _bars(rows, limit=limit)
    palette = slots(name for name, _, _, slot in bars if not slot)
    customdata = points((cost for _, cost, _, _ in bars), (url for _, _, url, _ in bars), currency=currency)
    places = list(range(len(bars)))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [float(cost) for _, cost, _, _ in bars],
                "y": places,
                "text": [_percent(cost, total) for _, cost, _, _ in bars],
                "textposition": "outside",
                "cliponaxis": False,
                "constraintext": "none",
                "hovertext": [plain(name) for name, _, _, _ in bars],
                "customdata": customdata,
                "hovertemplate": f"%{{hovertext}}<br>{hover(customdata)} (%{{text}})<extra></extra>",
                "meta": {"palette": [slot or palette[name] for name, _, _, slot in bars]},
            }
        ],
        "layout": layout(
            height=max(120, ROW_HEIGHT * len(bars) + 24),
            bargap=0.35,
            xaxis={"visible": False, "fixedrange": True, "range": _span([float(cost) for _, cost, _, _ in bars])},
            yaxis={
                "tickmode": "array",
                "tickvals": places,
                "ticktext": [short(name) for name, _, _, _ in bars],
                "autorange": "reversed",
                "automargin": True,
                "fixedrange": True,
                "showgrid": False,
                "zeroline": False,
            },
        ),
    }


def _bars(rows: Sequence[Share], *, limit: int) -> list[tuple[str, Decimal, str, str]]:
    """Return name, cost, address and the slot of what has one of its own."""
    named = sorted((row for row in rows if row.name is not None), key=lambda row: (-abs(row.cost), str(row.name)))
    kept = limit if len(named) > limit + 1 else len(named)
    bars = [(str(row.name), row.cost, row.url, "") for row in named[:kept]]
    if rest := named[kept:]:
        bars.append((f"{len(rest)} others", exact_sum(row.cost for row in rest), "", REST))
    bars += [("Unallocated", row.cost, row.url, UNALLOCATED) for row in rows if row.name is None]
    return bars


def _span(costs: Sequence[float]) -> list[float]:
    """Return the range of the bars with room for what is written at their ends."""
    low, high = min((*costs, 0.0)), max((*costs, 0.0))
    room = (high - low) * 0.16 or 1.0
    return [low - room if low else 0.0, high + room]


def _percent(cost: Decimal, total: Decimal) -> str:
    return percent_text(CONTEXT.divide(CONTEXT.multiply(cost, Decimal(100)), total)) if total else ""
