"""Files of driver values as people send them: CSV and XLSX, every bad row named. Pure but for reading the file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import ValidationError

from allocation.engine.drivers import CSV_HEADER, DriverValue
from itfm.core.inert import as_written, inert
from itfm.core.money import AmountError, amount

MAX_BYTES: Final = 2_000_000
MAX_ROWS: Final = 50_000
MAX_UNPACKED: Final = 40_000_000
MAX_PROBLEMS: Final = 50


@dataclass(frozen=True, kw_only=True)
class DriverFile:
    """What a file holds, or what is wrong with it: then there are no values."""

    values: tuple[DriverValue, ...] = ()
    problems: tuple[str, ...] = ()


def read(content: bytes, *, name: str) -> DriverFile:
    """Return the rows of a `date,value,quantity` file; every problem names file, row, column and what to do."""
    if len(content) > MAX_BYTES:
        return DriverFile(problems=(f"{name}: larger than {MAX_BYTES:,} bytes. Send it in parts, by month.",))
    try:
        rows = _xlsx(content) if content[:2] == b"PK" else _csv(content)
        return _values(rows, name=name)
    except _UnreadableError as error:
        return DriverFile(problems=(f"{name}: {error}",))


class _UnreadableError(ValueError):
    """A file is neither CSV nor XLSX as they should be."""


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnreadableError("it is no text in UTF-8. Save it as CSV in UTF-8, or send XLSX.") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise _UnreadableError(f"row {rows.line_num} is no CSV ({error}). Save the file as CSV again.") from error


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise _UnreadableError("it unpacks to more than a table of values needs. Send CSV instead.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=len(CSV_HEADER) + 1, values_only=True):
            cells = [_cell(value) for value in row]
            yield cells[:-1] if len(cells) > len(CSV_HEADER) and not cells[-1] else cells
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, SyntaxError) as error:
        if isinstance(error, _UnreadableError):
            raise
        raise _UnreadableError("it is no workbook that can be read. Save it as XLSX again, or send CSV.") from error


def _cell(value: Any) -> str:
    """Return a cell as CSV would have it; a workbook keeps numbers as floats, whose shortest text is meant."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _values(rows: Iterable[list[str]], *, name: str) -> DriverFile:
    listed = iter(rows)
    if [cell.strip().lower() for cell in next(listed, [])] != CSV_HEADER:
        said = f"{name}, row 1: the columns must be {', '.join(CSV_HEADER)}, in this order. Put them there."
        return DriverFile(problems=(said,))
    values: list[DriverValue] = []
    problems: list[str] = []
    for number, row in enumerate(listed, start=2):
        if number > MAX_ROWS + 1:
            return DriverFile(problems=(f"{name}: more than {MAX_ROWS:,} rows. Send it in parts, by month.",))
        if any(row):
            found = _value(row)
            if isinstance(found, DriverValue):
                values.append(found)
            else:
                problems.append(f"{name}, row {number}, {found}")
    if problems:
        hidden = len(problems) - MAX_PROBLEMS
        rest = [f"And {hidden} more rows."] if hidden > 0 else []
        return DriverFile(problems=(*problems[:MAX_PROBLEMS], *rest))
    if not values:
        return DriverFile(problems=(f"{name}: there is no row under the heading. Add one per day and value.",))
    return DriverFile(values=tuple(values))


def _value(row: list[str]) -> DriverValue | str:
    """Return a row's value, or which column is wrong and what to do."""
    if len(row) != len(CSV_HEADER):
        return f"it has {len(row)} columns instead of {len(CSV_HEADER)}. Quote texts that hold a comma."
    day, value, quantity = (cell.strip() for cell in row)
    try:
        date.fromisoformat(day if len(day) == 10 else "")
    except ValueError:
        return f"column date: '{day[:40]}' is no date; write it as 2026-10-01."
    try:
        amount(quantity)
    except AmountError as error:
        return f"column quantity: {error}"
    try:
        return DriverValue.model_validate({"date": day, "value": as_written(value), "quantity": quantity})
    except ValidationError as error:
        found = error.errors()[0]
        place = ".".join(map(str, found["loc"])) or "quantity"
        said = "write the value it is for" if not value else found["msg"].removeprefix("Value error, ")
        return f"column {place}: {said}."


def written(values: Iterable[tuple[date, str, Any]]) -> str:
    """Return rows as CSV that `read` reads back; what a spreadsheet would run is written with a ' before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    for day, value, quantity in values:
        text = f"{quantity:f}"
        plain = text.rstrip("0").rstrip(".") if "." in text else text
        writer.writerow([day.isoformat(), inert(value), plain])
    return buffer.getvalue()
