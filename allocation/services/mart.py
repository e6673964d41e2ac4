"""Loading a run's sums into Postgres: DuckDB writes, Postgres copies, one statement swaps.

Parts that are as the run in force left them stay where they are, neither summed up nor read: most of a run's time is
the loading of its rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
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
from allocation.engine.run_files import (
    DIRECT,
    PATCH,
    Block,
    blocks_table,
    create_views,
    file_rows,
    only,
    replaced_blocks,
    rows_of,
)
from allocation.models import AllocationRun, Segment
from allocation.services.parts import Part, changed_parts
from ingestion.focus.attributes import COST_COLUMNS

_COPY_BYTES: Final = 1 << 20
_ATTRIBUTES: Final = (*GROUPS, "billing_currency")
MART: Final = "allocation_allocatedcost"
DAILY: Final = "allocation_dailycost"
_DAY_GROUPS: Final = ("segment_id", "origin", "charge_date", "billing_currency")
"""What the rollup by day tells apart."""
COLUMNS: Final = ("segment_id", *_ATTRIBUTES, *SUMS)
"""Columns of the mart that a run's files give, in the order they are copied."""
_DAY_COLUMNS: Final = (*_DAY_GROUPS, *SUMS)
# The days stand by themselves too, for the index.
_OF_PARTS: Final = (
    " AND charge_date = ANY(%s::date[]) AND (origin, charge_date) IN (SELECT * FROM unnest(%s::text[], %s::date[]))"
)
_SUMMED: Final = ", ".join(f"SUM({name}) AS {name}" for name in SUMS)
_SAID: Final = {"segment_id": "stored_id", "origin": "COALESCE(split_key, 'direct') AS origin"}
"""What Postgres has in the place of numbers of the ledger."""
_CSV: Final = "FORMAT csv, HEADER false, NULLSTR '', FORCE_QUOTE (origin)"


def replace_mart(
    run: AllocationRun, *, folder: Path, scratch: Path, before: Path | None = None
) -> Sequence[Part] | None:
    """Put a run's rows in the place of those of its period; the caller's transaction makes it one step.

    :param before: the folder of the run whose rows stand there: parts alike stay. None: everything is loaded.
    :return: the parts that were replaced. None: all.
    """
    parts = None if before is None else changed_parts(before, folder)
    if parts is not None and not parts:
        return parts
    segments = segment_ids(run.organization_id, folder / "segments.parquet")
    rows, days = (scratch / f"{name}.csv" for name in ("mart", "days"))
    write_rows(folder, segments=segments, to=rows, parts=parts)
    write_days(folder, segments=segments, to=days, parts=parts)
    load_rows(run, rows, parts=parts)
    _replace(run, days, table=DAILY, columns=_DAY_COLUMNS, parts=parts)
    return parts


def load_rows(run: AllocationRun, rows: Path, *, parts: Sequence[Part] | None) -> None:
    """Put the rows of a CSV file, with the columns of the mart, in the place of those of the run's period.

    :param parts: only these parts of it are replaced. None: all.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition(%s)", [run.billing_period])
    _replace(run, rows, table=MART, columns=COLUMNS, parts=parts)


def _replace(
    run: AllocationRun, rows: Path, *, table: str, columns: Sequence[str], parts: Sequence[Part] | None
) -> None:
    """Put the rows of a CSV file in the place of those that a table of the mart has of a period, or of some parts."""
    listed = ", ".join(columns)
    place: dict[str, Any] = {"organization_id": run.organization_id, "billing_period": run.billing_period}
    if table == MART:
        place["run_id"] = run.id
    with connection.cursor() as cursor:
        _copy(cursor, rows, like=table, columns=listed)
        _delete(cursor, table, run.organization_id, run.billing_period, parts)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(place)}, {listed})"  # noqa: S608 - our own names
            f" SELECT {', '.join(['%s'] * len(place))}, {listed} FROM copied_rows",
            [*place.values()],
        )
        cursor.execute("DROP TABLE copied_rows")


def replace_days(organization_id: UUID, period: date) -> None:
    """Sum the mart's rows of a period up by day; where there are none, no sums are left."""
    groups = ", ".join(_DAY_GROUPS)
    with connection.cursor() as cursor:
        _delete(cursor, DAILY, organization_id, period, None)
        cursor.execute(
            f"INSERT INTO {DAILY} (organization_id, billing_period, {groups}, {', '.join(SUMS)})"  # noqa: S608
            f" SELECT organization_id, billing_period, {groups}, {', '.join(f'SUM({name})' for name in SUMS)}"
            f" FROM {MART} WHERE organization_id = %s AND billing_period = %s"
            f" GROUP BY organization_id, billing_period, {groups}",
            [organization_id, period],
        )


def _delete(cursor: Any, table: str, organization_id: UUID, period: date, parts: Sequence[Part] | None) -> None:
    """Delete the rows of a period, or of some parts of it."""
    condition, listed = _of(parts)
    cursor.execute(
        f"DELETE FROM {table} WHERE organization_id = %s AND billing_period = %s{condition}",  # noqa: S608 - our own names
        [organization_id, period, *listed],
    )


def _of(parts: Sequence[Part] | None) -> tuple[str, list[list[Any]]]:
    """Return the condition, and what it is told, that leaves of a table what is of some parts."""
    if parts is None:
        return "", []
    days = sorted({part.charge_date for part in parts})
    return _OF_PARTS, [days, *_listed(parts)]


def _listed(parts: Sequence[Part]) -> tuple[list[str], list[date]]:
    return [part.origin for part in parts], [part.charge_date for part in parts]


def adds_up(period: date, ledger: Mapping[str, Mapping[str, Decimal]], *, parts: Sequence[Part] | None = None) -> bool:
    """Return whether the mart and its rollup say what the ledger's sums by currency and cost column say.

    :param parts: only these parts were replaced: the rows of others have been added up when they were loaded, and are
        held to the rollup by day no more. None: all.
    """
    if mart_sums(period, table=DAILY) != ledger:
        return False
    return mart_sums(period, parts=parts) == (ledger if parts is None else mart_sums(period, table=DAILY, parts=parts))


def mart_sums(period: date, *, table: str = MART, parts: Sequence[Part] | None = None) -> dict[str, dict[str, Decimal]]:
    """Return the sums of the mart, or of a rollup, by currency and cost column, as Postgres adds them up.

    :param parts: of these parts only. None: all.
    """
    condition, listed = _of(parts)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_currency, sum(billed_cost), sum(effective_cost), sum(list_cost), sum(contracted_cost)"  # noqa: S608
            f" FROM {table}"
            f" WHERE organization_id = (SELECT itfm_current_organization()) AND billing_period = %s{condition}"
            " GROUP BY billing_currency ORDER BY billing_currency",
            [period, *listed],
        )
        return {row[0]: dict(zip(COST_COLUMNS, row[1:], strict=True)) for row in cursor.fetchall()}


def segment_ids(organization_id: UUID, segments: Path) -> dict[int, UUID]:
    """Return the stored id of each of the run's segments, saving those that are new."""
    table = pq.read_table(segments)
    rows = dict(zip(table["segment_id"].to_pylist(), table["dimension_values"].to_pylist(), strict=True))
    digests = {number: hashlib.sha256(text.encode()).hexdigest() for number, text in rows.items()}
    stored = _stored_segments(digests.values())
    missing = [number for number, digest in digests.items() if digest not in stored]
    if missing:
        Segment.objects.bulk_create(
            (
                Segment(
                    organization_id=organization_id,
                    dimension_values=json.loads(rows[number]),
                    digest=digests[number],
                )
                for number in missing
            ),
            ignore_conflicts=True,  # another period's run may be saving the same
            batch_size=1000,
        )
        stored |= _stored_segments(digests[number] for number in missing)
    return {number: stored[digest] for number, digest in digests.items()}


def _stored_segments(digests: Iterable[str]) -> dict[str, UUID]:
    return dict(Segment.objects.filter(digest__in=list(digests)).values_list("digest", "id"))


def write_rows(folder: Path, *, segments: dict[int, UUID], to: Path, parts: Sequence[Part] | None) -> None:
    """Write the ledger, or some parts of it, summed to what pages show, with what its numbers mean.

    By day, so that Postgres finds the rows of a day side by side, and puts them into its index one after the other.
    """
    with duckdb.connect() as database:
        _name_files(database, folder, segments, names=("cells", "splits"))
        database.execute(
            f"""
            COPY (
                WITH mart AS (
                    SELECT split_number, charge_date, mart_id, segment_id, billing_currency, {_SUMMED}
                    FROM {_ledger(database, folder, parts)} JOIN (SELECT cell_id, mart_id FROM cells) USING (cell_id)
                    GROUP BY split_number, charge_date, mart_id, segment_id, billing_currency
                    ORDER BY charge_date, split_number NULLS FIRST
                )
                SELECT {", ".join(_SAID.get(name, name) for name in COLUMNS)}
                FROM mart
                JOIN stored USING (segment_id)
                JOIN cells ON cells.cell_id = mart.mart_id
                LEFT JOIN splits USING (split_number)
            ) TO '{_quoted(to)}' ({_CSV})
            """  # noqa: S608
        )


def write_days(folder: Path, *, segments: dict[int, UUID], to: Path, parts: Sequence[Part] | None) -> None:
    """Write the sums of the ledger, or of some parts of it, by day, segment and origin."""
    with duckdb.connect() as database:
        _name_files(database, folder, segments, names=("splits",))
        rows = rows_of(folder, "days")
        if parts is not None:
            database.register("wanted", blocks_table(_blocks(folder, parts)))
            rows = only(rows, "wanted")
        database.execute(
            f"""
            COPY (
                SELECT {", ".join(_SAID.get(name, name) for name in _DAY_COLUMNS)}
                FROM {rows} AS days JOIN stored USING (segment_id) LEFT JOIN splits USING (split_number)
            ) TO '{_quoted(to)}' ({_CSV})
            """  # noqa: S608
        )


def _ledger(database: duckdb.DuckDBPyConnection, folder: Path, parts: Sequence[Part] | None) -> str:
    """Return the SQL of a run's ledger, or of some parts of it, to stand after FROM."""
    if parts is None:
        return rows_of(folder)
    blocks = _blocks(folder, parts)
    database.register("wanted", blocks_table(blocks))
    return only(file_rows(folder / PATCH) if blocks <= replaced_blocks(folder) else rows_of(folder), "wanted")


def _blocks(folder: Path, parts: Iterable[Part]) -> frozenset[Block]:
    """Return the parts of the mart as those of a run's ledger; what splits of other runs moved is not among them."""
    splits = pq.read_table(folder / "splits.parquet", columns=["split_key", "split_number"])
    numbers = {"direct": DIRECT, **dict(zip(*(column.to_pylist() for column in splits.columns), strict=True))}
    return frozenset(Block(numbers[one.origin], one.charge_date) for one in parts if one.origin in numbers)


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
    create_views(database, folder, names)


def _copy(cursor: Any, rows: Path, *, like: str, columns: str) -> None:
    """Copy a file into `copied_rows`, this session's own: a table under row-level security takes no COPY."""
    cursor.execute(
        f"CREATE TEMPORARY TABLE copied_rows ON COMMIT DROP AS SELECT {columns} FROM {like} WITH NO DATA"  # noqa: S608
    )
    with (
        cursor.copy(f"COPY copied_rows ({columns}) FROM STDIN (FORMAT csv, NULL '')") as copy,
        rows.open("rb") as source,
    ):
        while block := source.read(_COPY_BYTES):
            copy.write(block)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
