"""How ledgers write days and amounts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

from ingestion.amortization.cells import FIRST_DAY, LAST_DAY, read_day, read_units

DayFirst = Literal["DD/MM/YYYY", "MM/DD/YYYY"]
DecimalMark = Literal[".", ","]
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SPELLED: Final = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})", re.ASCII)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GROUPED: Final = {
    ".": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+", re.ASCII),
    ",": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d*)?|\d+(?:,\d*)?|,\d+", re.ASCII),
}


def ledger_day(text: str, *, slashed: DayFirst | None) -> date | None:
    """Return a day as 2026-10-31, 31.10.2026, 31 Oct 2026 or, as `slashed` says, 31/10/2026; None for anything else."""
    if found := _SLASHED.fullmatch(text):
        if slashed is None:
            return None
        day, month = (found[1], found[2]) if slashed == "DD/MM/YYYY" else (found[2], found[1])
        return _date(found[3], int(month), day)
    if found := _DOTTED.fullmatch(text):
        return _date(found[3], int(found[2]), found[1])
    if found := _SPELLED.fullmatch(text):
        name = found[2].lower()
        return _date(found[3], _MONTHS.index(name) + 1, found[1]) if name in _MONTHS else None
    return read_day(text)


def _date(year: str, month: int, day: str) -> date | None:
    try:
        found = date(int(year), month, int(day))
    except ValueError:
        return None
    return found if FIRST_DAY <= found < LAST_DAY else None


def slashed_days(texts: Iterable[str]) -> DayFirst | None:
    """Return how days with slashes are written, by one that can be written only so; None when there is no such."""
    parts = [found for text in texts if (found := _SLASHED.fullmatch(text.strip()))]
    is_day_first, is_month_first = any(int(one[1]) > 12 for one in parts), any(int(one[2]) > 12 for one in parts)
    if is_day_first == is_month_first:
        return None
    return "DD/MM/YYYY" if is_day_first else "MM/DD/YYYY"


def ledger_units(text: str, *, mark: DecimalMark) -> int | None:
    """Return an amount in units of 10^-18: with groups, a sign before or behind it, or in brackets; None for others.

    | text       | mark | amount   |
    |------------|------|----------|
    | 1,234.50   | .    | 1234.50  |
    | (1,234.50) | .    | -1234.50 |
    | 1.234,50-  | ,    | -1234.50 |
    """
    bare, sign = text.strip(), 1
    if bare.startswith("(") and bare.endswith(")"):
        bare, sign = bare[1:-1].strip(), -1
    elif bare.endswith("-"):
        bare, sign = bare[:-1].strip(), -1
    elif bare[:1] in {"-", "+"}:
        bare, sign = bare[1:].strip(), -1 if bare[0] == "-" else 1
    if not _GROUPED[mark].fullmatch(bare):
        return None
    plain = bare.replace(",", "") if mark == "." else bare.replace(".", "").replace(",", ".")
    units = read_units(plain)
    return None if units is None else sign * units
