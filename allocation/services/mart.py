"""Loading a run's sums into Postgres: DuckDB writes, Postgres copies, one statement swaps."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from allocation.costs.months import SUMS
from allocation.costs.query import COLUMNS as GROUPS
from allocation.models import AllocationRun, Segment
from ingestion.focus.attributes import COST_COLUMNS

_COPY_BYTES: Final = 1 << 20
_ATTRIBUTES: Final = (*GROUPS, "billing_currency")
MART: Final = "allocation_allocatedcost"
ROLLUPS: Final = {
    "allocation_monthlycost": ("segment_id", *(name for name in _ATTRIBUTES if name != "charge_date")),
    "allocation_dailycost": ("segment_id", "origin", "charge_date", "billing_currency"),
}
"""What each rollup tells apart."""
COLUMNS: Final = ("row_number", "segment_id", *_ATTRIBUTES, *SUMS)
"""Columns of the mart that a run's files give, in the order they are copied."""


def replace_mart(run: AllocationRun, *, folder: Path, scratch: Path) -> None:
    """Put a run's rows in the place of those of its period; the caller's transaction makes it one step."""
    segments = _segment_ids(run.organization_id, folder / "segments.parquet")
    rows = scratch / "mart.csv"
    _write_csv(folder, segments=segments, to=rows)
    load_mart(run, rows)


def load_mart(run: AllocationRun, rows: Path) -> None:
    """Put the rows of a CSV file with the columns of the mart in the place of those of the run's period."""
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition(%s)", [run.billing_period])
        # A table under row-level security takes no COPY; one of this session's own does.
        cursor.execute(
            f"CREATE TEMPORARY TABLE mart_rows ON COMMIT DROP AS SELECT {columns}"  # noqa: S608 - our own names
            " FROM allocation_allocatedcost WITH NO DATA"
        )
        _copy(cursor, rows, columns)
        cursor.execute(
            "DELETE FROM allocation_allocatedcost WHERE organization_id = %s AND billing_period = %s",
            [run.organization_id, run.billing_period],
        )
        cursor.execute(
            f"INSERT INTO allocation_allocatedcost (organization_id, billing_period, run_id, {columns})"  # noqa: S608
            f" SELECT %s, %s, %s, {columns} FROM mart_rows ORDER BY row_number",
            [run.organization_id, run.billing_period, run.id],
        )
        cursor.execute("DROP TABLE mart_rows")
    replace_rollups(run.organization_id, run.billing_period)


def replace_rollups(organization_id: UUID, period: date) -> None:
    """Sum the mart's rows of a period into the rollups; where there are none, the rollups are emptied."""
    sums = ", ".join(f"SUM({name})" for name in SUMS)
    with connection.cursor() as cursor:
        for table, names in ROLLUPS.items():
            groups = ", ".join(names)
            cursor.execute(
                f"DELETE FROM {table} WHERE organization_id = %s AND billing_period = %s",  # noqa: S608 - our own names
                [organization_id, period],
            )
            cursor.execute(
                f"INSERT INTO {table} (organization_id, billing_period, {groups}, {', '.join(SUMS)})"  # noqa: S608
                f" SELECT organization_id, billing_period, {groups}, {sums} FROM {MART}"
                " WHERE organization_id = %s AND billing_period = %s"
                f" GROUP BY organization_id, billing_period, {groups}",
                [organization_id, period],
            )


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


def _segment_ids(organization_id: UUID, segments: Path) -> dict[int, UUID]:
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


def _write_csv(folder: Path, *, segments: dict[int, UUID], to: Path) -> None:
    """Write the ledger summed to what pages show, in one order, with what its numbers stand for."""
    table = pa.table(
        {
            "segment_id": pa.array(list(segments), pa.int32()),
            "stored_id": pa.array([str(value) for value in segments.values()], pa.string()),
        }
    )
    with duckdb.connect() as database:
        database.register("stored", table)
        for name in ("ledger", "cells", "splits"):
            database.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
        texts = {"origin": "COALESCE(splits.split_key, 'direct') AS origin"}
        sums = ", ".join(f"SUM({name}) AS {name}" for name in SUMS)
        columns = ", ".join(texts.get(name, name) for name in (*_ATTRIBUTES, *SUMS))
        database.execute(
            f"""
            COPY (
                WITH mart AS (
                    SELECT split_number, charge_date, mart_id, segment_id, billing_currency, {sums}
                    FROM ledger JOIN cells USING (cell_id)
                    GROUP BY split_number, charge_date, mart_id, segment_id, billing_currency
                )
                SELECT
                    row_number() OVER (
                        ORDER BY split_number NULLS FIRST, charge_date, mart.mart_id, segment_id, billing_currency
                    ),
                    stored.stored_id,
                    {columns}
                FROM mart
                JOIN stored USING (segment_id)
                JOIN cells ON cells.cell_id = mart.mart_id
                LEFT JOIN splits USING (split_number)
            ) TO '{_quoted(to)}' (FORMAT csv, HEADER false, NULLSTR '', FORCE_QUOTE (origin))
            """  # noqa: S608
        )


def _copy(cursor: Any, rows: Path, columns: str) -> None:
    with (
        cursor.copy(f"COPY mart_rows ({columns}) FROM STDIN (FORMAT csv, NULL '')") as copy,
        rows.open("rb") as source,
    ):
        while block := source.read(_COPY_BYTES):
            copy.write(block)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
