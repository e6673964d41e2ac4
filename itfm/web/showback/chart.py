"""The trend of a cost center, month by month, as a figure. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from itfm.web.display import MONTHS, money_text


def monthly_bars(costs: Mapping[date, Decimal], *, currency: str) -> dict[str, Any]:
    """Return one bar per month, the oldest first."""
    months = sorted(costs)
    return {
        "data": [
            {
                "type": "bar",
                "name": currency,
                "x": [month_label(month) for month in months],
                "y": [float(costs[month]) for month in months],
                "customdata": [money_text(costs[month], currency) for month in months],
                "hovertemplate": "%{x}<br><b>%{customdata}</b><extra></extra>",
                "meta": {"palette": "1"},
            }
        ],
        "layout": {
            "bargap": 0.35,
            "height": 280,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "showlegend": False,
            "xaxis": {"type": "category", "automargin": True, "fixedrange": True},
            "yaxis": {
                "tickformat": "~s",
                "automargin": True,
                "fixedrange": True,
                "zeroline": True,
                "title": {"text": currency, "standoff": 8},
            },
        },
    }


def month_label(month: date) -> str:
    """Return `Oct 26`."""
    return f"{MONTHS[month.month - 1][:3]} {month:%y}"
