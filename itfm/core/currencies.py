"""Which currencies there are, and how finely each is divided (Unicode CLDR, supplemental currency data). Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from babel.core import get_global
from babel.numbers import get_currency_precision

_KNOWN: Final = frozenset(get_global("all_currencies"))


def is_known(currency: str) -> bool:
    """Return whether there is, or was, a currency of this ISO 4217 code, in capitals."""
    return currency in _KNOWN


def decimals_of(currency: str) -> int:
    """Return how many decimals the currency has: 2 for USD, 0 for JPY, 2 for what is no currency."""
    return get_currency_precision(currency) if is_known(currency) else 2


def subunit(currency: str) -> Decimal:
    """Return the smallest amount that is paid: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-decimals_of(currency))
