"""Exactly what a table shows, as a file: numbers stay numbers to the last digit, and no text is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from allocation.costs.answer import CostAnswer, CostLine
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


def sheet_of(
    found: CostAnswer,
    *,
    heads: Sequence[str],
    name_of: Callable[[str, str | None], str],
    also: Mapping[str, Callable[[str | None], str]],
) -> Sheet:
    """Return the answer as its table shows it, all currencies below each other, without the totals.

    `also` has by column what its codes are called, which stands in a column of its own behind the other texts.
    """
    query = found.query
    named = [(place, name) for place, name in enumerate(query.by) if name in also]
    buckets = [] if query.granularity == "total" else [bucket.isoformat() for bucket in found.buckets]
    compared = ["comparison"] if query.compare else []

    def row(line: CostLine, currency: str) -> tuple[Value, ...]:
        names = [name_of(name, value) for name, value in zip(query.by, line.groups, strict=False)]
        if not line.groups and query.by:
            names = [f"{line.count} others", *[""] * (len(query.by) - 1)]
        called = [also[name](line.groups[place]) if line.groups else "" for place, name in named]
        costs = line.costs if buckets else ()
        return (*names, currency, *called, *costs, line.total, *([line.comparison] if compared else []))

    return Sheet(
        heads=(
            *heads,
            "currency",
            *(f"{heads[place]} name" for place, _ in named),
            *buckets,
            f"total {query.measure}",
            *compared,
        ),
        rows=tuple(row(line, one.currency) for one in found.currencies for line in one.all_lines),
        text_count=len(query.by) + 1 + len(named),
    )


def as_csv(sheet: Sheet) -> bytes:
    """Return the sheet as CSV; a text that reads like a formula gets an apostrophe before it."""
    lines = [",".join(map(_csv_cell, row)) for row in (sheet.heads, *sheet.rows)]
    return "".join(f"{line}\r\n" for line in lines).encode()


def as_xlsx(sheet: Sheet) -> bytes:
    """Return the sheet as XLSX; numbers a spreadsheet would round are kept as text, every text as text."""
    book = Workbook(write_only=True)
    page = book.create_sheet("Costs")
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
FOCUS_KINDS: Final = {"focus.csv": KINDS["csv"][0], "focus.parquet": KINDS["parquet"][0]}
"""Media type of each format of the ledger under a table."""


def _csv_cell(value: Value) -> str:
    if isinstance(value, Decimal):
        return _plain(value)
    escaped = inert(value or "").replace('"', '""')
    return f'"{escaped}"'


def _plain(value: Decimal) -> str:
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
