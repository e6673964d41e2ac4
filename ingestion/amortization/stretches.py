"""Days that share an amount evenly, written down a month at a time: a register may have millions of them. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from ingestion.amortization.calendar import month_of
from ingestion.amortization.charges import amount_text
from ingestion.amortization.settings import Window
from ingestion.amortization.straight_line import due, shares_between

DAYS: Final = tuple(f"{day:02}" for day in range(1, 32))
USAGE: Final = ",Usage,Recurring,0,"
"""What stands between the day and the effective cost; `charge_cells` writes the same, charge by charge."""


class Stretch(NamedTuple):
    """Usage of so many days from the first on, each with its part of an amount; none of it is billed.

    The amount, in units of 10^-18, is that of the `whole`: of a stretch that breaks off, also of days that do not come.
    """

    start: date
    days: int
    amount: int
    whole: int

    def spent(self, days: int) -> int:
        """Return what the first of its days take."""
        return due(self.amount, part=days, whole=self.whole) if days else 0

    def inside(self, window: Window) -> tuple[int, int]:
        """Return how many of its days come before those of a window, and how many up to its end."""
        before = (window.start - self.start).days if window.start else 0
        until = (window.end - self.start).days
        return min(max(before, 0), self.days), min(max(until, 0), self.days)

    def lines(self, first: int, last: int) -> Iterator[tuple[date, list[str]]]:
        """Yield the cells of `VARYING` of each day from the first on, the last exclusive, by month."""
        amounts = shares_between(self.amount, first, last, whole=self.whole)
        # Days differ by one in the last decimal at most, so there are few amounts and each is written once.
        written = {amount: f"{USAGE}{amount_text(amount)}" for amount in set(amounts)}
        day, place = self.start + timedelta(days=first), 0
        while place < len(amounts):
            lead, left = day.isoformat()[: -len(DAYS[0])], monthrange(day.year, day.month)[1] - day.day + 1
            of_month = amounts[place : place + left]
            yield (
                month_of(day),
                [f"{lead}{number}{written[one]}" for number, one in zip(DAYS[day.day - 1 :], of_month, strict=False)],
            )
            day, place = day + timedelta(days=left), place + left
