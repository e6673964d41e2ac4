"""Text that stays text in a spreadsheet: what reads like a formula is written with an apostrophe before it. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from itfm.core.money import plain

LIVE: Final = "^(?:[\t\r\n]|[ \v\f\u00a0\u3000]*[=+\\-@\uff1d\uff0b\uff0d\uff20])"
"""Texts that a spreadsheet would run, blanks before them or not; the wide signs count as well. For `re` and RE2."""

_LIVE: Final = re.compile(LIVE)


def inert(text: str) -> str:
    """Return a cell's text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _LIVE.match(text) else text


def as_written(cell: str) -> str:
    """Return the text that `inert` made a cell of."""
    return cell[1:] if cell.startswith("'") and _LIVE.match(cell[1:]) else cell


def inert_expression(text: str) -> str:
    """Return the same as `inert` over an expression of DuckDB's that is a text."""
    return f"CASE WHEN regexp_matches({text}, '{LIVE}') THEN '''' || {text} ELSE {text} END"


def csv_line(cells: Iterable[str | int | Decimal | None]) -> bytes:
    """Return a line of CSV whose texts are inert and whose amounts have all their digits; None is an empty cell."""
    line = io.StringIO()
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue().encode()


def _cell(cell: str | int | Decimal | None) -> str:
    if isinstance(cell, str):
        return inert(cell)
    return plain(cell) if isinstance(cell, Decimal) else "" if cell is None else str(cell)
