"""Reading the cells of one row and saying what is wrong with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ingestion.focus.findings import Finding
from ingestion.normalize.checks import CURRENCY_CODE
from itfm.core import money

MOST_ERRORS: Final = 1_000
FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2200, 1, 1)
NOT_GIVEN: Final = date.min
DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?", re.ASCII)
LONGEST_SHOWN: Final = 60
MOST_WHOLE_DIGITS: Final = 20
ADVICE: Final = "Correct it and deliver the file again."


class Cells:
    """A row of a file. What cannot be read is noted and answered by a stand-in, so that all faults of a row are told.

    `values` are its texts by raw name, `titles` the titles of these columns in the file. Whoever reads it looks at
    `is_sound` before making anything of the answers.
    """

    def __init__(
        self, *, file: str, row: int, values: Mapping[str, str | None], titles: Mapping[str, str], errors: list[Finding]
    ) -> None:
        self.file, self.row, self.values = file, row, values
        self._is_wrong = False
        self._titles, self._errors = titles, errors

    def is_sound(self) -> bool:
        """Return whether nothing wrong was noted so far."""
        return not self._is_wrong

    def wrong(self, name: str, what: str, *, code: str) -> None:
        """Note that the row cannot be used, and why."""
        self._is_wrong = True
        title = self._titles.get(name, name)
        message = f"{self.file}, row {self.row}: {title} {what} {ADVICE}"
        self._errors.append(
            Finding(code=code, severity="error", file=self.file, row=self.row, column=title, message=message)
        )

    def has(self, name: str) -> bool:
        """Return whether the row has a value there."""
        return bool(self.text(name))

    def text(self, name: str) -> str:
        """Return what is written, '' where nothing is."""
        return (self.values.get(name) or "").strip()

    def needed(self, name: str) -> str:
        """Return what is written; the row cannot do without."""
        found = self.text(name)
        if not found:
            self.wrong(name, "is empty, and the row cannot do without it.", code="value_missing")
        return found

    def day(self, name: str) -> date | None:
        """Return a day, None where nothing is written."""
        found = self.text(name)
        return self._day(name, found) if found else None

    def needed_day(self, name: str) -> date:
        """Return a day; the row cannot do without."""
        found = self.needed(name)
        return (self._day(name, found) if found else None) or NOT_GIVEN

    def _day(self, name: str, text: str) -> date | None:
        day = read_day(text)
        if day is None:
            self.wrong(name, f"is {shown(text)}, which is no day such as 2026-10-31.", code="not_a_day")
        return day

    def units(self, name: str) -> int:
        """Return an amount in units of 10^-18, 0 where nothing is written."""
        return self._units(name, self.text(name) or "0")

    def needed_units(self, name: str) -> int:
        """Return an amount in units of 10^-18; the row cannot do without."""
        return self._units(name, self.needed(name) or "0")

    def _units(self, name: str, text: str) -> int:
        units = read_units(text)
        if units is None:
            what = f"is {shown(text)}, which is no amount such as 1234.56, of at most 20 digits before the point and 18"
            self.wrong(name, f"{what} after it.", code="not_an_amount")
        return units or 0

    def percentage(self, name: str) -> Fraction:
        """Return a part that is written as 0.4 or as 40%, 0 where nothing is."""
        text = self.text(name)
        return Fraction(self._units(name, text.removesuffix("%").strip() or "0"), 10**money.DECIMALS) / (
            100 if text.endswith("%") else 1
        )

    def whole(self, name: str) -> int | None:
        """Return a whole number of zero or more, None where nothing is written."""
        found = self.text(name)
        if not found:
            return None
        # A table of numbers may write 5 as 5.0.
        if not re.fullmatch(r"\d{1,12}(\.0+)?", found, re.ASCII):
            self.wrong(name, f"is {shown(found)}, which is no whole number of zero or more.", code="not_a_count")
            return None
        return int(found.partition(".")[0])

    def currency(self, name: str) -> str:
        """Return a currency; the row cannot do without."""
        found = self.needed(name).upper()
        if found and not re.fullmatch(CURRENCY_CODE, found):
            self.wrong(name, f"is {shown(found)}, which is no ISO 4217 code such as EUR.", code="currency_unknown")
        return found

    def word(self, name: str, words: Mapping[str, str]) -> str | None:
        """Return what a word means, whatever its case, None where nothing is written."""
        found = self.text(name)
        if not found:
            return None
        meaning = words.get(found.lower())
        if meaning is None:
            known = ", ".join(dict.fromkeys(words.values()))
            self.wrong(name, f"is {shown(found)}. Known are {known}.", code="word_unknown")
        return meaning


def read_day(text: str) -> date | None:
    """Return the day that a text in ISO 8601 writes, also with a time of midnight; None for anything else."""
    found = DAY.fullmatch(text)
    if not found:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return day if FIRST_DAY <= day < LAST_DAY else None


def read_units(text: str) -> int | None:
    """Return the amount that a text writes in units of 10^-18, None when it is none or longer than one may be."""
    try:
        amount = money.amount(text)
        is_long = amount != 0 and amount.adjusted() >= MOST_WHOLE_DIGITS
        return None if is_long else _units(amount)
    except money.AmountError:
        return None


def _units(amount: Decimal) -> int:
    # Moving the point of a number of more digits than the context holds would round it.
    if len(amount.as_tuple().digits) > money.CONTEXT.prec:
        raise money.AmountError("It has too many digits.")
    return money.units_of(amount)


def shown(text: str) -> str:
    """Return a text as findings show it."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…")
