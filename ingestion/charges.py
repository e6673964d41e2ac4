"""Reading single charges of the bills in force from the lake, a page at a time or all as one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import duckdb
from django.conf import settings

from ingestion.focus.columns import COLUMNS, SQL_TYPES
from ingestion.focus.expressions import quoted
from ingestion.focus.versions import LATEST, columns_as
from ingestion.selectors import current_revisions
from itfm.core.inert import inert_expression
from itfm.core.lake import organization_folder
from itfm.core.tenancy import tenant

FileFormat = Literal["csv", "parquet"]
FILTERS: Final = (
    "billing_account_id",
    "charge_category",
    "region_id",
    "resource_id",
    "service_category",
    "service_name",
    "sub_account_id",
)
"""Columns whose exact value narrows what is read."""
PLACE: Final = ("x_file_number", "x_row_number")
_FOCUS: Final = tuple(column.name for column in COLUMNS)
_TITLES: Final = frozenset(column.title for column in COLUMNS)
_TEXTS: Final = frozenset(column.title for column in COLUMNS if SQL_TYPES[column.type] == "VARCHAR")
_MEMORY: Final = "512MiB"


class ChargesMovedError(LookupError):
    """The bill that a page ended in has been restated since; its rows stand elsewhere."""


class ChargesNotKeptError(LookupError):
    """The lines of a bill are no longer in the lake."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """The charge a page ended with: its bill revision, file and row."""

    revision_id: str
    file_number: int
    row_number: int


@dataclass(frozen=True, kw_only=True)
class ChargesPage:
    """Some charges by column name, and where the next page begins; None at the end."""

    rows: list[dict[str, Any]]
    last: Position | None


@dataclass(frozen=True, kw_only=True)
class _Bill:
    revision_id: str
    source_id: str
    file: Path


def charges_page(
    organization_id: UUID,
    *,
    period: date,
    source_id: UUID | None = None,
    filters: Mapping[str, str],
    after: Position | None,
    limit: int,
) -> ChargesPage:
    """Return the charges of a billing period that follow a position, by source, file and row.

    :raises ChargesMovedError: the bill of the position is no longer the one in force.
    :raises ChargesNotKeptError: the lines of a bill are gone from the lake.
    """
    bills = _bills(organization_id, period=period, source_id=source_id)
    if after is not None:
        ids = [bill.revision_id for bill in bills]
        if after.revision_id not in ids:
            raise ChargesMovedError("The bill has been restated since. Start again without a cursor.")
        bills = bills[ids.index(after.revision_id) :]
    rows: list[dict[str, Any]] = []
    with _connected(bills) as connection:
        for bill in bills:
            start = after if after is not None and after.revision_id == bill.revision_id else None
            rows += _read(connection, bill, filters=filters, after=start, limit=limit + 1 - len(rows))
            if len(rows) > limit:
                return ChargesPage(rows=rows[:limit], last=_position(rows[limit - 1]))
    return ChargesPage(rows=rows, last=None)


def write_charges(
    organization_id: UUID,
    *,
    period: date,
    source_id: UUID | None,
    filters: Mapping[str, str],
    file_format: FileFormat,
    to: Path,
) -> None:
    """Write the charges of a billing period to one file under FOCUS 1.4's own names; `filters` are exact values.

    In CSV a text that a spreadsheet would take for a formula begins with an apostrophe; Parquet has the texts as they
    are.
    """
    bills = _bills(organization_id, period=period, source_id=source_id)
    with _connected(bills, writes=to.parent) as connection:
        files = ", ".join(_quoted(str(bill.file)) for bill in bills)
        source = f"read_parquet([{files}], union_by_name = true)"
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]  # noqa: S608
        told = columns_as(LATEST, names)
        columns = ", ".join(_cell(title, sql, is_csv=file_format == "csv") for title, sql in told.items())
        options = "FORMAT csv, HEADER" if file_format == "csv" else "FORMAT parquet, COMPRESSION zstd"
        # COPY takes no parameters, so values stand in it as quoted text, as paths do.
        where = " AND ".join(f"{name} = {_quoted(value)}" for name, value in filters.items()) or "true"
        query = f"SELECT {columns} FROM {source} WHERE {where}"  # noqa: S608
        connection.execute(f"COPY ({query}) TO {_quoted(str(to))} ({options})")


def has_charges(organization_id: UUID, *, period: date, source_id: UUID | None) -> bool:
    """Return whether a bill of the period is in force.

    :raises ChargesNotKeptError: the lines of a bill are gone from the lake.
    """
    return bool(_bills(organization_id, period=period, source_id=source_id))


def _bills(organization_id: UUID, *, period: date, source_id: UUID | None) -> list[_Bill]:
    with tenant(organization_id):
        revisions = current_revisions(period)
        if source_id is not None:
            revisions = revisions.filter(bill__source_id=source_id)
        folder = organization_folder(organization_id)
        found = [
            _Bill(
                revision_id=str(revision.id),
                source_id=str(revision.bill.source_id),
                file=folder / revision.folder / "charges.parquet",
            )
            for revision in revisions
        ]
    if not all(bill.file.is_file() for bill in found):
        raise ChargesNotKeptError("The lines of this bill are no longer kept.")
    return found


@contextmanager
def _connected(bills: Sequence[_Bill], *, writes: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database in a bounded memory that reaches only the files of these bills, and one folder to write to."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": _MEMORY,
            "threads": settings.ENGINE_THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        paths = ", ".join(_quoted(str(bill.file)) for bill in bills)
        connection.execute(f"SET allowed_paths = [{paths}]")
        if writes is not None:
            connection.execute(f"SET temp_directory = {_quoted(str(writes / 'spill'))}")
            connection.execute(f"SET allowed_directories = [{_quoted(str(writes))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _read(
    connection: duckdb.DuckDBPyConnection,
    bill: _Bill,
    *,
    filters: Mapping[str, str],
    after: Position | None,
    limit: int,
) -> list[dict[str, Any]]:
    conditions = [f"{name} = ?" for name in filters]
    values: list[Any] = list(filters.values())
    if after is not None:
        conditions.append("(x_file_number, x_row_number) > (?, ?)")
        values += [after.file_number, after.row_number]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    columns = ", ".join((*_FOCUS, *PLACE))
    found = connection.execute(
        f"SELECT {columns} FROM read_parquet({_quoted(str(bill.file))}) {where}"  # noqa: S608 - our own names
        f" ORDER BY x_file_number, x_row_number LIMIT {int(limit)}",
        values,
    ).fetchall()
    names = (*_FOCUS, *PLACE)
    return [
        {"revision": bill.revision_id, "source": bill.source_id, **dict(zip(names, row, strict=True))} for row in found
    ]


def _position(row: Mapping[str, Any]) -> Position:
    return Position(revision_id=row["revision"], file_number=row["x_file_number"], row_number=row["x_row_number"])


def _cell(title: str, sql: str, *, is_csv: bool) -> str:
    is_text = title in _TEXTS or (title not in _TITLES and title not in {*PLACE, "x_attribute_set_id"})
    if is_csv and is_text:
        sql = inert_expression(f"CAST({sql} AS VARCHAR)")
    return f"{sql} AS {quoted(title)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
