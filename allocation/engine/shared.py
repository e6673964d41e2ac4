"""Weights as the relational engine and the ledger take them: whole numbers, and quantities to show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor, gcd, lcm
from typing import Final, NamedTuple

from allocation.engine.weighing import KEPT, Weighed
from itfm.core import money

MOST: Final = Decimal(10) ** 20
"""What a stored amount, and so a total of weights, stays below."""


class Shared(NamedTuple):
    """The weights by which a group is shared, without zeros, and the fallback that gave them.

    `weights` are what the ledger shows; `whole` are the same as whole numbers where they have no exact decimals.
    `multiple`: so many times the amount is shared, since its receivers get more than there is; `KEPT` then gets what
    makes the multiple up in `whole`, and the difference to the amount itself in the ledger.
    """

    weights: Mapping[str, Decimal]
    fallback: str | None
    total: Decimal
    whole: Mapping[str, int] | None = None
    multiple: int = 1

    def whole_weights(self) -> Mapping[str, int]:
        """Return the weights as the smallest whole numbers in the same proportion."""
        return money.whole_weights(self.weights) if self.whole is None else self.whole

    def multiplied(self, amount: Decimal) -> Decimal:
        """Return the amount that is shared for an amount in the pool."""
        return amount if self.multiple == 1 else money.CONTEXT.multiply(amount, Decimal(self.multiple))

    def parts(self, amount: Decimal) -> dict[str, Decimal]:
        """Return an amount's exact parts; they sum to it."""
        shared = money.split_whole(self.multiplied(amount), self.whole_weights())
        if self.multiple > 1:
            given = money.total(part for receiver, part in shared.items() if receiver != KEPT)
            shared[KEPT] = money.CONTEXT.subtract(amount, given)
        return shared


def shared(weighed: Weighed, *, fallback: str | None, largest: Decimal) -> Shared | str | None:
    """Return weights ready to share by: None when there are none, a reason to hold when they are too large."""
    weights = {receiver: weighed.weights[receiver] for receiver in sorted(weighed.weights) if weighed.weights[receiver]}
    if not weights and not weighed.kept:
        return None
    found = _exact(weights, weighed.kept, fallback) or _in_fractions(weights, weighed.kept, fallback)
    sizes = [found.total, *found.weights.values(), found.multiplied(largest)]
    return "weight_too_large" if max(map(abs, sizes)) >= MOST else found


def whole_numbers(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Return the smallest whole numbers in the proportion of some fractions of zero or more."""
    scale = lcm(*(weight.denominator for weight in weights.values()))
    whole = {receiver: int(weight * scale) for receiver, weight in weights.items()}
    common = gcd(*whole.values()) or 1
    return {receiver: weight // common for receiver, weight in whole.items()}


def _exact(weights: Mapping[str, Decimal | Fraction], kept: Decimal | Fraction, fallback: str | None) -> Shared | None:
    """Return decimals as they are; None where a weight is a fraction, or nothing can be kept."""
    decimals = {receiver: weight for receiver, weight in weights.items() if isinstance(weight, Decimal)}
    if len(decimals) != len(weights) or not isinstance(kept, Decimal) or kept < 0:
        return None
    with_kept = {KEPT: kept, **decimals} if kept else decimals
    return Shared(with_kept, fallback, money.total(with_kept.values()))


def _in_fractions(weights: Mapping[str, Decimal | Fraction], kept: Decimal | Fraction, fallback: str | None) -> Shared:
    exact = {receiver: Fraction(weight) for receiver, weight in weights.items()}
    given = sum(exact.values(), Fraction(0))
    total = given + Fraction(kept)
    multiple = floor(given / total) + 1 if kept < 0 else 1
    left = multiple * total - given
    shown = {KEPT: kept, **exact} if kept else exact
    return Shared(
        weights={receiver: decimal_near(Fraction(weight)) for receiver, weight in shown.items()},
        fallback=fallback,
        total=decimal_near(total),
        whole=whole_numbers({KEPT: left, **exact} if left else exact),
        multiple=multiple,
    )


def decimal_near(number: Fraction) -> Decimal:
    """Return a fraction rounded half-even to 18 decimals."""
    return money.decimal_of(round(number * 10**money.DECIMALS))
