"""A driver's quantities day by day, with what stands in for the days that were not measured. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from allocation.engine.drivers import DriverValue
from itfm.core import money

Missing = Literal["zero", "carry_forward", "interpolate", "hold"]
"""What a day counts on which a driver has no row for anybody."""

FILLS: Final = frozenset({"carry_forward", "interpolate"})
MOST_CARRIED_DAYS: Final = 62
"""How old the measured day may be that stands in for one that was not."""
MOST_PRICE_DAYS: Final = 366
"""How long a price holds."""

Quantities = Mapping[str, Decimal]


class Stream:
    """Quantities by day; days after `until`, the last day of the bills, are not filled."""

    def __init__(self, values: Iterable[DriverValue], *, missing: Missing = "zero", until: date = date.max) -> None:
        self.missing, self.until = missing, until
        self._days: dict[date, dict[str, Decimal]] = defaultdict(dict)
        for row in values:
            day = self._days[row.date]
            day[row.value] = money.CONTEXT.add(day.get(row.value, Decimal(0)), row.quantity)
        self._order = sorted(self._days)
        self._filled: dict[date, Quantities | None] = {}
        self._priced: dict[str, list[date]] | None = None

    def is_measured(self, day: date) -> bool:
        """Return whether anybody was measured on a day."""
        return day in self._days

    def is_missing(self, day: date) -> bool:
        """Return whether a day that counts was not measured."""
        return day <= self.until and day not in self._days

    def on(self, day: date) -> Quantities | None:
        """Return the quantities of a day, or what stands in for them; None when nothing does."""
        if day in self._days:
            return self._days[day]
        if self.missing not in FILLS or day > self.until:
            return None
        if day not in self._filled:
            self._filled[day] = self._standing_in(day)
        return self._filled[day]

    def within(self, days: Iterable[date], *, of: frozenset[str] | None = None) -> dict[str, Decimal]:
        """Return the sums over some days by value; of these values only, unless None."""
        total: dict[str, Decimal] = {}
        for day in days:
            for value, quantity in (self.on(day) or {}).items():
                if of is None or value in of:
                    total[value] = money.CONTEXT.add(total.get(value, Decimal(0)), quantity)
        return total

    def latest(self, value: str, day: date) -> Decimal | None:
        """Return the quantity of a value on the last day it has one, up to a day."""
        if self._priced is None:
            self._priced = defaultdict(list)
            for one in self._order:
                for priced in self._days[one]:
                    self._priced[priced].append(one)
        known = self._priced.get(value, [])
        at = bisect_right(known, day)
        if not at or (day - known[at - 1]).days > MOST_PRICE_DAYS:
            return None
        return self._days[known[at - 1]][value]

    def _standing_in(self, day: date) -> Quantities | None:
        at = bisect_left(self._order, day)
        before = self._order[at - 1] if at else None
        if before is None or (day - before).days > MOST_CARRIED_DAYS:
            return None
        after = self._order[at] if at < len(self._order) else None
        if self.missing == "carry_forward" or after is None or after > self.until:
            return self._days[before]
        return _between(self._days[before], self._days[after], Fraction((day - before).days, (after - before).days))


def days_up_to(last: date, *, count: int) -> tuple[date, ...]:
    """Return so many days, the last one last."""
    return tuple(last - timedelta(days=back) for back in reversed(range(count)))


def _between(before: Quantities, after: Quantities, way: Fraction) -> Quantities:
    """Return the quantities a part of the way between two days, rounded half-even to 18 decimals."""
    found = {}
    for value in {**before, **after}:
        first, last = Fraction(before.get(value, Decimal(0))), Fraction(after.get(value, Decimal(0)))
        found[value] = money.decimal_of(round((first + (last - first) * way) * 10**money.DECIMALS))
    return found
