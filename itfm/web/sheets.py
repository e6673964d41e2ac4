"""Tables as files: numbers stay numbers to the last digit, and no text is ever a formula. Pure."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from itfm.core.inert import inert

EXACT_DIGITS: Final = 15
"""More digits than these a spreadsheet's numbers cannot hold."""

Value = str | Decimal | None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A heading and rows below it; the first `text_count` columns are text, the others numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    text_count: int
    name: str = "Costs"
    """What the sheet of a workbook is called."""


def as_csv(sheet: Sheet) -> bytes:
    """Return the sheet as CSV; a text that reads like a formula gets an apostrophe before it."""
    lines = [",".join(map(_csv_cell, row)) for row in (sheet.heads, *sheet.rows)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def as_xlsx(sheet: Sheet) -> bytes:
    """Return the sheet as XLSX; numbers a spreadsheet would round are kept as text, every text as text."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.name)
    for row in (sheet.heads, *sheet.rows):
        cells = []
        for value in row:
            is_number = isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= EXACT_DIGITS
            cell = WriteOnlyCell(page)
            if is_number:
                cell.value = value
            else:
                text = _plain(value) if isinstance(value, Decimal) else inert(value or "")
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
                cell.data_type = "s"
            cells.append(cell)
        page.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_parquet(sheet: Sheet) -> bytes:
    """Return the sheet as Parquet, numbers as DECIMAL(38,18)."""
    columns = list(zip(*sheet.rows, strict=True)) or [()] * len(sheet.heads)
    kinds = [pa.string() if at < sheet.text_count else pa.decimal128(38, 18) for at in range(len(sheet.heads))]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(sheet.heads)), file, compression="zstd")
    return file.getvalue()


KINDS: Final[dict[str, tuple[str, Callable[[Sheet], bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "parquet": ("application/vnd.apache.parquet", as_parquet),
}
"""Media type and writer of each format."""


def _csv_cell(value: Value) -> str:
    if isinstance(value, Decimal):
        return _plain(value)
    escaped = inert(value or "").replace('"', '""')
    return f'"{escaped}"'


def _plain(value: Decimal) -> str:
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
