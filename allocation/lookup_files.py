"""Files of lookup tables as people send them: CSV and XLSX, every bad row named. Pure but for reading the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from allocation.table_files import MAX_BYTES, UnreadableError, few, rows
from itfm.core.inert import as_written, inert

COLUMNS: Final = ["text", "gives"]
MAX_ENTRIES: Final = 10_000
LONGEST: Final = 2_000


@dataclass(frozen=True, kw_only=True)
class LookupFile:
    """What a file holds, or what is wrong with it: then the table is empty."""

    table: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LookupRow:
    """A row of a file beside that of the table: None where one has it not."""

    text: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class LookupPreview:
    """What a file would do to a table."""

    received: int
    added: tuple[LookupRow, ...]
    changed: tuple[LookupRow, ...]
    absent: tuple[LookupRow, ...]
    """Rows of the table that the file lacks; they go only when the file replaces the table."""

    @property
    def unchanged(self) -> int:
        """How many rows are the same in both."""
        return self.received - len(self.added) - len(self.changed)


def preview(table: Mapping[str, str], given: Mapping[str, str]) -> LookupPreview:
    """Return what a file would do to a table."""
    beside = [LookupRow(text=text, before=table.get(text), after=gives) for text, gives in given.items()]
    return LookupPreview(
        received=len(given),
        added=tuple(row for row in beside if row.before is None),
        changed=tuple(row for row in beside if row.before is not None and row.before != row.after),
        absent=tuple(
            LookupRow(text=text, before=gives, after=None) for text, gives in table.items() if text not in given
        ),
    )


def read(content: bytes, *, name: str) -> LookupFile:
    """Return the rows of a `text,gives` file; every problem names file, row, column and what to do."""
    if len(content) > MAX_BYTES:
        return LookupFile(problems=(f"{name}: larger than {MAX_BYTES:,} bytes. Send it in parts.",))
    try:
        return _entries(rows(content, columns=len(COLUMNS)), name=name)
    except UnreadableError as error:
        return LookupFile(problems=(f"{name}: {error}",))


def written(table: Mapping[str, str]) -> str:
    """Return a table as CSV that `read` reads back; what a spreadsheet would run is written with a ' before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([inert(text), inert(gives)] for text, gives in table.items())
    return buffer.getvalue()


def _entries(found: Iterator[list[str]], *, name: str) -> LookupFile:
    listed = iter(found)
    if [cell.strip().lower() for cell in next(listed, [])] != COLUMNS:
        said = f"{name}, row 1: the columns must be {' and '.join(COLUMNS)}, in this order. Put them there."
        return LookupFile(problems=(said,))
    table: dict[str, str] = {}
    places: dict[str, int] = {}
    problems: list[str] = []
    for number, row in enumerate(listed, start=2):
        if not any(row):
            continue
        problem = _problem(row)
        text, gives = (as_written(cell.strip()) for cell in row) if not problem else ("", "")
        if not problem and places.get(text, number) != number and table[text] != gives:
            problem = (
                f"column text: '{text[:40]}' stands in row {places[text]} with another value. Keep one of the two."
            )
        if problem:
            problems.append(f"{name}, row {number}, {problem}")
            continue
        places.setdefault(text, number)
        table[text] = gives
        if len(table) > MAX_ENTRIES:
            return LookupFile(problems=(f"{name}: more than {MAX_ENTRIES:,} rows. Keep the ones that occur in bills.",))
    if problems:
        return LookupFile(problems=few(problems))
    if not table:
        return LookupFile(problems=(f"{name}: there is no row under the heading. Add one per text.",))
    return LookupFile(table=table)


def _problem(row: list[str]) -> str:
    if len(row) != len(COLUMNS):
        return f"it has {len(row)} columns instead of {len(COLUMNS)}. Quote texts that hold a comma."
    for column, cell in zip(COLUMNS, row, strict=True):
        if not cell.strip():
            asked = "write the text that the bills have" if column == "text" else "write what the rule then gives"
            return f"column {column}: it is empty; {asked}."
        if len(cell) > LONGEST:
            return f"column {column}: longer than {LONGEST:,} characters. Shorten it."
        if "\0" in cell:
            return f"column {column}: it has a character that cannot be stored; type it again."
    return ""
