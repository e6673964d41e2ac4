"""Billing periods: calendar months, start inclusive, end exclusive. Pure."""

from __future__ import annotations

import re
from datetime import date

_PERIOD = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


class PeriodError(ValueError):
    """A text is not a billing period."""


def parse_period(text: str) -> date:
    """Return the first day of a period written `2026-10`.

    :raises PeriodError: for any other form.
    """
    found = _PERIOD.fullmatch(text)
    if not found:
        raise PeriodError(f"'{text}' is not a billing period; write it as YYYY-MM, for example 2026-10.")
    return date(int(found[1]), int(found[2]), 1)


def period_name(first_day: date) -> str:
    """Return `2026-10` for 1 October 2026."""
    return f"{first_day:%Y-%m}"


def next_period(first_day: date) -> date:
    """Return the first day of the month after."""
    return date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)


def previous_period(first_day: date) -> date:
    """Return the first day of the month before."""
    return date(first_day.year - (first_day.month == 1), (first_day.month - 2) % 12 + 1, 1)
