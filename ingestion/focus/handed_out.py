"""What FOCUS demands of charges that are handed out, and bills do not tell so. Pure.

The lake keeps what a bill says, and null where it says nothing. FOCUS allows no null in some columns, and no value in
others where it means nothing. What follows from other columns is filled in here; no cost that is told is changed.

Source: FOCUS 1.2, the rules of the model that focus-validator 2.2 comes with; 1.3 and 1.4 hold them too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ingestion.focus.columns import COLUMNS, SQL_TYPES
from ingestion.focus.expressions import literal, quoted

Column = Callable[[str], str]
"""Gives a column as SQL by its name, null where charges have none of it."""
UNIT: Final = "Units"
"""What a quantity counts of which no unit is told (FOCUS, UnitFormat)."""
NAMES: Final = {
    "billing_account_name": "billing_account_id",
    "region_name": "region_id",
    "sub_account_name": "sub_account_id",
}
"""Names that may not be null where their id is told, and have to be elsewhere: without a name the id is shown."""
TYPES: Final = {
    "billing_account_type": ("billing_account_id", "Billing Account"),
    "sub_account_type": ("sub_account_id", "Sub Account"),
}
"""Likewise kinds of accounts, and what FOCUS calls an account of which no kind is told."""
NEEDS: Final = {
    "resource_name": "resource_id",
    "resource_type": "resource_id",
}
"""What has to be null where the other is null."""
UNTAXED: Final = ("sku_id", "sku_price_id")
"""What a tax has none of."""
PRICES: Final = (
    "contracted_unit_price",
    "list_unit_price",
    "pricing_currency_contracted_unit_price",
    "pricing_currency_list_unit_price",
)
"""Never negative; what gives money back has no price, or an amount of less than nothing."""
_SQL_TYPES: Final = {column.name: SQL_TYPES[column.type] for column in COLUMNS}
_IS_TAX: Final = "coalesce({} = 'Tax', FALSE)"


def handed_out(names: Iterable[str]) -> dict[str, str]:
    """Return what stands in columns of charges that are handed out, where it is not what the lake has.

    The answer is SQL over the lake's columns, of which there are `names`.
    """
    there = frozenset(names)

    def column(name: str) -> str:
        return quoted(name) if name in there else f"NULL::{_SQL_TYPES[name]}"

    demanded = {
        **{name: _filled(column, name, own_id, column(own_id)) for name, own_id in NAMES.items()},
        **{name: _filled(column, name, own_id, literal(word)) for name, (own_id, word) in TYPES.items()},
        **{name: f"CASE WHEN {column(other)} IS NOT NULL THEN {column(name)} END" for name, other in NEEDS.items()},
        **{name: _unless_tax(column, column(name)) for name in UNTAXED},
        **{name: _price(column, name) for name in PRICES},
        **_quantities(column),
        **_costs(column),
        # What is metered is said of a SKU.
        "sku_meter": f"CASE WHEN {_unless_tax(column, column('sku_id'))} IS NOT NULL THEN {column('sku_meter')} END",
    }
    return {name: sql for name, sql in demanded.items() if name in there}


def _filled(column: Column, name: str, own_id: str, otherwise: str) -> str:
    return f"CASE WHEN {column(own_id)} IS NOT NULL THEN coalesce({column(name)}, {otherwise}) END"


def _unless_tax(column: Column, sql: str) -> str:
    return f"CASE WHEN NOT {_IS_TAX.format(column('charge_category'))} THEN {sql} END"


def _price(column: Column, name: str) -> str:
    return _unless_tax(column, f"CASE WHEN {column(name)} >= 0 THEN {column(name)} END")


def _quantities(column: Column) -> dict[str, str]:
    """Return a quantity of no tax, and a unit wherever there is a quantity and nowhere else.

    | pricing quantity | pricing unit | category | handed out  |
    |------------------|--------------|----------|-------------|
    | 1                | null         | Tax      | null        |
    | 1                | null         | Purchase | 1 Units     |
    | null             | Hrs          | Usage    | null        |
    """
    priced = _unless_tax(column, column("pricing_quantity"))
    unit = "CASE WHEN {} IS NOT NULL THEN coalesce({}, " + literal(UNIT) + ") END"
    return {
        "pricing_quantity": priced,
        "pricing_unit": unit.format(priced, column("pricing_unit")),
        "consumed_unit": unit.format(column("consumed_quantity"), column("consumed_unit")),
    }


def _costs(column: Column) -> dict[str, str]:
    """Return costs at prices that nobody told, and the effective cost in the currency of prices.

    A charge without a contracted price costs what is billed (FOCUS, ContractedCost and ListCost), and one that a
    commitment covers its part of that. Without a list price no discount on it is known: the cost is the contracted one.
    In another currency than the bill's the effective cost is known only where the bill tells it.
    """
    is_of_commitment = f"{column('commitment_discount_status')} IS NOT NULL"
    known = f"CASE WHEN {is_of_commitment} THEN {column('effective_cost')} ELSE {column('billed_cost')} END"
    contracted = f"coalesce({column('contracted_cost')}, {known})"
    currency = f"coalesce({column('pricing_currency')}, {column('billing_currency')})"
    is_same = f"{currency} = {column('billing_currency')}"
    return {
        "contracted_cost": contracted,
        "list_cost": f"coalesce({column('list_cost')}, {contracted})",
        "pricing_currency": currency,
        "pricing_currency_effective_cost": (
            f"coalesce({column('pricing_currency_effective_cost')},"
            f" CASE WHEN {is_same} THEN {column('effective_cost')} END)"
        ),
    }
