"""Products of exact numbers in SQL, where the engine's own would overflow. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from ingestion.focus.expressions import DECIMAL

_WHOLE: Final = "DECIMAL(20,0)"
_PART: Final = "DECIMAL(18,18)"
_SHORT: Final = "DECIMAL(18,9)"


def product(first: str, second: str) -> str:
    """Return the product of two DECIMAL(38,18), rounded at the 18th fractional digit; null where it overflows.

    The engine multiplies such numbers to 36 fractional digits, which leaves two before the point. So whole numbers and
    fractions are multiplied apart: 24.5 x 0.11 = 24 x 0 + 24 x 0.11 + 0.5 x 0 + 0.5 x 0.11.
    """
    whole = "TRY_CAST(trunc({0}) AS " + _WHOLE + ")"
    part = "CAST({0} - trunc({0}) AS " + _PART + ")"
    first_whole, first_part = whole.format(first), part.format(first)
    second_whole, second_part = whole.format(second), part.format(second)
    return (
        f"TRY(TRY_CAST({first_whole} * {second_whole} AS {DECIMAL}) + {first_whole} * {second_part}"
        f" + {first_part} * {second_whole} + CAST({first_part} * {second_part} AS {DECIMAL}))"
    )


def product_of_texts(texts: tuple[str, str], *, first: str, second: str, where: str, otherwise: str) -> str:
    """Return the product of two DECIMAL(38,18) `where` something holds and it can be had quickly, else `otherwise`.

    Most amounts have nine digits before the point and nine behind it at most; the engine multiplies such exactly, at a
    tenth of the price. Whether they do is looked at row by row.

    :param texts: what the numbers were read from.
    """
    one, other = (f"TRY_CAST({text} AS {_SHORT})" for text in texts)
    is_short = f"CAST({one} AS {DECIMAL}) = {first} AND CAST({other} AS {DECIMAL}) = {second}"
    return f"CASE WHEN {where} AND {is_short} THEN CAST({one} * {other} AS {DECIMAL}) ELSE {otherwise} END"


def reciprocal(size: int) -> str:
    """Return 1 / `size` as a literal with 18 fractional digits: exact for sizes of twos and fives, as most are."""
    digits = round(Fraction(10**18, size))
    return f"CAST('{digits // 10**18}.{digits % 10**18:018d}' AS {DECIMAL})"
