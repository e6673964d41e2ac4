"""Text that stays text in a spreadsheet: what reads like a formula is written with an apostrophe before it. Pure."""

from __future__ import annotations

import re
from typing import Final

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
