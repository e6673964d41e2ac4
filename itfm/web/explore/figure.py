"""The chart of an answer: stacked bars over time, or bars beside each other for a total. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from allocation.costs.query import Granularity
from itfm.core.money import total
from itfm.web.charts.palette import REST
from itfm.web.charts.share import Share, shares
from itfm.web.charts.stacked import SERIES_LIMIT, DailyCosts, Series, stacked_days

MOST_TICKS: Final = 12
"""More months than these are not all named at the axis."""


@dataclass(frozen=True, kw_only=True)
class Stripe:
    """What one line of the answer cost in each bucket; `url` leads one level down."""

    name: str
    costs: tuple[Decimal, ...]
    url: str = ""
    is_unallocated: bool = False
    is_rest: bool = False


def figure(
    stripes: Sequence[Stripe],
    *,
    buckets: Sequence[date],
    granularity: Granularity,
    currency: str,
    kept: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the figure; what has no stripe of its own is summed into one. `kept` are colors names have everywhere."""
    if granularity == "total":
        rows = [
            Share(name=None if one.is_unallocated else one.name, cost=total(one.costs), url=one.url) for one in stripes
        ]
        return _rest_last(shares(rows, currency=currency), rest=next((one.name for one in stripes if one.is_rest), ""))
    series = tuple(
        Series(
            name=one.name,
            costs=one.costs,
            url=one.url,
            is_rest=one.is_rest,
            is_unallocated=one.is_unallocated,
        )
        for one in _shown(stripes)
    )
    stacked = stacked_days(
        DailyCosts(
            currency=currency, days=tuple(buckets), series=series, granularity=granularity, kept=dict(kept or {})
        )
    )
    if granularity == "month" and len(buckets) <= MOST_TICKS:
        stacked["layout"]["xaxis"]["tickvals"] = [bucket.isoformat() for bucket in buckets]
    return stacked


def _rest_last(shown: dict[str, Any], *, rest: str) -> dict[str, Any]:
    """Return the bars with what sums up many lines below all others, in the color of the rest."""
    trace, axis = shown["data"][0], shown["layout"]["yaxis"]
    if rest not in trace["hovertext"]:
        return shown
    own = trace["hovertext"].index(rest)
    order = [*(place for place in trace["y"] if place != own), own]
    trace["meta"]["palette"][own] = REST
    for values in (trace, axis, trace["meta"]):
        for key in ("x", "text", "hovertext", "customdata", "ticktext", "palette"):
            if isinstance(values.get(key), list):
                values[key] = [values[key][place] for place in order]
    return shown


def _shown(stripes: Sequence[Stripe]) -> list[Stripe]:
    named = [one for one in stripes if not one.is_rest]
    # A single line left over is shown by its name.
    kept = SERIES_LIMIT if len(stripes) > SERIES_LIMIT + 1 else len(named)
    rest = [*named[kept:], *(one for one in stripes if one.is_rest)]
    if not rest:
        return named
    sums = tuple(total(costs) for costs in zip(*(one.costs for one in rest), strict=True))
    return [*named[:kept], Stripe(name="Others", costs=sums, is_rest=True)]
