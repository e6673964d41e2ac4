"""The charges that a row becomes, written down as a table, and how that table becomes FOCUS 1.4. Pure.

| charge | billed | effective |
|---|---|---|
| Purchase: what is invoiced | the invoice | 0 |
| Usage: what a day costs | 0 | its part |
| Adjustment: what the books take at once | 0 | the amount |
| Credit, and Usage that is invoiced as it is used | the amount | the same |

Source: FOCUS 1.4, EffectiveCost: a purchase that covers other charges has an effective cost of 0, what it covers has
its part, and over the term both columns have the same sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import duckdb

from ingestion.focus import attributes
from ingestion.focus.expressions import quoted
from ingestion.normalize.checks import currency_check, period_check
from ingestion.normalize.plan import DerivedColumn, Plan
from ingestion.normalize.tables import RawTables
from itfm.core.money import DECIMALS

if TYPE_CHECKING:
    from ingestion.amortization.stretches import Stretch

Category = Literal["Usage", "Purchase", "Credit", "Adjustment"]
Frequency = Literal["One-Time", "Recurring"]


class Charge(NamedTuple):
    """A charge of one day. Costs are in units of 10^-18."""

    day: date
    category: Category
    frequency: Frequency
    billed: int
    effective: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """What one row becomes: its charges, and what they have in common, by column of `FACTS` or the kind's own.

    A stretch stands for the charges of its days.
    """

    facts: Mapping[str, str | None]
    charges: Iterable[Charge | Stretch]


FACTS: Final = (
    "billing_account_id",
    "billing_account_name",
    "billing_account_type",
    "billing_currency",
    "charge_description",
    "invoice_id",
    "invoice_issuer_name",
    "region_id",
    "region_name",
    "resource_id",
    "resource_name",
    "resource_type",
    "service_category",
    "service_name",
    "service_provider_name",
    "service_subcategory",
    "sub_account_id",
    "sub_account_name",
    "sub_account_type",
    "tags",
)
"""FOCUS columns that the charges of a row have in common; the invoice is that of what is billed."""
DAY: Final = "charge_day"
SOURCE: Final = ("source_file", "source_row")
"""The place in the delivery of the row that a charge is from."""
VARYING: Final = (DAY, "charge_category", "charge_frequency", "billed_cost", "effective_cost")
MONTH: Final = DerivedColumn(name="billing_month", title=DAY, sql=f"left({DAY}, 7)")
ON_ROWS: Final = (
    "billing_account_type",
    "charge_description",
    "region_name",
    "resource_id",
    "resource_name",
    "sub_account_type",
)
"""Facts that allocation does not look at: they stand in the rows, not in the dictionary of the bill."""


def charge_cells(charge: Charge) -> str:
    """Return the cells of `VARYING` as a line of CSV without its end."""
    billed, effective = amount_text(charge.billed), amount_text(charge.effective)
    return f"{charge.day.isoformat()},{charge.category},{charge.frequency},{billed},{effective}"


def amount_text(units: int) -> str:
    """Return units of 10^-18 as a number, without zeros that say nothing."""
    if not units:
        return "0"
    whole, rest = divmod(abs(units), 10**DECIMALS)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{rest:0{DECIMALS}d}".rstrip("0") if rest else f"{sign}{whole}"


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:  # noqa: ARG001 - planners share one signature
    """Say how the table becomes FOCUS 1.4.

    Nothing in it tells a list price: the list and the contracted cost are what the charge costs.
    """
    names = frozenset(raw.names())
    is_billed = "e_charge_category IN ('Purchase', 'Credit') OR n_billed_cost <> 0"
    cost = "CASE WHEN e_charge_category IN ('Purchase', 'Credit') THEN n_billed_cost ELSE n_effective_cost END"
    return Plan(
        key=(*(name for name in (*attributes.COLUMNS, "billing_currency", "tags") if name in names), MONTH.name),
        entries=_entries(names),
        rows={
            **{name: quoted(name) for name in ON_ROWS if name in names},
            "billed_cost": "n_billed_cost",
            "effective_cost": "n_effective_cost",
            "list_cost": cost,
            "contracted_cost": cost,
            "charge_period_start": f"t_{DAY}",
            "charge_period_end": f"t_{DAY} + INTERVAL 1 DAY",
            "invoice_id": f"CASE WHEN {is_billed} THEN invoice_id END",
        },
        decimals=("billed_cost", "effective_cost"),
        date_times=(DAY,),
        source_amount="n_billed_cost",
        needed=("billed_cost", "effective_cost", DAY),
        kept={name: quoted(name) for name in sorted(names) if name.startswith("x_")},
        checks=(period_check(DAY, words="the day is {value}."), currency_check("billing_currency")),
        derived=(MONTH,),
        source_file=SOURCE[0],
        source_row=SOURCE[1],
    )


def _entries(names: frozenset[str]) -> dict[str, str]:
    month = f"CAST({MONTH.name} || '-01' AS TIMESTAMP)"
    return {
        **{name: quoted(name) if name in names else "NULL::VARCHAR" for name in attributes.COLUMNS},
        "pricing_category": "'Standard'",
        "billing_period": f"CAST({month} AS DATE)",
        "billing_period_start": month,
        "billing_period_end": f"{month} + INTERVAL 1 MONTH",
        "billing_currency": quoted("billing_currency"),
        "tags": quoted("tags"),
        "is_dropped": "FALSE",
    }
