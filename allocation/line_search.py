"""Kinds of line of a month's bills, found by a piece of any of their texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from allocation.engine.conditions import Subject
from allocation.matches import LIMITS, Catch, Month, sums_of
from ingestion.focus.attributes import COLUMNS
from ingestion.focus.expressions import quoted


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kind of line of a bill: its texts by column, tag and source, and how much of it there is."""

    texts: dict[Subject, str]
    catch: Catch


def lines_found(bills: Month, *, containing: str, limit: int) -> list[Line]:
    """Return the dearest kinds of line with a piece of text in any column or tag, in any case."""
    found = []
    for revision in bills.revisions:
        names = (*COLUMNS, *revision.further.columns)
        columns = ", ".join(quoted(name) for name in names)
        texts = f"concat_ws(' ', {columns}, tags)"
        with duckdb.connect(config=LIMITS) as database:  # type: ignore[arg-type]
            database.register("sums", sums_of(str(revision.daily)))
            rows = database.execute(
                f"SELECT {columns}, tags, list(sums.billing_currency), list(cost),"  # noqa: S608
                " CAST(SUM(charges) AS BIGINT), MAX(cost) AS dearest"
                " FROM read_parquet(?) JOIN sums USING (attribute_set_id)"
                f" WHERE contains(lower({texts}), lower(?)) GROUP BY ALL ORDER BY dearest DESC LIMIT ?",
                [str(revision.attribute_sets), containing, limit],
            ).fetchall()
        source = revision.source_name or revision.source_id
        found += [(row[-1], _line(row, names=names, source=source)) for row in rows]
    found.sort(key=lambda one: -one[0])
    return [line for _, line in found[:limit]]


def _line(row: tuple[Any, ...], *, names: Sequence[str], source: str) -> Line:
    texts = {Subject("column", name): text for name, text in zip(names, row, strict=False) if text}
    *_, tags, currencies, costs, charges, _dearest_cost = row
    for key, text in sorted(json.loads(tags or "{}").items()):
        if text not in (None, ""):
            texts[Subject("tag", key)] = text if isinstance(text, str) else json.dumps(text)
    texts[Subject("source")] = source
    listed = tuple(sorted(zip(currencies, costs, strict=True)))
    return Line(texts=texts, catch=Catch(sets=1, charges=charges, costs=listed))
