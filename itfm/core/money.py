"""Exact amounts: reading them strictly and sharing them without losing a digit. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact
from math import gcd
from typing import Final

CONTEXT: Final = Context(prec=60)
"""For arithmetic on amounts: 38 digits times a weight still fits without rounding away a stored digit."""

_EXACT: Final = Context(prec=1000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
"""For moving the point of a weight, however many digits it has."""

DECIMALS: Final = 18
"""Decimals of a stored amount: `DECIMAL(38,18)`."""

QUANTUM_DECIMALS: Final = 12
"""Parts of a shared amount are whole multiples of 10^-12, except the first one's remainder."""

UNITS_PER_QUANTUM: Final = 10 ** (DECIMALS - QUANTUM_DECIMALS)

_AMOUNT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


class AmountError(ValueError):
    """A text is not a plain decimal number."""


class NegativeWeightError(ValueError):
    """A share cannot be worked out from a weight below zero."""


class NoWeightError(ValueError):
    """Every weight is zero, or there is none: nobody can receive."""


def amount(text: str) -> Decimal:
    """Return the exact number a text writes, in ASCII digits with a point; `1.5`, `-0.02` and `1E-7` are read.

    Underscores, digits of other scripts, group separators, spaces, NaN and infinities are refused.

    :raises AmountError: for any other form.
    """
    if len(text) > 100 or not _AMOUNT.fullmatch(text):
        raise AmountError(f"'{text[:60]}' is not a number; write digits with a point, for example 1234.56.")
    return Decimal(text)


def plain(amount: Decimal) -> str:
    """Return an amount without exponent and without zeros that say nothing."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def split(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Share an amount by weight so that the parts sum to it exactly. `docs/allocation.md`, Exact shares.

    Each part is |amount| x weight / total cut to 12 decimals; the difference is handed out in quanta of 10^-12 by
    largest remainder, ties by receiver; what is left below one quantum goes to the first in that order. A
    negative amount is shared like its opposite.

    :raises AmountError: the amount has more than 18 decimals.
    :raises NegativeWeightError: a weight is below zero.
    :raises NoWeightError: the weights sum to zero.
    """
    shared = split_whole(amount, whole_weights(weights))
    return {receiver: shared[receiver] for receiver in weights}


def split_whole(amount: Decimal, weights: Mapping[str, int]) -> dict[str, Decimal]:
    """Share an amount as `split` does, by whole weights of zero or more.

    :raises AmountError: the amount has more than 18 decimals.
    :raises NoWeightError: the weights sum to zero.
    """
    total_weight = sum(weights.values())
    if not total_weight:
        raise NoWeightError("Every weight is zero.")
    units = units_of(amount.copy_abs())
    divisor = total_weight * UNITS_PER_QUANTUM
    parts = {receiver: divmod(units * weight, divisor) for receiver, weight in weights.items()}
    order = sorted(parts, key=lambda receiver: (-parts[receiver][1], receiver))
    shared = {receiver: quanta * UNITS_PER_QUANTUM for receiver, (quanta, _) in parts.items()}
    missing_quanta, rest = divmod(units - sum(shared.values()), UNITS_PER_QUANTUM)
    for receiver in order[:missing_quanta]:
        shared[receiver] += UNITS_PER_QUANTUM
    shared[order[0]] += rest
    sign = -1 if amount < 0 else 1
    return {receiver: decimal_of(sign * shared[receiver]) for receiver in weights}


def whole_weights(weights: Mapping[str, Decimal]) -> dict[str, int]:
    """Return the smallest whole numbers in the same proportion.

    :raises NegativeWeightError: a weight is below zero.
    :raises AmountError: a weight is no number.
    """
    for receiver, weight in weights.items():
        if not weight.is_finite():
            raise AmountError(f"The weight of '{receiver}' is {weight}.")
        if weight < 0:
            raise NegativeWeightError(f"The weight of '{receiver}' is {weight}.")
    exponents = [int(weight.as_tuple().exponent) for weight in weights.values()]
    shift = max(0, -min(exponents, default=0))
    whole = {receiver: int(weight.scaleb(shift, _EXACT)) for receiver, weight in weights.items()}
    common = gcd(*whole.values()) or 1
    return {receiver: weight // common for receiver, weight in whole.items()}


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum; the default context of `sum` would round it to 28 digits."""
    found = Decimal(0)
    for one in amounts:
        found = CONTEXT.add(found, one)
    return found


def units_of(amount: Decimal) -> int:
    """Return an amount in units of 10^-18.

    :raises AmountError: it has more than 18 decimals.
    """
    scaled = amount.scaleb(DECIMALS, CONTEXT)
    units = int(scaled)
    if units != scaled:
        raise AmountError(f"{amount} has more than {DECIMALS} decimals.")
    return units


def decimal_of(units: int) -> Decimal:
    """Return the amount of so many units of 10^-18, with 18 decimals."""
    return Decimal(units).scaleb(-DECIMALS, CONTEXT)
