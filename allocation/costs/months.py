"""The ledger of a run summed up by billing period, beside its files, and questions about months asked of it.

A month of a million mart rows has some ten thousand sums here. DuckDB groups those of a year by three names in the time
that Postgres needs to read them. Days of anything but segments are asked of the ledger itself; days of segments, and
runs without this file, of Postgres.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import duckdb

from allocation.costs.lake_rows import GROUPS, MONTHS, LakeRows
from allocation.costs.lake_statement import COMPARED, LakeStatement
from allocation.costs.query import CostQuery
from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.proof import Sums
from allocation.engine.run_files import PATCH, Block, blocks_table, create_views, file_rows, files_of, only, rows_of
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.expressions import literal
from itfm.core import lake

if TYPE_CHECKING:
    from allocation.selectors import Visibility

SUMS: Final = (*COST_COLUMNS, "consumed_quantity", "charge_count")
_PLACES: Final = "split_number, mart_id, segment_id, billing_currency"
_ZERO: Final = Decimal(0)
_OF_A_PAGE: Final = DuckDB(memory_limit="512MiB")
"""What one question may use."""


class Row(NamedTuple):
    """What the combination at a place cost; places count from 1, and those beyond the limit are summed up as one."""

    currency: str
    place: int
    combinations: int
    """How many combinations stand at the place."""
    groups: tuple[str | None, ...]
    costs: tuple[Decimal, ...]
    """By bucket of time."""
    compared: Decimal


def write_months(
    folder: Path, *, engine: DuckDB, before: Path | None = None, anew: Collection[Block] | None = None
) -> Sums:
    """Sum up a run's ledger beside it, and return what the file sums to. Grain: segment, columns of `GROUPS`, currency.

    `origin` is 'direct' or the key of the split, the other columns and `segment_id` are those of the run's own files.

    :param before: the folder of the run whose sums hold but for what the parts worked out `anew` were and are.
    """
    texts = ", ".join("COALESCE(split_key, 'direct') AS origin" if name == "origin" else name for name in GROUPS)
    names = ("ledger", "cells", "splits")
    rows = _rows("ledger") if before is None else _mended_rows(folder, before)
    taken = [] if before is None else [before / MONTHS, *files_of(before, ["ledger"])]
    with connect(engine, reads=[*files_of(folder, names), *taken], writes=folder) as database:
        create_views(database, folder, names)
        database.register("anew", blocks_table(anew or ()))
        database.execute(
            f"""
            COPY (
                WITH sums AS ({_sums_by_place(rows)})
                SELECT segment_id, billing_currency, {texts}, {", ".join(SUMS)}, split_number, sums.mart_id, row_count
                FROM sums JOIN cells ON cells.cell_id = sums.mart_id LEFT JOIN splits USING (split_number)
                ORDER BY split_number NULLS FIRST, sums.mart_id, segment_id, billing_currency
            ) TO {literal(str(folder / MONTHS))} (FORMAT parquet, COMPRESSION zstd)
            """  # noqa: S608 - our own names
        )
        return _sums_of_file(database, folder / MONTHS)


def _sums_by_place(rows: str) -> str:
    """Return the SQL of rows, which `row_count` counts, summed up by cell of the mart, segment and currency."""
    sums = ", ".join(f"{_exact(name)} AS {name}" for name in SUMS)
    return f"""
        SELECT {_PLACES}, {sums}, CAST(SUM(row_count) AS BIGINT) AS row_count
        FROM ({rows}) AS rows GROUP BY {_PLACES} HAVING SUM(row_count) <> 0"""  # noqa: S608


def _rows(rows: str, *, sign: str = "") -> str:
    """Return the SQL of a ledger's rows with the number of their cell in the mart."""
    sums = ", ".join(f"{sign}{name} AS {name}" for name in SUMS)
    cells = "(SELECT cell_id, mart_id FROM cells)"
    return f"SELECT {_PLACES}, {sums}, {sign}1 AS row_count FROM {rows} JOIN {cells} USING (cell_id)"  # noqa: S608


def _mended_rows(folder: Path, before: Path) -> str:
    """Return the SQL of the sums of the run before, less what the parts worked out anew were, and what they are."""
    return f"""
        SELECT {_PLACES}, {", ".join(SUMS)}, row_count FROM {file_rows(before / MONTHS)}
        UNION ALL {_rows(only(rows_of(before), "anew"), sign="-")}
        UNION ALL {_rows(only(file_rows(folder / PATCH), "anew"))}"""  # noqa: S608


def _exact(name: str) -> str:
    """Return the SQL of a sum; no integer of Parquet holds a SUM."""
    return f"CAST(SUM({name}) AS BIGINT)" if name == "charge_count" else f"SUM({name})"


def _sums_of_file(database: duckdb.DuckDBPyConnection, file: Path) -> Sums:
    costs = ", ".join(f"SUM({name})" for name in COST_COLUMNS)
    rows = database.execute(
        f"SELECT billing_currency, {costs} FROM {file_rows(file)} GROUP BY 1 ORDER BY 1"  # noqa: S608 - our own names
    ).fetchall()
    return {row[0]: dict(zip(COST_COLUMNS, row[1:], strict=True)) for row in rows}


@contextmanager
def reading(organization_id: UUID) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that can read the files of an organization's runs, and reach nothing else."""
    with _database(organization_id, os.getpid()).cursor() as connection:
        yield connection


@lru_cache(maxsize=4)
def _database(organization_id: UUID, _process: int) -> duckdb.DuckDBPyConnection:
    """Return the database of an organization's questions in this process, for as long as others are not asked more.

    To make one takes longer than most questions. It keeps no files: what it reads is read anew each time. A database's
    threads do not come along when a process forks, so a child makes its own.
    """
    organization = lake.organization_folder(organization_id)
    settings = replace(_OF_A_PAGE, temp_directory=organization / "scratch" / "questions")
    return connect(settings, reads=[], writes=organization / "runs")


def folders_with_months(runs: Mapping[date, UUID], organization_id: UUID) -> dict[date, Path] | None:
    """Return the folders of runs by billing period; None where one has no sums by month beside its ledger.

    The ids of the runs have been read under the tenant's policy.
    """
    folders = {period: lake.run_folder(organization_id, period=period, run_id=run) for period, run in runs.items()}
    return folders if all((folder / MONTHS).is_file() for folder in folders.values()) else None


def sums_of_months(
    folders: Mapping[date, Path],
    *,
    by: Sequence[str],
    measures: Sequence[str],
    organization_id: UUID,
    visibility: Visibility,
) -> list[tuple[Any, ...]]:
    """Return the sums of some columns over the folders of runs: the groups, the currency, the sums; in their order.

    What no rule caught stands last.
    """
    if not folders:
        return []
    rows = LakeRows(folders, visibility=visibility, by=by)
    with reading(organization_id) as database:
        return database.execute(rows.sums(measures), rows.values).fetchall()


def rows_of_months(
    query: CostQuery,
    folders: Mapping[date, Path],
    *,
    organization_id: UUID,
    buckets: Sequence[date],
    visibility: Visibility,
) -> list[Row]:
    """Return the costs of a question over the folders of runs by billing period, by currency and place.

    The largest combinations stand first; ties stand in the order of their names, what no rule caught last.
    """
    if not folders:
        return []
    statement = LakeStatement(query, folders, buckets=buckets, visibility=visibility)
    with reading(organization_id) as database:
        found = database.execute(statement.text(), statement.values).fetchall()
    return [
        _row(place, list(sums), buckets=len(buckets))
        for place, sums in groupby(found, key=lambda row: tuple(row[: 3 + len(query.by)]))
    ]


def _row(place: tuple[Any, ...], sums: Sequence[tuple[Any, ...]], *, buckets: int) -> Row:
    """Put the sums of one place side by side; what a bucket lacks is zero."""
    known = {bucket: cost for *_, bucket, cost in sums}
    costs = tuple(known.get(bucket, _ZERO) for bucket in range(buckets))
    return Row(place[0], place[1], place[2], place[3:], costs, known.get(COMPARED, _ZERO))
