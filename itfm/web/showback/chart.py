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
            "xaxis": {
                "type": "category",
                "tickmode": "array",
                "tickvals": [month_label(month) for month in months],
                "ticktext": [_tick(month, is_first=number == 0) for number, month in enumerate(months)],
                "tickangle": 0,
                "automargin": True,
                "fixedrange": True,
            },
            "yaxis": {
                "tickformat": "~s",
                "automargin": True,
                "fixedrange": True,
                "zeroline": True,
                "title": {"text": currency, "standoff": 8},
            },
        },
    }


def _tick(month: date, *, is_first: bool) -> str:
    """Return the month, with the year below it where one begins: thirteen of them then fit without being turned."""
    name = MONTHS[month.month - 1][:3]
    return f"{name}<br>{month.year}" if is_first or month.month == 1 else name


def month_label(month: date) -> str:
    """Return `Oct 26`."""
    return f"{MONTHS[month.month - 1][:3]} {month:%y}"
