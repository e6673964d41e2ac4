"""Files of driver values as people send them: CSV and XLSX, every bad row named. Pure but for reading the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from allocation.engine.drivers import CSV_HEADER, DriverValue
from allocation.table_files import MAX_BYTES, MAX_ROWS, UnreadableError, few, rows
from itfm.core.inert import as_written, inert
from itfm.core.money import AmountError, amount, plain


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
        return _values(rows(content, columns=len(CSV_HEADER)), name=name)
    except UnreadableError as error:
        return DriverFile(problems=(f"{name}: {error}",))


def _values(found_rows: Iterable[list[str]], *, name: str) -> DriverFile:
    listed = iter(found_rows)
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
        return DriverFile(problems=few(problems))
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
        writer.writerow([day.isoformat(), inert(value), plain(quantity)])
    return buffer.getvalue()
