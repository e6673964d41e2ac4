"""Which rows of a file are lines of an invoice, and what they write in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import duckdb

from ingestion.focus.expressions import literal, quoted
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.invoices import writing
from ingestion.invoices.settings import InvoiceFileSettings
from ingestion.ledger.writing import DayFirst, slashed_days
from ingestion.normalize.diagnosing import answers_to
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn
from ingestion.normalize.tables import RawTables
from ingestion.normalize.workbook import WORKBOOK

AMOUNTS: Final = ("amount", "quantity", "unit_price")
DAYS: Final = ("date", "start", "end")
READ: Final = {key: f"x_{key}_read" for key in (*AMOUNTS, *DAYS)}
"""The derived columns of amounts and days, by their meaning."""
MONTH: Final = "x_month"
"""The derived column of a row's billing period, such as 2026-10."""
SUMMARY: Final = "x_is_summary"
"""The derived column that says 'yes' of rows that are no lines: empty ones, totals, headings that stand again."""
SUMMARIES: Final = r"^((grand |sub-?|invoice |order )?total|sum\b|balance|amount due|gesamt|summe|zwischensumme)"
SLASHES: Final = r"^\s*[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}\s*$"


def derived_columns(
    raw: RawTables,
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, str],
    *,
    settings: InvoiceFileSettings,
) -> tuple[DerivedColumn, ...]:
    """Return amounts as plain numbers and dates as days, and the other columns above.

    :raises RejectedBillError: the files cannot be read.
    """
    titles = {column.name: column.title for column in raw.columns}
    workbooks = tuple(table.file.number for table in raw.tables if table.file.name.lower().endswith(WORKBOOK))
    dated = {key: columns[key] for key in DAYS if key in columns}
    slashed = settings.date_format or _slashed(raw, connection, tuple(dated.values()))
    days = {key: writing.day(name, slashed=slashed) for key, name in dated.items()}
    read = days | {
        key: writing.amount(columns[key], mark=settings.decimal_mark, plain_files=workbooks)
        for key in AMOUNTS
        if key in columns
    }
    first = titles[next(iter(dated.values()))]
    is_summary = _is_summary(raw, dated, amount=columns["amount"])
    return (
        DerivedColumn(name=SUMMARY, title=first, sql=f"CASE WHEN {is_summary} THEN 'yes' END", of_row=True),
        *(
            DerivedColumn(name=READ[key], title=titles[columns[key]], sql=f"CASE WHEN {SUMMARY} IS NULL THEN {sql} END")
            for key, sql in read.items()
        ),
        DerivedColumn(name=MONTH, title=first, sql=f"left({next(iter(days.values()))}, 7)"),
    )


def left_out(
    raw: RawTables, connection: duckdb.DuckDBPyConnection, derived: tuple[DerivedColumn, ...]
) -> tuple[Finding, ...]:
    """Return what is to be said of rows that are no lines."""
    own = replace(raw, derived=derived)
    query = f"SELECT count(*) FROM ({own.sql(numbered=False)}) WHERE {SUMMARY} = 'yes'"
    ((count,),) = answers_to(query, raw=raw, connection=connection)
    if not count:
        return ()
    number, row = _first_place(own, connection, where=f"{SUMMARY} = 'yes'")
    file = _file_name(raw, number)
    what = f"{count:,} rows are empty, headings or totals and were left out; the first is row {row} of {file}."
    message = what if count > 1 else f"Row {row} of {file} is empty, a heading or a total and was left out."
    return (Finding(code="rows_no_lines", severity="info", file=file, row=row, message=message),)


def _is_summary(raw: RawTables, dated: Mapping[str, str], *, amount: str) -> str:
    fields = Fields(frozenset(raw.names()))
    first = f"coalesce({', '.join(fields.text(column.name) for column in raw.columns)})"
    title = next(column.title for column in raw.columns if column.name == amount)
    texts = [f"coalesce(trim({text}), 'total')" for text in (first, *map(quoted, dated.values()))]
    is_total = " AND ".join(f"regexp_matches(lower({text}), {literal(SUMMARIES)})" for text in texts)
    return f"({is_total} OR coalesce({quoted(amount)} = {literal(title)}, FALSE))"


def _slashed(raw: RawTables, connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> DayFirst | None:
    """Return how days with slashes are written, None where there are none.

    :raises RejectedBillError: each of them could be either of two days.
    """
    rows = raw.sql(numbered=False)
    found = " UNION ".join(f"SELECT {quoted(name)} FROM ({rows}) WHERE {_has_slashes(name)}" for name in names)
    texts = answers_to(found, raw=raw, connection=connection)
    slashed = slashed_days(text for (text,) in texts)
    if slashed is None and texts:
        raise RejectedBillError([_ambiguous(raw, connection, names)])
    return slashed


def _ambiguous(raw: RawTables, connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> Finding:
    """Return the error of the first day that could be either of two."""
    name = next(name for name in names if _first_place(raw, connection, where=_has_slashes(name)))
    number, row = _first_place(raw, connection, where=_has_slashes(name))
    file, title = _file_name(raw, number), raw.names()[name].title
    message = f"{file}, row {row}: {title} could be either of two days. Set the date format, such as DD/MM/YYYY."
    return Finding(code="not_a_day", severity="error", file=file, row=row, column=title, message=message)


def _has_slashes(name: str) -> str:
    return f"regexp_matches({quoted(name)}, {literal(SLASHES)})"


def _first_place(raw: RawTables, connection: duckdb.DuckDBPyConnection, *, where: str) -> Any:
    """Return number of the file and row of the first row of which something is true, None of no row."""
    query = f"SELECT min((x_file_number, x_row_number)) FROM ({raw.sql()}) WHERE {where}"
    return answers_to(query, raw=raw, connection=connection)[0][0]


def _file_name(raw: RawTables, number: int) -> str:
    return next(table.file.name for table in raw.tables if table.file.number == number)
