"""How figures read: grouped digits, a currency's own number of decimals, a proper minus. Pure.

Rounding here is for reading only, half to even; nothing that is shown is ever added up again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from itfm.core.currencies import decimals_of
from itfm.core.money import CONTEXT

MINUS: Final = "\N{MINUS SIGN}"
SPACE: Final = "\N{NO-BREAK SPACE}"

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def amount_text(amount: Decimal, currency: str) -> str:
    """Return `1,234.50` for USD: rounded to the currency's decimals."""
    return grouped(amount, places=decimals_of(currency))


def money_text(amount: Decimal, currency: str) -> str:
    """Return `1,234.50 USD`."""
    return f"{amount_text(amount, currency)}{SPACE}{currency}"


def exact_text(amount: Decimal, *, places: int = 0) -> str:
    """Return every digit of the amount, grouped, without zeros at its end beyond so many places: `0.123456789`."""
    digits = f"{amount:,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    digits = "0" if digits in {"-0", ""} else digits
    missing = places - len(digits.partition(".")[2])
    if missing > 0:
        digits += ("" if "." in digits else ".") + "0" * missing
    return _signed(digits)


def exact_places(amounts: Iterable[Decimal | None]) -> int:
    """Return how many decimals the longest of some amounts needs, so that a column of them lines up."""
    return max((len(exact_text(one).partition(".")[2]) for one in amounts if one is not None), default=0)


def grouped(number: Decimal, *, places: int) -> str:
    """Return the number with thousands grouped, rounded half to even; what rounds to zero has no sign."""
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=CONTEXT)
    return _signed(f"{rounded if rounded else rounded.copy_abs():,f}")


def percent_text(percent: Decimal, *, places: int = 1) -> str:
    """Return `12.3 %`; what is not quite zero or a hundred never reads as if it were."""
    text = grouped(percent, places=places)
    smallest = Decimal(1).scaleb(-places)
    if percent != 0 and text == grouped(Decimal(0), places=places):
        text = f"{'<' if percent > 0 else '>'}{SPACE}{_signed(f'{smallest.copy_sign(percent):f}')}"
    elif percent < 100 and text == grouped(Decimal(100), places=places):
        text = f">{SPACE}{100 - smallest:f}"
    return f"{text}{SPACE}%"


def size_text(size: int) -> str:
    """Return a number of bytes as `12.3 MB`, in powers of a thousand."""
    if size < 1000:
        return f"{size}{SPACE}B"
    value, unit = Decimal(size), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = CONTEXT.divide(value, Decimal(1000)), bigger
    return f"{grouped(value, places=1)}{SPACE}{unit}"


def period_text(first_day: date) -> str:
    """Return `October 2026`."""
    return f"{MONTHS[first_day.month - 1]} {first_day.year}"


def day_text(day: date) -> str:
    """Return `3 Oct 2026`."""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _signed(digits: str) -> str:
    return digits.replace("-", MINUS, 1)
