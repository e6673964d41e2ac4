"""The parts of the mart by content, so that a run need not load again what it left as it was.

A part is what one origin, own cost or a split, put on one day. Its content is two sums of 64-bit hashes, one for each
row of its ledger, of all that the mart says of it: names and texts rather than the numbers that stand for them in a
run's files, so that a new service elsewhere in the bill changes the parts it is in and no other. A sum asks for no
order, so the ledger is gone through once and nothing is sorted. Contents guard against chance, not against somebody who
makes up bills that come to the same: such would deceive the pages of their own organization.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow.parquet as pq

from allocation.costs.query import COLUMNS
from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.run_files import PATCH, Block, blocks_table, create_views, file_rows, files_of, only, without
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.expressions import literal

FILE: Final = "parts.parquet"
NAMES: Final = tuple(name for name in COLUMNS if name not in {"origin", "charge_date"})
"""What a row's cell is called; origin and day are the part's own."""
AMOUNTS: Final = (*COST_COLUMNS, "consumed_quantity")


class Part(NamedTuple):
    """What one origin put on one day."""

    origin: str
    charge_date: date


def write_parts(
    folder: Path, *, engine: DuckDB, before: Path | None = None, anew: Collection[Block] | None = None
) -> None:
    """Write the content of each part of the mart that a run's files give.

    :param before: the folder of the run that has all parts alike that are not worked out `anew`.
    """
    names = ("ledger", "cells", "segments", "splits")
    # A column more, or another order, is another content.
    said = literal(json.dumps([*NAMES, *AMOUNTS, "charge_count"]))
    row = ["cell", "segment", "billing_currency", *AMOUNTS, "charge_count"]
    taken = [] if before is None else [before / FILE]
    with connect(engine, reads=[*files_of(folder, names), *taken], writes=folder) as database:
        create_views(database, folder, names)
        database.register("anew", blocks_table(anew or ()))
        rows = "ledger" if before is None else only(file_rows(folder / PATCH), "anew")
        others = "" if before is None else _taken(before)
        database.execute(
            f"""
            COPY (
                WITH named_cells AS (SELECT cell_id, hash(hash({", ".join(NAMES)})) AS cell FROM cells),
                named_segments AS (SELECT segment_id, hash(dimension_values) AS segment FROM segments),
                parts AS (
                    SELECT split_number, charge_date, COUNT(*) AS row_count, {content([said, *row])} AS content
                    FROM {rows} JOIN named_cells USING (cell_id) JOIN named_segments USING (segment_id)
                    GROUP BY split_number, charge_date
                    {others}
                )
                SELECT COALESCE(split_key, 'direct') AS origin, charge_date, row_count, content
                FROM parts LEFT JOIN splits USING (split_number)
                ORDER BY split_number NULLS FIRST, charge_date
            ) TO {literal(str(folder / FILE))} (FORMAT parquet, COMPRESSION zstd)
            """  # noqa: S608 - our own names
        )


def _taken(before: Path) -> str:
    numbered = f"SELECT split_number, charge_date, row_count, content FROM {file_rows(before / FILE)} AS parts"  # noqa: S608
    numbered += " LEFT JOIN splits ON split_key = origin"
    return f"UNION ALL SELECT * FROM {without(f'({numbered})', 'anew')}"  # noqa: S608


def content(row: Sequence[str]) -> str:
    """Return the SQL of what tells rows of a group apart from others: two sums of hashes as a text.

    Each hash is hashed again, for that of several things leaves the last one as good as bare.
    """
    sums = [f"SUM(hash(hash({', '.join([row[0], seed, *row[1:]])})))::VARCHAR" for seed in ("'1'", "'2'")]
    return " || '-' || ".join(sums)


def read_parts(folder: Path) -> dict[Part, tuple[int, str]] | None:
    """Return number of rows and content of each part of a run; None where the run has no such file, or an older one."""
    if not (folder / FILE).exists():
        return None
    rows = pq.read_table(folder / FILE)
    if "content" not in rows.column_names:
        return None
    return {Part(row["origin"], row["charge_date"]): (row["row_count"], row["content"]) for row in rows.to_pylist()}


def changed_parts(before: Path, after: Path) -> list[Part] | None:
    """Return the parts that two runs do not have alike, gone ones among them; None where that is not known."""
    old, new = read_parts(before), read_parts(after)
    if old is None or new is None:
        return None
    return sorted(part for part in {*old, *new} if old.get(part) != new.get(part))
