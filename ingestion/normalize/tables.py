"""The delivered files as one relation of text columns, in file order. Pure.

`x_file_number` is a file's place in the delivery, `x_row_number` the 1-based data row in it. Files may differ in their
columns; what one does not have is null there.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn
from unicodedata import category

import duckdb

from ingestion.focus.columns import snake_case
from ingestion.focus.expressions import literal, quoted
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.contents import Limits
from ingestion.normalize.inflate import ReadyFile
from ingestion.normalize.plan import DerivedColumn, RawColumn

NULL_WORDS: Final = ("", "NULL", "null")
"""Texts that mean 'no value' (FOCUS, NullHandling; the bare words are seen in published FOCUS data)."""
ROWS_IN_BUFFER: Final = 2
"""Of the longest rows. Unless told, the engine reads a file in pieces of sixteen, of which it holds several."""
MOST_COLUMNS: Final = 5_000
HEADER_LENGTH: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Table:
    """A ready file and its columns: position in the file and physical type by raw name."""

    file: ReadyFile
    titles: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RawTables:
    """All files of a delivery with the union of their columns, and what a plan derives from these."""

    tables: tuple[Table, ...]
    columns: tuple[RawColumn, ...]
    limits: Limits
    derived: tuple[DerivedColumn, ...] = ()

    def names(self) -> Mapping[str, RawColumn]:
        """Return the columns by raw name."""
        return {column.name: column for column in self.columns}

    def sql(
        self,
        *,
        file_numbers: Iterable[int] | None = None,
        numbered: bool = True,
        computed: Sequence[str] = (),
    ) -> str:
        """Return the query of all rows, those of the named files only when given; numbering rows has a price.

        `computed` are further columns over the raw ones. They are worked out below the numbering, which keeps the
        engine from working them out again wherever they are used.
        """
        wanted = None if file_numbers is None else frozenset(file_numbers)
        parts = []
        for table in self.tables:
            if wanted is None or table.file.number in wanted:
                rows = f"SELECT {', '.join(['*', *computed])} FROM ({self._derived_sql(table)})"
                parts.append(f"SELECT *, row_number() OVER () AS x_row_number FROM ({rows})" if numbered else rows)
        return " UNION ALL ".join(parts)

    def _derived_sql(self, table: Table) -> str:
        rows = self._file_sql(table)
        for level in _levels(self.derived):
            own = (f"{column.sql} AS {quoted(column.name)}" for column in level)
            rows = f"SELECT {', '.join(['*', *own])} FROM ({rows})"
        return rows

    def _file_sql(self, table: Table) -> str:
        position = {title: index for index, title in enumerate(table.titles)}
        columns = []
        for column in self.columns:
            index = position.get(column.title)
            value = "NULL::VARCHAR" if index is None else _as_text(f"c{index}", table.types[index], table.file.format)
            columns.append(f"{value} AS {quoted(column.name)}")
        columns.append(f"{table.file.number}::INTEGER AS x_file_number")
        source = self._csv(table) if table.file.format == "csv" else _parquet(table)
        return f"SELECT {', '.join(columns)} FROM {source}"

    def _csv(self, table: Table) -> str:
        columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(table.titles)))
        nulls = ", ".join(literal(word) for word in NULL_WORDS)
        return (
            f"read_csv({literal(str(table.file.path))}, auto_detect=false, header=true, delim=',', quote='\"',"
            f" escape='\"', new_line='\\n', columns={{{columns}}}, nullstr=[{nulls}],"
            f" strict_mode=true, null_padding=false, max_line_size={self.limits.row_length},"
            f" buffer_size={ROWS_IN_BUFFER * self.limits.row_length})"
        )


def _levels(derived: Iterable[DerivedColumn]) -> list[list[DerivedColumn]]:
    """Return columns in groups, each above those it looks at: beside them, the engine would work those out again."""
    levels: list[list[DerivedColumn]] = []
    for column in derived:
        words = frozenset(re.findall(r"\w+", column.sql))
        if not levels or any(one.name in words for one in levels[-1]):
            levels.append([])
        levels[-1].append(column)
    return levels


def read_tables(connection: duckdb.DuckDBPyConnection, files: Sequence[ReadyFile], *, limits: Limits) -> RawTables:
    """Read the files' headers.

    :raises RejectedBillError: a header is missing, names a column twice, or the Parquet file cannot be opened.
    """
    tables = tuple(_csv_table(file) if file.format == "csv" else _parquet_table(connection, file) for file in files)
    columns: dict[str, RawColumn] = {}
    taken: set[str] = {"x_file_number", "x_row_number"}
    for table in tables:
        for title in table.titles:
            if title not in columns:
                columns[title] = RawColumn(title=title, name=_free_name(snake_case(title) or "column", taken))
    return RawTables(tables=tables, columns=tuple(columns.values()), limits=limits)


def check_names(raw: RawTables, derived: Iterable[DerivedColumn]) -> None:
    """Hold the files to having no column of the name of a derived one, which would be read in its place.

    :raises RejectedBillError: one has.
    """
    made = {column.name for column in derived}
    for table in raw.tables:
        for column in raw.columns:
            if column.name in made and column.title in table.titles:
                message = f"has a column {column.title}, a name that is kept for what is worked out. Rename it."
                refuse(table.file, "column_reserved", message, row=0, column=column.title)


def _csv_table(file: ReadyFile) -> Table:
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        start = stream.read(HEADER_LENGTH)
    try:
        titles = next(csv.reader(start.splitlines(keepends=True), strict=True), [])
    except csv.Error as error:
        refuse(file, "header_unreadable", f"has a header that cannot be read ({error}).", row=0)
    _check_titles(file, titles)
    return Table(file=file, titles=tuple(titles), types=("VARCHAR",) * len(titles))


def _parquet_table(connection: duckdb.DuckDBPyConnection, file: ReadyFile) -> Table:
    try:
        described = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({literal(str(file.path))}, binary_as_string=true)"
        ).fetchall()
    except duckdb.Error as error:
        refuse(file, "parquet_damaged", f"is not a Parquet file that can be read ({_first_line(error)}).")
    titles = tuple(str(row[0]) for row in described)
    _check_titles(file, titles)
    return Table(file=file, titles=titles, types=tuple(str(row[1]) for row in described))


def _check_titles(file: ReadyFile, titles: Sequence[str]) -> None:
    if not any(title.strip() for title in titles):
        refuse(file, "header_missing", "has no header row. The first row must name the columns.", row=0)
    if len(titles) > MOST_COLUMNS:
        refuse(file, "too_many_columns", f"has {len(titles):,} columns; {MOST_COLUMNS:,} are read at most.", row=0)
    seen: set[str] = set()
    for title in titles:
        if any(category(character) == "Cc" for character in title):
            refuse(
                file,
                "header_unreadable",
                f"has a control character in the column name {title!r}. Export it again.",
                row=0,
                column=title,
            )
        if title in seen:
            refuse(file, "column_twice", f"names the column {title!r} twice.", row=0, column=title)
        seen.add(title)


def _parquet(table: Table) -> str:
    names = ", ".join(f"c{index}" for index in range(len(table.titles)))
    path = literal(str(table.file.path))
    return f"read_parquet({path}, binary_as_string=true) AS delivered({names})"


def _as_text(column: str, kind: str, file_format: str) -> str:
    """Return a Parquet value as the text a CSV would hold; '' and the null words are null."""
    if file_format == "csv":
        return column
    if kind.startswith(("MAP", "STRUCT")) or kind.endswith("[]"):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST({column} AT TIME ZONE 'UTC' AS VARCHAR)"
    if kind == "VARCHAR":
        return f"CASE WHEN {column} IN ({', '.join(literal(word) for word in NULL_WORDS)}) THEN NULL ELSE {column} END"
    return f"CAST({column} AS VARCHAR)"


def _free_name(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    taken.add(free)
    return free


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def refuse(file: ReadyFile, code: str, message: str, *, row: int | None = None, column: str = "") -> NoReturn:
    """Reject the delivery for one reason."""
    text = f"{file.name} {message}"
    raise RejectedBillError(
        [Finding(code=code, severity="error", file=file.name, row=row, column=column, message=text)]
    )
