"""Warnings about single charges, which import all the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from ingestion.focus.expressions import literal, quoted
from ingestion.focus.findings import Finding
from ingestion.normalize.diagnosing import file_name, title_of
from ingestion.normalize.reading import Reading


def period_findings(connection: duckdb.DuckDBPyConnection, reading: Reading, folder: Path) -> Iterator[Finding]:
    """Say where charges do not end, or end before they start; once per file, of the first row."""
    column = reading.plan.period_end
    if column is None:
        return
    charges = literal(str(folder / "charges.parquet"))
    wrong = {
        "charge_end_missing": ("charge_period_end IS NULL", "is empty"),
        "charge_end_early": ("charge_period_end < charge_period_start", "is before the charge starts"),
    }
    for code, (condition, what) in wrong.items():
        rows = connection.execute(
            "SELECT x_file_number, min(x_row_number), count(DISTINCT x_row_number)"
            f" FROM read_parquet({charges}) WHERE {condition} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for number, row, count in rows:
            message = "{title} {what} in {count:,} rows of {file}, first in row {row}; it was imported as it is."
            yield _warning(reading, code, column, (number, row, count), message=message, what=what)


def json_findings(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Iterator[Finding]:
    """Say where columns of JSON hold something else; once per file and column, of the first row."""
    for name in _holding_no_json(connection, reading):
        column = quoted(name)
        rows = connection.execute(
            f"SELECT x_file_number, min(x_row_number), count(*) FROM ({reading.raw.sql()})"
            f" WHERE NOT json_valid({column}) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for place in rows:
            message = "{title} {what} in {count:,} rows of {file}, first in row {row}; it was left empty there."
            yield _warning(reading, "json_unreadable", name, place, message=message, what="is no JSON")


def _holding_no_json(connection: duckdb.DuckDBPyConnection, reading: Reading) -> list[str]:
    """Return the columns of JSON that hold something else somewhere; one pass over the files tells of all of them."""
    names = reading.plan.json_columns
    if not names:
        return []
    counts = ", ".join(f"count(*) FILTER (WHERE NOT json_valid({quoted(name)}))" for name in names)
    (found,) = connection.execute(f"SELECT {counts} FROM ({reading.raw.sql()})").fetchall()
    return [name for name, count in zip(names, found, strict=True) if count]


def _warning(
    reading: Reading, code: str, column: str, place: tuple[int, int, int], *, message: str, what: str
) -> Finding:
    number, row, count = place
    file, title = file_name(reading, number), title_of(reading, column)
    text = message.format(title=title, what=what, count=count, file=file, row=row)
    return Finding(code=code, severity="warning", file=file, row=row, column=title, message=text)
