"""Cost without a cost center that is probably of a certain one, by where that one's other cost arises. Pure.

What has no cost center is told apart by account, service and currency. It is probably a cost center's when more than
half of the cost with a cost center, in the same account or of the same service, is that one's. Worked by hand:

| account | service | cost center | cost |
|---|---|---|---|
| 111 | Compute | 2010 | 60 |
| 111 | Compute | 2020 | 40 |
| 111 | Storage | none | 25 |

2010 has 60 of the 100 with a cost center in account 111, which is 60 %: the 25 are probably its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from itfm.core.money import CONTEXT

MOST: Final = 3
"""A letter asks about no more than these."""
HALF: Final = Decimal(50)

ClueKind = Literal["account", "service"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where cost arises: an account and a service, as the bill has them."""

    account: str
    service: str


@dataclass(frozen=True, kw_only=True)
class DirectCost:
    """What of one cost center, or of none, arose in one place, before anything was shared out."""

    place: Place
    code: str | None
    currency: str
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class Unowned:
    """Cost without a cost center, and why it is probably this one's: its share of what is owned around it."""

    place: Place
    currency: str
    cost: Decimal
    clue: ClueKind
    share_percent: Decimal


def probably_of(codes: Collection[str], costs: Iterable[DirectCost], *, answered: Collection[Place]) -> list[Unowned]:
    """Return the largest costs without a cost center that are probably of these, those answered for left out.

    Credits and refunds are no evidence and no question: only what is above zero counts.
    """
    found = [one for one in costs if one.cost > 0]
    own, every = _sums(one for one in found if one.code in codes), _sums(one for one in found if one.code)
    unowned: dict[tuple[Place, str], Decimal] = defaultdict(Decimal)
    for one in found:
        if not one.code and one.place not in answered:
            unowned[one.place, one.currency] = CONTEXT.add(unowned[one.place, one.currency], one.cost)
    likely = [
        Unowned(place=place, currency=currency, cost=cost, clue=kind, share_percent=share)
        for (place, currency), cost in unowned.items()
        for kind, share in _strongest(place, currency, own=own, every=every)
    ]
    return sorted(likely, key=lambda one: (-one.cost, one.place.account, one.place.service, one.currency))[:MOST]


Sums = dict[tuple[ClueKind, str, str], Decimal]
"""By kind of clue, account or service, and currency."""


def _sums(costs: Iterable[DirectCost]) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for one in costs:
        for key in _clues(one.place, one.currency):
            sums[key] = CONTEXT.add(sums[key], one.cost)
    return sums


def _clues(place: Place, currency: str) -> Iterator[tuple[ClueKind, str, str]]:
    if place.account:
        yield "account", place.account, currency
    if place.service:
        yield "service", place.service, currency


def _strongest(place: Place, currency: str, *, own: Sums, every: Sums) -> list[tuple[ClueKind, Decimal]]:
    """Return the clue that says most, where one says more than half; else nothing."""
    shares = [
        (key[0], CONTEXT.divide(CONTEXT.multiply(own[key], Decimal(100)), every[key]))
        for key in _clues(place, currency)
        if key in own
    ]
    best = max(shares, key=lambda pair: pair[1], default=None)
    return [best] if best is not None and best[1] > HALF else []
