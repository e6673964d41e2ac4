"""The files of a run by name, as DuckDB reads them. Pure.

A ledger is one file, `ledger.parquet`. A run that worked out only a part anew has the ledger file of the run that it
stands on as `ledger_base.parquet`, beside it `patch.parquet` with the rows of its own, and `replaced.parquet` with the
parts of the base that those stand for: what one split, or own cost (-1), put on one day. It has no `ledger.parquet`, so
that nobody takes the one file for the whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.focus.expressions import literal

TABLES: Final = ("ledger", "cells", "segments", "splits", "classification")
"""What a run is made of and what its numbers stand for."""
LEDGER: Final = "ledger.parquet"
PATCH: Final = "patch.parquet"
REPLACED: Final = "replaced.parquet"
DAYS: Final = "days.parquet"
"""The ledger summed up by split, day, segment and currency, with the number of its rows; patched as the ledger is, over
`days_base.parquet`."""
DAYS_PATCH: Final = "days_patch.parquet"
_PATCHES: Final = {"ledger": PATCH, "days": DAYS_PATCH}
DIRECT: Final = -1
"""What stands for own cost where splits have their number."""


class Block(NamedTuple):
    """What one split, or own cost (`DIRECT`), put on one day."""

    split_number: int
    charge_date: date


def is_patched(folder: Path) -> bool:
    """Return whether a run worked out only a part of its ledger anew."""
    return (folder / PATCH).is_file()


def file_of(folder: Path, name: str) -> Path:
    """Return the file of a run's table; where it is patched, the base."""
    return base_of(folder, name) if name in _PATCHES and is_patched(folder) else folder / f"{name}.parquet"


def base_of(folder: Path, name: str) -> Path:
    """Return what the file of a table is called in a run that patches it."""
    return folder / f"{name}_base.parquet"


def files_of(folder: Path, names: Sequence[str] = TABLES) -> list[Path]:
    """Return the files of some tables of a run."""
    patches = [_PATCHES[name] for name in names if name in _PATCHES and is_patched(folder)]
    others = [*patches, REPLACED] if patches else []
    return [*(file_of(folder, name) for name in names), *(folder / name for name in others)]


def rows_of(folder: Path, name: str = "ledger") -> str:
    """Return the SQL of a table's rows, to stand after FROM."""
    file = file_rows(file_of(folder, name))
    if name not in _PATCHES or not is_patched(folder):
        return file
    patch, replaced = file_rows(folder / _PATCHES[name]), file_rows(folder / REPLACED)
    return f"(SELECT * FROM {without(file, replaced)} UNION ALL SELECT * FROM {patch})"  # noqa: S608


def without(rows: str, replaced: str) -> str:
    """Return the SQL of the rows of a ledger that are not of these parts, to stand after FROM."""
    return (
        f"(SELECT * FROM {rows} AS all_rows ANTI JOIN {replaced} AS replaced"  # noqa: S608
        f" ON replaced.split_number = COALESCE(all_rows.split_number, {DIRECT})"
        " AND replaced.charge_date = all_rows.charge_date)"
    )


def only(rows: str, blocks: str) -> str:
    """Return the SQL of the rows of a ledger that are of these parts, to stand after FROM."""
    return (
        f"(SELECT * FROM {rows} AS all_rows SEMI JOIN {blocks} AS wanted"  # noqa: S608
        f" ON wanted.split_number = COALESCE(all_rows.split_number, {DIRECT})"
        " AND wanted.charge_date = all_rows.charge_date)"
    )


def create_views(connection: duckdb.DuckDBPyConnection, folder: Path, names: Sequence[str] = TABLES) -> None:
    """Give tables of a run their names on a connection."""
    for name in names:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {rows_of(folder, name)}")  # noqa: S608


def keep(file: Path, *, at: Path) -> None:
    """Give a file that never changes a second name; where the file system knows none, make a copy."""
    at.unlink(missing_ok=True)
    try:
        os.link(file, at)
    except OSError:
        shutil.copyfile(file, at)


def replaced_blocks(folder: Path) -> frozenset[Block]:
    """Return the parts of a run's ledger that stand in its patch; none where it has no patch."""
    if not is_patched(folder):
        return frozenset()
    rows = pq.read_table(folder / REPLACED)
    return frozenset(map(Block, rows["split_number"].to_pylist(), rows["charge_date"].to_pylist()))


def blocks_table(blocks: Iterable[Block]) -> pa.Table:
    """Return parts of a ledger as a table, in order."""
    listed = sorted(blocks)
    return pa.table(
        {
            "split_number": pa.array([one.split_number for one in listed], pa.int32()),
            "charge_date": pa.array([one.charge_date for one in listed], pa.date32()),
        }
    )


def file_rows(file: Path) -> str:
    """Return the SQL of a file's rows, to stand after FROM."""
    return f"read_parquet({literal(str(file))})"
