"""How far an invoice and its charges may differ by rounding alone. Pure."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Final

from itfm.core.currencies import subunit
from itfm.core.money import CONTEXT, DECIMALS

SUBUNITS: Final = 100
_QUANTUM: Final = Decimal(1).scaleb(-DECIMALS)


def tolerance(currency: str, *, rows: int) -> Decimal:
    """Return the Rounding Variance Tolerance (FOCUS 1.4, Invoice Detail, BilledCost; IND-BilledCost-C-010 and 013).

    It is `MAX(100 x subunit, SQRT(rows) x 0.5 x subunit)`, `rows` being the charges that were added up. Cut to 18
    decimals, below which no stored amount differs.

    | currency | rows      | 100 x subunit | SQRT(rows) x 0.5 x subunit | tolerance |
    |----------|-----------|---------------|----------------------------|-----------|
    | USD      | 900       | 1.00          | 0.15                       | 1.00      |
    | USD      | 4,000,000 | 1.00          | 10.00                      | 10.00     |
    | JPY      | 900       | 100           | 15                         | 100       |
    """
    unit = subunit(currency)
    by_rows = CONTEXT.multiply(CONTEXT.sqrt(Decimal(rows)), CONTEXT.multiply(unit, Decimal("0.5")))
    return max(SUBUNITS * unit, by_rows).quantize(_QUANTUM, rounding=ROUND_FLOOR, context=CONTEXT)
