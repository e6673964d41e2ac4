"""Holding the size of files, columns and cells against the limits. Pure.

A few hundred bytes of Parquet can hold gigabytes: pages pack well, and a dictionary repeats one long text in any number
of rows. What the file says of itself is checked first, then the length of its texts, of which the engine holds one
batch of rows at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import duckdb

from ingestion.focus.expressions import literal, quoted
from ingestion.normalize.contents import Limits
from ingestion.normalize.inflate import RATIO_COUNTS_FROM
from ingestion.normalize.tables import RawTables, Table, refuse


def check_parquet(connection: duckdb.DuckDBPyConnection, raw: RawTables) -> None:
    """Refuse Parquet files that hold more than the limits permit.

    :raises RejectedBillError: one does, or is damaged.
    """
    for table in raw.tables:
        if table.file.format == "parquet":
            _check_told_size(connection, table, limits=raw.limits)
            _check_texts(connection, raw, table)


def _check_told_size(connection: duckdb.DuckDBPyConnection, table: Table, *, limits: Limits) -> None:
    """Check what the file says of its columns, and that the distinct texts of a group of rows fit into memory."""
    path = literal(str(table.file.path))
    try:
        told, largest = connection.execute(
            "SELECT coalesce(sum(total_uncompressed_size), 0), coalesce(max(total_uncompressed_size), 0)"
            f" FROM parquet_metadata({path})"
        ).fetchall()[0]
    except duckdb.Error as error:
        _refuse_damaged(table, error)
    most = min(limits.inflated_size, _most(table, limits))
    if told > most:
        refuse(table.file, "file_too_large", f"inflates to more than {most:,} bytes. Raise the limit if it is real.")
    if largest > limits.memory:
        reason = f"holds a column of {largest:,} bytes in one row group; {limits.memory:,} fit into memory."
        refuse(table.file, "row_group_too_large", f"{reason} Deliver it in smaller row groups.")


def check_cells(connection: duckdb.DuckDBPyConnection, raw: RawTables, *, row_counts: Sequence[int]) -> None:
    """Refuse CSV files with a cell longer than the limit.

    Such a cell makes a long line or, with line breaks in it, fewer rows than lines; other files need no look.

    :raises RejectedBillError: there is one.
    """
    for table in raw.tables:
        file = table.file
        if file.format == "csv" and (file.has_long_lines or row_counts[file.number] != file.line_count - 1):
            _check_texts(connection, raw, table)


def _check_texts(connection: duckdb.DuckDBPyConnection, raw: RawTables, table: Table) -> None:
    """Check the longest text of each column and the length of all texts."""
    limits, names = raw.limits, {column.title: quoted(column.name) for column in raw.columns}
    titles = [title for title, kind in zip(table.titles, table.types, strict=True) if kind == "VARCHAR"]
    if not titles:
        return
    sizes = ", ".join(f"max(strlen({names[title]})), sum(strlen({names[title]}))" for title in titles)
    query = f"SELECT {sizes} FROM ({raw.sql(file_numbers=[table.file.number], numbered=False)})"
    try:
        found = connection.execute(query).fetchall()[0]
    except duckdb.Error as error:
        _refuse_damaged(table, error)
    for title, longest in zip(titles, found[::2], strict=True):
        if (longest or 0) > limits.cell_length:
            message = f"has a text of {longest:,} bytes in {title}; {limits.cell_length:,} are read at most."
            refuse(table.file, "cell_too_long", message, column=title)
    total = sum(size or 0 for size in found[1::2])
    if total > limits.inflated_size:
        most = limits.inflated_size
        refuse(table.file, "file_too_large", f"holds more than {most:,} bytes of text. Raise the limit if it is real.")


def _refuse_damaged(table: Table, error: duckdb.Error) -> NoReturn:
    reason = str(error).splitlines()[0][:200]
    refuse(table.file, f"{table.file.format}_damaged", f"cannot be read ({reason}). Deliver it again.")


def _most(table: Table, limits: Limits) -> int:
    return max(table.file.path.stat().st_size * limits.inflation_ratio, RATIO_COUNTS_FROM)
