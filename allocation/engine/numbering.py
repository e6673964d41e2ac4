"""A decided shape with the numbers of a run before, so that rows of both can stand in one ledger. Pure.

What occurred then keeps its number, also where it does not occur any more; what is new is numbered after it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine.cells import Cells
from allocation.engine.splits import CELL_COLUMNS

SHOWN: Final = ("source_id", *CELL_COLUMNS)
_PLAIN: Final = pa.schema([("cell_id", pa.int32()), ("mart_id", pa.int32()), *((name, pa.string()) for name in SHOWN)])


def numbered_like(decided: Cells, before: Path) -> Cells:
    """Return the cells and segments with the numbers that those of the run in a folder have.

    Cells must be told apart by what they show alone, and both rule sets have the same dimensions.
    """
    cells, of_cell = _cells(decided.cells, pq.read_table(before / "cells.parquet"))
    known = pq.read_table(before / "segments.parquet", columns=["segment_id", "dimension_values"])
    segments, of_segment = decided.segments.after(known.sort_by("segment_id")["dimension_values"].to_pylist())
    renumbered = {"cell_id": of_cell, "segment_id": np.array(of_segment, dtype=np.int32)}
    return replace(
        decided,
        slices=_renumbered(decided.slices, renumbered),
        classification=_renumbered(decided.classification, renumbered),
        cells=cells,
        segments=segments,
        pairs={(profile, of_segment[segment]) for profile, segment in decided.pairs},
    )


def _cells(decided: pa.Table, before: pa.Table) -> tuple[pa.Table, np.ndarray[Any, Any]]:
    """Return the cells of both, and the number of each decided one among them."""
    before, plain = before.sort_by("cell_id").cast(_PLAIN), decided.cast(_PLAIN)
    if plain.equals(before):
        return before, np.arange(len(before), dtype=np.int32)
    numbers = {row: number for number, row in enumerate(_rows(before))}
    found = [numbers.setdefault(row, len(numbers)) for row in _rows(plain)]
    is_new = pa.array([number >= len(before) for number in found], pa.bool_())
    new = plain.filter(is_new)
    ids = pa.array(range(len(before), len(before) + len(new)), pa.int32())
    new = new.set_column(0, "cell_id", ids).set_column(1, "mart_id", ids)
    return pa.concat_tables([before, new]).combine_chunks(), np.array(found, dtype=np.int32)


def _rows(table: pa.Table) -> list[tuple[str | None, ...]]:
    return list(zip(*(table[name].to_pylist() for name in SHOWN), strict=True))


def _renumbered(table: pa.Table, numbers: dict[str, np.ndarray[Any, Any]]) -> pa.Table:
    for name, found in numbers.items():
        place = table.schema.get_field_index(name)
        ids = pa.array(found[table[name].to_numpy()], pa.int32())
        table = table.set_column(place, name, ids)
    return table
