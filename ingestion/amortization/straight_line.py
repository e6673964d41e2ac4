"""Spreading an amount evenly, to the last digit. Pure.

Amounts are whole units of 10^-18. The amount *due* after a part of the time is |amount| x part / whole, cut to so many
decimals; a day, or an instalment, is what is due after it less what was due before it. After the last one the whole
amount is due. So any days in a row add up to the difference of two amounts due, all of them to the amount itself, and
no day differs from another by more than one in the last of these decimals; what the amount has beyond them is in the
last day. A negative amount is spread like its opposite. Of 100.00 over three days:

| after | due             | the day         |
|-------|-----------------|-----------------|
| 1     | 33.333333333333 | 33.333333333333 |
| 2     | 66.666666666666 | 33.333333333333 |
| 3     | 100             | 33.333333333334 |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, repeat
from typing import Final

from itfm.core.money import DECIMALS, QUANTUM_DECIMALS

UNITS_OF_ONE: Final = 10**DECIMALS


def due(amount: int, *, part: int, whole: int, decimals: int = QUANTUM_DECIMALS) -> int:
    """Return how much of an amount is due after `part` of `whole`, which is more than 0."""
    if part >= whole:
        return amount
    quantum: int = 10 ** (DECIMALS - decimals)
    size = abs(amount) * part // (whole * quantum) * quantum
    return -size if amount < 0 else size


def daily(amount: int, *, days: int) -> Iterator[int]:
    """Yield what each of so many days costs; their sum is the amount."""
    return shares(amount, repeat(1, days), whole=days)


def shares(amount: int, weights: Iterable[int], *, whole: int, decimals: int = QUANTUM_DECIMALS) -> Iterator[int]:
    """Yield a share for each weight in turn; `whole` is the sum of the weights, each of which is more than 0."""
    part, before = 0, 0
    for weight in weights:
        part += weight
        now = due(amount, part=part, whole=whole, decimals=decimals)
        yield now - before
        before = now


def shares_between(amount: int, first: int, last: int, *, whole: int) -> list[int]:
    """Return the shares of equal parts from one to another, which is exclusive, of so many as are the whole."""
    quantum, size, end = 10 ** (DECIMALS - QUANTUM_DECIMALS), abs(amount), min(last, whole - 1)
    # What is due after each, in quanta: this is `due` without its calls, for millions of days.
    quanta = [size * part // (whole * quantum) for part in range(first, end + 1)]
    sign = -quantum if amount < 0 else quantum
    found = [(now - before) * sign for before, now in pairwise(quanta)]
    if last == whole and first < last:
        found.append(amount - due(amount, part=whole - 1, whole=whole))
    return found
