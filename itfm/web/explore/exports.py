"""Exactly what a table of costs shows, as a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from allocation.costs.answer import CostAnswer, CostLine
from itfm.web.sheets import KINDS, Sheet, Value

FOCUS_KINDS: Final = {"focus.csv": KINDS["csv"][0], "focus.parquet": KINDS["parquet"][0]}
"""Media type of each format of the ledger under a table."""


def sheet_of(
    found: CostAnswer,
    *,
    heads: Sequence[str],
    name_of: Callable[[str, str | None], str],
    also: Mapping[str, Callable[[str | None], str]],
) -> Sheet:
    """Return the answer as its table shows it, all currencies below each other, without the totals.

    `also` has by column what its codes are called, which stands in a column of its own behind the other texts.
    """
    query = found.query
    named = [(place, name) for place, name in enumerate(query.by) if name in also]
    buckets = [] if query.granularity == "total" else [bucket.isoformat() for bucket in found.buckets]
    compared = ["comparison"] if query.compare else []

    def row(line: CostLine, currency: str) -> tuple[Value, ...]:
        names = [name_of(name, value) for name, value in zip(query.by, line.groups, strict=False)]
        if not line.groups and query.by:
            names = [f"{line.count} others", *[""] * (len(query.by) - 1)]
        called = [also[name](line.groups[place]) if line.groups else "" for place, name in named]
        costs = line.costs if buckets else ()
        return (*names, currency, *called, *costs, line.total, *([line.comparison] if compared else []))

    return Sheet(
        heads=(
            *heads,
            "currency",
            *(f"{heads[place]} name" for place, _ in named),
            *buckets,
            f"total {query.measure}",
            *compared,
        ),
        rows=tuple(row(line, one.currency) for one in found.currencies for line in one.all_lines),
        text_count=len(query.by) + 1 + len(named),
    )
