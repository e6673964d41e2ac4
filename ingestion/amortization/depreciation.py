"""What an asset loses in value, day by day. Pure.

Straight line spreads cost less salvage value over the days of the life. The declining balance takes the same part of
the book value each year, and goes over to a straight line over the life that is left in the first year in which that is
more; it never goes below the salvage value. Its years are those of the asset, twelve months from its first day in
service, within which each day is alike; a broken last year takes what is left. Of 1000.00 with a salvage value of
100.00 over five years, at twice the straight line (40 % a year):

| year | book value | 40 % of it | straight line over the rest | taken  |
|------|------------|------------|-----------------------------|--------|
| 1    | 1000.00    | 400.00     | 180.00                      | 400.00 |
| 2    | 600.00     | 240.00     | 125.00                      | 240.00 |
| 3    | 360.00     | 144.00     | 86.666666666666             | 144.00 |
| 4    | 216.00     | 86.40      | 58.00                       | 86.40  |
| 5    | 129.60     | 51.84      | 29.60                       | 29.60  |

Sources: IAS 16.50 to .62 (depreciable amount, from when it is available for use, straight line and diminishing
balance); the change to a straight line is that of declining balance tables in the United States (IRS Publication 946).
Which rate and salvage value are right is for the books to say; no convention of half years or months is applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from ingestion.amortization.calendar import month_after
from ingestion.amortization.straight_line import daily, due
from itfm.core.money import UNITS_PER_QUANTUM

MONTHS_OF_YEAR: Final = 12


@dataclass(frozen=True, kw_only=True)
class Life:
    """An asset's life in the books: `months` from its first day in service. Amounts are in units of 10^-18.

    The salvage value is between 0 and the cost. With a `rate`, the part of the book value that a year takes, the
    balance declines; without, depreciation is a straight line.
    """

    cost: int
    salvage: int
    start: date
    months: int
    rate: Fraction | None = None

    def days(self) -> Iterator[tuple[date, int]]:
        """Yield each day of the life with what the asset loses; in all it is the cost less the salvage value."""
        for start, end, amount in self.years():
            for number, part in enumerate(daily(amount, days=(end - start).days)):
                yield start + timedelta(days=number), part

    def years(self) -> Iterator[tuple[date, date, int]]:
        """Yield stretches of days that are alike, the end exclusive, with what each takes."""
        if self.rate is None:
            yield self.start, month_after(self.start, months=self.months), self.cost - self.salvage
            return
        book, done = self.cost, 0
        while done < self.months:
            left = self.months - done
            length = min(MONTHS_OF_YEAR, left)
            rest = book - self.salvage
            amount = max(self._declining(book, length, most=rest), due(rest, part=length, whole=left))
            first, end = (month_after(self.start, months=months) for months in (done, done + length))
            yield first, end, amount
            book, done = book - amount, done + length

    def _declining(self, book: int, months: int, *, most: int) -> int:
        """Return what so many months take of a book value, cut to 12 decimals."""
        share = (self.rate or Fraction(0)) * months / MONTHS_OF_YEAR
        quanta = book * share.numerator // (share.denominator * UNITS_PER_QUANTUM)
        return min(most, quanta * UNITS_PER_QUANTUM)
