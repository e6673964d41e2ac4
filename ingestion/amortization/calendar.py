"""Days and months over which costs are spread. Pure but for `today`."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime


def today() -> date:
    """Return the present day in UTC."""
    return datetime.now(UTC).date()


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def month_after(day: date, *, months: int) -> date:
    """Return the same day so many months later; where that month is shorter, its last day.

    >>> month_after(date(2026, 1, 31), months=1), month_after(date(2026, 1, 31), months=2)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31))
    """
    years, index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, index + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
