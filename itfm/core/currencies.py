"""How finely a currency is divided (Unicode CLDR, supplemental currency data). Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from babel.core import get_global
from babel.numbers import get_currency_precision

_KNOWN: Final = frozenset(get_global("all_currencies"))


def decimals_of(currency: str) -> int:
    """Return how many decimals the currency has: 2 for USD, 0 for JPY, 2 for what is no currency."""
    return get_currency_precision(currency) if currency in _KNOWN else 2


def subunit(currency: str) -> Decimal:
    """Return the smallest amount that is paid: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-decimals_of(currency))
