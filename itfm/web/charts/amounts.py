"""Exact sums of amounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce

from itfm.core.money import CONTEXT


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum with every digit; Python's own context would round it to 28."""
    return reduce(CONTEXT.add, amounts, Decimal(0))
