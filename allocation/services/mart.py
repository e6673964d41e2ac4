"""Loading a run's sums into Postgres: DuckDB writes, Postgres copies, one statement swaps.

Parts that are as the run in force left them stay where they are: most of a run's time is the loading of its rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from allocation.costs.lake_statement import GROUPS as MONTH_GROUPS
from allocation.costs.lake_statement import MONTHS
from allocation.costs.months import SUMS
from allocation.costs.query import COLUMNS as GROUPS
from allocation.models import AllocationRun, Segment
from allocation.services.parts import Part, changed_parts
from ingestion.focus.attributes import COST_COLUMNS

_COPY_BYTES: Final = 1 << 20
_ATTRIBUTES: Final = (*GROUPS, "billing_currency")
MART: Final = "allocation_allocatedcost"
MONTHLY: Final = "allocation_monthlycost"
DAILY: Final = "allocation_dailycost"
ROLLUPS: Final = {
    MONTHLY: ("segment_id", *(name for name in _ATTRIBUTES if name != "charge_date")),
    DAILY: ("segment_id", "origin", "charge_date", "billing_currency"),
}
"""What each rollup tells apart."""
COLUMNS: Final = ("row_number", "segment_id", *_ATTRIBUTES, *SUMS)
"""Columns of the mart that a run's files give, in the order they are copied."""
_MONTH_COLUMNS: Final = ("segment_id", "billing_currency", *MONTH_GROUPS, *SUMS)
_OF_PARTS: Final = " AND (origin, charge_date) IN (SELECT * FROM unnest(%s::text[], %s::date[]))"


def replace_mart(run: AllocationRun, *, folder: Path, scratch: Path, before: Path | None = None) -> None:
    """Put a run's rows in the place of those of its period; the caller's transaction makes it one step.

    :param before: the folder of the run whose rows stand there: parts alike stay. None: everything is loaded.
    """
    segments = segment_ids(run.organization_id, folder / "segments.parquet")
    parts = None if before is None else changed_parts(before, folder)
    rows, months = scratch / "mart.csv", scratch / "months.csv"
    write_rows(folder, segments=segments, to=rows, parts=parts)
    _write_months_csv(folder, segments=segments, to=months)
    load_rows(run, rows, parts=parts)
    _load_months(run, months)
    _sum_up(DAILY, run.organization_id, run.billing_period, parts=parts)


def load_rows(run: AllocationRun, rows: Path, *, parts: Sequence[Part] | None) -> None:
    """Put the rows of a CSV file, with the columns of the mart, in the place of those of the run's period.

    :param parts: only these parts of it are replaced; rows of others keep their numbers. None: all.
    """
    columns = ", ".join(COLUMNS)
    place: list[Any] = [run.organization_id, run.billing_period]
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition(%s)", [run.billing_period])
        _copy(cursor, rows, into="mart_rows", like=MART, columns=columns)
        _delete(cursor, MART, place, parts)
        cursor.execute(
            f"INSERT INTO {MART} (organization_id, billing_period, run_id, {columns})"  # noqa: S608
            f" SELECT %s, %s, %s, row_number + (SELECT COALESCE(MAX(row_number), 0) FROM {MART}"
            f" WHERE organization_id = %s AND billing_period = %s), {', '.join(COLUMNS[1:])}"
            " FROM mart_rows",
            [*place, run.id, *place],
        )
        cursor.execute("DROP TABLE mart_rows")


def _load_months(run: AllocationRun, rows: Path) -> None:
    """Put the sums by month in the place of those of the run's period."""
    columns = ", ".join(_MONTH_COLUMNS)
    place: list[Any] = [run.organization_id, run.billing_period]
    with connection.cursor() as cursor:
        _copy(cursor, rows, into="month_rows", like=MONTHLY, columns=columns)
        _delete(cursor, MONTHLY, place, None)
        cursor.execute(
            f"INSERT INTO {MONTHLY} (organization_id, billing_period, {columns})"  # noqa: S608 - our own names
            f" SELECT %s, %s, {columns} FROM month_rows",
            place,
        )
        cursor.execute("DROP TABLE month_rows")


def replace_rollups(organization_id: UUID, period: date) -> None:
    """Sum the mart's rows of a period into the rollups; where there are none, the rollups are emptied."""
    for table in ROLLUPS:
        _sum_up(table, organization_id, period, parts=None)


def _sum_up(table: str, organization_id: UUID, period: date, *, parts: Sequence[Part] | None) -> None:
    """Sum the mart's rows of a period, or of some parts of it, into a rollup."""
    sums, groups = ", ".join(f"SUM({name})" for name in SUMS), ", ".join(ROLLUPS[table])
    place: list[Any] = [organization_id, period]
    with connection.cursor() as cursor:
        _delete(cursor, table, place, parts)
        cursor.execute(
            f"INSERT INTO {table} (organization_id, billing_period, {groups}, {', '.join(SUMS)})"  # noqa: S608
            f" SELECT organization_id, billing_period, {groups}, {sums} FROM {MART}"
            f" WHERE organization_id = %s AND billing_period = %s{_OF_PARTS if parts is not None else ''}"
            f" GROUP BY organization_id, billing_period, {groups}",
            [*place, *_listed(parts)],
        )


def _delete(cursor: Any, table: str, place: list[Any], parts: Sequence[Part] | None) -> None:
    """Delete the rows of a period, or of some parts of it."""
    of_parts = _OF_PARTS if parts is not None else ""
    cursor.execute(
        f"DELETE FROM {table} WHERE organization_id = %s AND billing_period = %s{of_parts}",  # noqa: S608 - our own names
        [*place, *_listed(parts)],
    )


def _listed(parts: Sequence[Part] | None) -> list[list[Any]]:
    """Return what `_OF_PARTS` is told."""
    return [] if parts is None else [[part.origin for part in parts], [part.charge_date for part in parts]]


def mart_sums(period: date, *, table: str = MART) -> dict[str, dict[str, Decimal]]:
    """Return the sums of the mart, or of a rollup, by currency and cost column, as Postgres adds them up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_currency, sum(billed_cost), sum(effective_cost), sum(list_cost), sum(contracted_cost)"  # noqa: S608
            f" FROM {table}"
            " WHERE organization_id = (SELECT itfm_current_organization()) AND billing_period = %s"
            " GROUP BY billing_currency ORDER BY billing_currency",
            [period],
        )
        return {row[0]: dict(zip(COST_COLUMNS, row[1:], strict=True)) for row in cursor.fetchall()}


def segment_ids(organization_id: UUID, segments: Path) -> dict[int, UUID]:
    """Return the stored id of each of the run's segments, saving those that are new."""
    table = pq.read_table(segments)
    rows = dict(zip(table["segment_id"].to_pylist(), table["dimension_values"].to_pylist(), strict=True))
    digests = {number: hashlib.sha256(text.encode()).hexdigest() for number, text in rows.items()}
    Segment.objects.bulk_create(
        (
            Segment(organization_id=organization_id, dimension_values=json.loads(text), digest=digests[number])
            for number, text in rows.items()
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    stored = dict(Segment.objects.filter(digest__in=list(digests.values())).values_list("digest", "id"))
    return {number: stored[digest] for number, digest in digests.items()}


def write_rows(folder: Path, *, segments: dict[int, UUID], to: Path, parts: Sequence[Part] | None) -> None:
    """Write the ledger, or some parts of it, summed to what pages show, in one order, with what its numbers mean."""
    with duckdb.connect() as database:
        _name_files(database, folder, segments, names=("ledger", "cells", "splits"))
        texts = {"origin": "COALESCE(splits.split_key, 'direct') AS origin"}
        sums = ", ".join(f"SUM({name}) AS {name}" for name in SUMS)
        columns = ", ".join(texts.get(name, name) for name in (*_ATTRIBUTES, *SUMS))
        database.execute(
            f"""
            COPY (
                WITH mart AS (
                    SELECT split_number, charge_date, mart_id, segment_id, billing_currency, {sums}
                    FROM ledger JOIN cells USING (cell_id) {_only(database, parts)}
                    GROUP BY split_number, charge_date, mart_id, segment_id, billing_currency
                ),
                numbered AS (
                    SELECT *, row_number() OVER (
                        ORDER BY split_number NULLS FIRST, charge_date, mart_id, segment_id, billing_currency
                    ) AS row_number
                    FROM mart
                )
                SELECT row_number, stored.stored_id, {columns}
                FROM numbered AS mart
                JOIN stored USING (segment_id)
                JOIN cells ON cells.cell_id = mart.mart_id
                LEFT JOIN splits USING (split_number)
            ) TO '{_quoted(to)}' (FORMAT csv, HEADER false, NULLSTR '', FORCE_QUOTE (origin))
            """  # noqa: S608
        )


def _only(database: duckdb.DuckDBPyConnection, parts: Sequence[Part] | None) -> str:
    """Return what leaves of the ledger only some parts, empty for all of it."""
    if parts is None:
        return ""
    origins, days = _listed(parts)
    table = pa.table({"origin": pa.array(origins, pa.string()), "charge_date": pa.array(days, pa.date32())})
    database.register("wanted", table)
    return """
        SEMI JOIN (
            SELECT COALESCE(split_number, -1) AS number, charge_date
            FROM wanted LEFT JOIN splits ON split_key = origin
            WHERE split_number IS NOT NULL OR origin = 'direct'
        ) AS parts ON parts.number = COALESCE(ledger.split_number, -1) AND parts.charge_date = ledger.charge_date"""


def _write_months_csv(folder: Path, *, segments: dict[int, UUID], to: Path) -> None:
    """Write the sums by month that stand beside the ledger."""
    with duckdb.connect() as database:
        _name_files(database, folder, segments, names=())
        database.read_parquet(str(folder / MONTHS)).create_view("months")
        database.execute(
            f"""
            COPY (SELECT stored_id, {", ".join(_MONTH_COLUMNS[1:])} FROM months JOIN stored USING (segment_id))
            TO '{_quoted(to)}' (FORMAT csv, HEADER false, NULLSTR '', FORCE_QUOTE (origin))
            """  # noqa: S608 - our own names
        )


def _name_files(
    database: duckdb.DuckDBPyConnection, folder: Path, segments: dict[int, UUID], *, names: Sequence[str]
) -> None:
    """Give a run's files their names, and `stored` to the ids of its segments."""
    table = pa.table(
        {
            "segment_id": pa.array(list(segments), pa.int32()),
            "stored_id": pa.array([str(value) for value in segments.values()], pa.string()),
        }
    )
    database.register("stored", table)
    for name in names:
        database.read_parquet(str(folder / f"{name}.parquet")).create_view(name)


def _copy(cursor: Any, rows: Path, *, into: str, like: str, columns: str) -> None:
    """Copy a file into a table of this session's own: one under row-level security takes no COPY."""
    cursor.execute(
        f"CREATE TEMPORARY TABLE {into} ON COMMIT DROP AS SELECT {columns} FROM {like} WITH NO DATA"  # noqa: S608
    )
    with (
        cursor.copy(f"COPY {into} ({columns}) FROM STDIN (FORMAT csv, NULL '')") as copy,
        rows.open("rb") as source,
    ):
        while block := source.read(_COPY_BYTES):
            copy.write(block)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
