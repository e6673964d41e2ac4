"""Which marks of a figure stand for what, in words beside it. Pure.

The page writes the legend rather than Plotly: it then stands there before the chart is drawn, wraps on a phone, is
worked by the keyboard, and takes none of the time that drawing takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LegendEntry:
    """A name, the palette slot and kind of its marks as in a trace's `meta`, and the traces it shows and hides."""

    name: str
    slot: str
    paint: str
    traces: tuple[int, ...]


def legend(figure: Mapping[str, Any]) -> tuple[LegendEntry, ...]:
    """Return the entries of a figure whose layout says that it has a legend; traces without a name join the next."""
    if not figure.get("layout", {}).get("meta", {}).get("has_legend"):
        return ()
    entries: list[LegendEntry] = []
    nameless: tuple[int, ...] = ()
    for number, trace in enumerate(figure["data"]):
        if "name" not in trace:
            nameless = (*nameless, number)
            continue
        meta = trace["meta"]
        # Plotly reads some tags in names, so that they are escaped in the figure: see `traces.plain`.
        name = unescape(trace["name"])
        entries.append(
            LegendEntry(name=name, slot=meta["palette"], paint=meta.get("paint", "bar"), traces=(*nameless, number))
        )
        nameless = ()
    return tuple(entries)
