"""What the figures have in common. Pure.

`meta` of a trace says how `chart.js` paints it: `palette` is a slot of the stylesheet's series (`1` to `8`, `rest`,
`unallocated`) or one per point; `paint` is `bar` (also without saying so), `line`, `band` or `ribbon` (filled areas),
`heat` or `label`. `meta` of the layout says whether the page has a legend beside it (see `legend.py`). `customdata`
holds the text of the hover label, or the text and the address a click leads to. Texts have no tags but `<br>`: Plotly
would style others inline, which the site's policy forbids.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from itfm.web.display import money_text

MARGIN: Final = {"l": 8, "r": 8, "t": 8, "b": 8}
NO_AXIS: Final[dict[str, Any]] = {"visible": False, "fixedrange": True}
HAS_LEGEND: Final = {"has_legend": True}
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


def layout(**differences: Any) -> dict[str, Any]:
    """Return a layout without zooming, which a page that scrolls should not have; legends are the page's."""
    return {"height": 320, "margin": dict(MARGIN), "hovermode": "closest", "showlegend": False, **differences}


def money_axis(currency: str) -> dict[str, Any]:
    """Return an upright axis of amounts."""
    return {
        "tickformat": "~s",
        "automargin": True,
        "fixedrange": True,
        "zeroline": True,
        "title": {"text": currency, "standoff": 8},
    }


def points(amounts: Iterable[Decimal], urls: Iterable[str], *, currency: str) -> list[str | list[str]]:
    """Return the hover text of each amount, with the address to drill to where there is one."""
    texts = [(money_text(amount, currency), url) for amount, url in zip(amounts, urls, strict=True)]
    if any(url for _, url in texts):
        return [list(pair) for pair in texts]
    return [text for text, _ in texts]


def hover(customdata: list[str | list[str]]) -> str:
    """Return how a hover label names the text in the points' data."""
    return "%{customdata[0]}" if customdata and isinstance(customdata[0], list) else "%{customdata}"


def plain(name: str) -> str:
    """Return the name as Plotly shows it letter by letter: it reads some tags in texts."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short(name: str, *, length: int = 28) -> str:
    """Return the name as it fits beside a mark; the hover label has all of it."""
    return plain(name if len(name) <= length else name[: length - 1].rstrip() + ELLIPSIS)
