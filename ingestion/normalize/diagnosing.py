"""Saying what is wrong with a bill, to the row; only asked when something is. Pure.

The fast way through a bill stops at the first thing it cannot read, without its place. What is wrong is then looked
for by itself: row widths by Python's csv reader, values by one query per column.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import duckdb

from ingestion.focus import expressions
from ingestion.focus.expressions import literal, quoted
from ingestion.focus.findings import MOST_PER_CODE, Finding, RejectedBillError
from ingestion.normalize.plan import BARE, EntryCheck
from ingestion.normalize.reading import Reading
from ingestion.normalize.tables import RawTables, Table

LONGEST_SHOWN: Final = 60


def odd_columns(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Reading:
    """Return a reading that takes the exact way wherever values need it.

    :raises RejectedBillError: a row has the wrong width, or a value is no number or date-time at all.
    """
    _check_structure(connection, reading.raw)
    findings = [*_bad_numbers(connection, reading), *_bad_moments(connection, reading)]
    if findings:
        raise RejectedBillError(findings)
    plan = reading.plan
    raw = reading.raw.sql(numbered=False)
    odd = [f"bool_or(regexp_matches({quoted(name)}, {literal(expressions.ODD_NUMBER)}))" for name in plan.decimals]
    strange = [
        f"bool_or(regexp_matches({name}, {literal(expressions.ODD_MOMENT)})"
        f" OR {name} IS NOT NULL AND TRY_CAST({name} AS TIMESTAMP) IS NULL)"
        for name in map(quoted, plan.date_times)
    ]
    answers = connection.execute(f"SELECT {', '.join([*odd, *strange])} FROM ({raw})").fetchall()[0]
    numbers = [name for name, is_odd in zip(plan.decimals, answers[: len(plan.decimals)], strict=True) if is_odd]
    moments = [name for name, is_odd in zip(plan.date_times, answers[len(plan.decimals) :], strict=True) if is_odd]
    return reading.with_odd(numbers=numbers, moments=moments)


def answers_to(
    query: str, *, raw: RawTables, connection: duckdb.DuckDBPyConnection, numbers: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """Return what a planner's question about the rows is answered.

    :param numbers: raw columns that the question takes for numbers, which no row can do without.
    :raises RejectedBillError: it cannot be, since a row has the wrong width or one of these is no number.
    """
    try:
        return connection.execute(query).fetchall()
    except duckdb.Error:
        odd_columns(connection, Reading(raw=raw, plan=replace(BARE, decimals=numbers, needed=numbers)))
        raise


def counted_rows(connection: duckdb.DuckDBPyConnection, raw: RawTables) -> tuple[int, ...]:
    """Return how many rows each file has, all of which the engine can read.

    :raises RejectedBillError: it cannot.
    """
    rows = raw.sql(numbered=False)
    try:
        # Only what is asked for is looked at; a row's width shows in any column.
        found = connection.execute(f"SELECT x_file_number, count(*) FROM ({rows}) GROUP BY ALL").fetchall()
    except duckdb.Error:
        _check_structure(connection, raw)
        raise
    counts = dict(found)
    row_counts = tuple(int(counts.get(table.file.number, 0)) for table in raw.tables)
    check_row_counts(raw, row_counts)
    return row_counts


def check_row_counts(raw: RawTables, row_counts: Sequence[int]) -> None:
    """Hold the rows that the engine read against the lines of the file.

    :raises RejectedBillError: they differ, and not because of line breaks inside cells or empty lines.
    """
    for table in raw.tables:
        count = row_counts[table.file.number]
        if table.file.format == "parquet" or count == table.file.line_count - 1:
            continue
        findings = list(_ragged_rows(table))
        if not findings and (rows := _csv_row_count(table)) != count:
            message = f"{table.file.name} has {rows:,} rows, of which {count:,} were read. Nothing was imported."
            findings = [Finding(code="rows_lost", severity="error", file=table.file.name, message=message)]
        if findings:
            raise RejectedBillError(findings)


def _csv_row_count(table: Table) -> int:
    with table.file.path.open(encoding="utf-8-sig", newline="") as stream:
        return sum(1 for cells in csv.reader(stream, strict=True) if cells) - 1


def entry_findings(connection: duckdb.DuckDBPyConnection, reading: Reading, check: EntryCheck) -> Iterator[Finding]:
    """Say where the check finds entries wrong."""
    wrong = connection.execute(f"SELECT x_entry FROM entry WHERE NOT is_double AND ({check.is_wrong})").fetchall()
    if not wrong:
        return
    belongs = f"enum_code(CAST({reading.key()} AS entry_key)) IN ({', '.join(str(row[0]) for row in wrong)})"
    rows = _rows_where(connection, reading, quoted(check.column), belongs)
    if check.severity != "error":
        every = f"SELECT x_file_number, x_row_number, {quoted(check.column)} AS value FROM ({reading.raw.sql()})"
        rows = connection.execute(
            f"SELECT x_file_number, min(x_row_number), value, count(*) OVER () FROM ({every} WHERE {belongs})"
            f" GROUP BY x_file_number, value ORDER BY 1, 2 LIMIT {MOST_PER_CODE}"
        ).fetchall()
    for number, row, value, _ in rows:
        file = file_name(reading, number)
        yield Finding(
            code=check.code,
            severity=check.severity,
            file=file,
            row=row,
            column=title_of(reading, check.column),
            message=check.message.format(file=file, row=row, value=_shown(value)),
        )
    if check.severity == "error":
        yield from _rest(check.code, title_of(reading, check.column), rows)


def empty_findings(connection: duckdb.DuckDBPyConnection, reading: Reading, name: str) -> tuple[Finding, ...]:
    """Return an error for each row, up to the most shown, in which a raw column that must have a value has none."""
    rows, title = _rows_where(connection, reading, quoted(name), f"{quoted(name)} IS NULL"), title_of(reading, name)
    found = [
        Finding(
            code="value_missing",
            severity="error",
            file=file_name(reading, number),
            row=row,
            column=title,
            message=f"{file_name(reading, number)}, row {row}: {title} is empty. A charge cannot do without it.",
        )
        for number, row, _, _ in rows
    ]
    return (*found, *_rest("value_missing", title, rows))


def _check_structure(connection: duckdb.DuckDBPyConnection, raw: RawTables) -> None:
    try:
        connection.execute(f"SELECT count(*) FROM ({raw.sql(numbered=False)})").fetchall()
    except duckdb.Error as error:
        found = [finding for table in raw.tables for finding in _ragged_rows(table)]
        if not found:
            found = [_unreadable(raw, error)]
        raise RejectedBillError(found) from error


def _ragged_rows(table: Table) -> Iterator[Finding]:
    if table.file.format != "csv":
        return
    csv.field_size_limit(sys.maxsize)
    name, width = table.file.name, len(table.titles)
    with table.file.path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, strict=True)
        next(rows, None)
        row = 0
        try:
            for row, cells in enumerate((cells for cells in rows if cells), start=1):
                if len(cells) != width:
                    message = f"{name}, row {row}: {len(cells)} cells where the header names {width}. Deliver it again."
                    yield Finding(code="row_width", severity="error", file=name, row=row, message=message)
                    return
        except csv.Error as error:
            message = f"{name}, row {row + 1}: the quoting cannot be read ({error}). Deliver it again."
            yield Finding(code="row_quoting", severity="error", file=name, row=row + 1, message=message)


@contextmanager
def refusing_unsteady(raw: RawTables) -> Iterator[None]:
    """Refuse Parquet that says something else each time it is read, as a damaged file can.

    :raises RejectedBillError: an error came of what a file holds, and nothing is wrong with what it held before.
    """
    try:
        yield
    except (duckdb.DataError, duckdb.InvalidInputException, duckdb.FatalException) as error:
        if all(table.file.format != "parquet" for table in raw.tables):
            raise
        raise RejectedBillError([_unreadable(raw, error)]) from error


def _unreadable(raw: RawTables, error: duckdb.Error) -> Finding:
    names = ", ".join(table.file.name for table in raw.tables)
    reason = str(error).splitlines()[0][:300]
    return Finding(
        code="unreadable", severity="error", file=names, message=f"{names} cannot be read: {reason} Deliver it again."
    )


def _bad_numbers(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Iterator[Finding]:
    for name in reading.plan.decimals:
        column = quoted(name)
        is_number = f"regexp_matches({column}, {literal(expressions.NUMBER)})"
        is_bad = f"{column} IS NOT NULL AND (NOT {is_number} OR TRY({expressions.exact_decimal(column)}) IS NULL)"
        rows, title = _rows_where(connection, reading, column, is_bad), title_of(reading, name)
        for number, row, value, _ in rows:
            file = file_name(reading, number)
            yield Finding(
                code="not_a_number",
                severity="error",
                file=file,
                row=row,
                column=title,
                message=(
                    f"{file}, row {row}: {title} is {_shown(value)}, which is not a decimal number of at most 20"
                    " digits before the point. Deliver it again."
                ),
            )
        yield from _rest("not_a_number", title, rows)


def _bad_moments(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Iterator[Finding]:
    for name in reading.plan.date_times:
        column = quoted(name)
        moment = f"TRY({expressions.lenient_moment(column)})"
        is_wrong = f"{moment} IS NULL OR {moment} NOT BETWEEN TIMESTAMP '1990-01-01' AND TIMESTAMP '2200-01-01'"
        is_bad = f"{column} IS NOT NULL AND ({is_wrong})"
        rows, title = _rows_where(connection, reading, column, is_bad), title_of(reading, name)
        for number, row, value, _ in rows:
            file = file_name(reading, number)
            message = f"{file}, row {row}: {title} is {_shown(value)}, which is not a date and time such as"
            yield Finding(
                code="not_a_moment",
                severity="error",
                file=file,
                row=row,
                column=title,
                message=f"{message} 2026-10-31T23:00:00Z. Deliver it again.",
            )
        yield from _rest("not_a_moment", title, rows)


def has_rows(connection: duckdb.DuckDBPyConnection, reading: Reading, *, condition: str) -> bool:
    """Return whether the condition is true of any raw row."""
    rows = f"SELECT 1 FROM ({reading.raw.sql(numbered=False)}) WHERE {condition} LIMIT 1"
    return bool(connection.execute(rows).fetchall())


def _rows_where(
    connection: duckdb.DuckDBPyConnection, reading: Reading, column: str, condition: str
) -> list[tuple[int, int, str, int]]:
    """Return file, row and text of the first bad rows, each with the number of all."""
    query = f"SELECT x_file_number, x_row_number, {column}, count(*) OVER () FROM ({reading.raw.sql()})"
    query += f" WHERE {condition} ORDER BY 1, 2 LIMIT {MOST_PER_CODE}"
    return connection.execute(query).fetchall()


def _rest(code: str, column: str, rows: Sequence[tuple[int, int, str, int]]) -> Iterator[Finding]:
    """Say how many rows are bad when not all of them are told."""
    if rows and (total := rows[0][3]) > len(rows):
        message = f"{column}: {total:,} rows in all are like this; the first {len(rows)} are told."
        yield Finding(code=code, severity="error", column=column, message=message)


def file_name(reading: Reading, number: int) -> str:
    return next(table.file.name for table in reading.raw.tables if table.file.number == number)


def title_of(reading: Reading, name: str) -> str:
    own = next((column.title for column in reading.raw.derived if column.name == name), None)
    return own if own is not None else reading.raw.names()[name].title


def _shown(value: str | None) -> str:
    if value is None:
        return "empty"
    return repr(value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…")
