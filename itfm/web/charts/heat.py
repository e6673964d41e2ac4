"""Cost by day as a calendar: weeks across, weekdays down. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from itfm.web.charts.traces import layout
from itfm.web.display import MONTHS, money_text

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def heat_by_day(
    costs: Mapping[date, Decimal], *, currency: str, urls: Mapping[date, str] | None = None
) -> dict[str, Any]:
    """Return a field per day; days without a figure stay empty, days that cost nothing count zero."""
    weeks = _weeks(costs)
    days = [[week + timedelta(days=weekday) for week in weeks] for weekday in range(7)]
    return {
        "data": [
            {
                "type": "heatmap",
                "x": list(range(len(weeks))),
                "y": list(range(7)),
                "z": [[float(costs[day]) if day in costs else None for day in row] for row in days],
                "customdata": [[_point(day, costs, currency, urls or {}) for day in row] for row in days],
                "hovertemplate": "%{customdata[0]}<extra></extra>",
                "hoverongaps": False,
                "showscale": False,
                "xgap": 3,
                "ygap": 3,
                "meta": {"palette": "1", "paint": "heat", "has_credits": any(cost < 0 for cost in costs.values())},
            }
        ],
        "layout": layout(
            height=248,
            xaxis={**_axis(dict(_months(weeks, last=max(costs, default=date.min)))), "side": "top", "tickangle": 0},
            yaxis={**_axis(dict(enumerate(WEEKDAYS))), "autorange": "reversed", "showgrid": False, "zeroline": False},
        ),
    }


def _axis(names: Mapping[int, str]) -> dict[str, Any]:
    """Return an axis with a name at each of some places."""
    return {
        "tickmode": "array",
        "tickvals": list(names),
        "ticktext": list(names.values()),
        "automargin": True,
        "fixedrange": True,
    }


def _weeks(costs: Mapping[date, Decimal]) -> list[date]:
    """Return the Monday of each week from the first day to the last."""
    if not costs:
        return []
    first, last = (day - timedelta(days=day.weekday()) for day in (min(costs), max(costs)))
    return [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]


def _months(weeks: list[date], *, last: date) -> list[tuple[int, str]]:
    """Return the columns in which a month begins, and its name."""
    found: list[tuple[int, str]] = []
    for number, week in enumerate(weeks):
        shown = min(week + timedelta(days=6), last)
        if number == 0 or (shown.day <= 7 and shown >= week):
            found.append((number, MONTHS[shown.month - 1][:3]))
    # The first week may belong to a month that ends with it; its name would run into the next one's.
    return found[1:] if len(found) > 1 and found[1][0] == 1 else found


def _point(day: date, costs: Mapping[date, Decimal], currency: str, urls: Mapping[date, str]) -> list[str]:
    if day not in costs:
        return ["", ""]
    name = f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]} {day.year}"
    return [f"{name}<br>{money_text(costs[day], currency)}", urls.get(day, "")]
