"""What the company ordered, and which of its invoices name the orders. Pure.

Orders are made from the invoices, so that one is open, one overdrawn, one expired with something left, one just used up
and one closed; one number stands on invoices of which nobody has the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from itfm.core.money import total
from itfm.demo.other_bill import AskedFor, months_before

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Plan:
    """An order of `percent` of what `biller`, a source of a cloud or another vendor, asks for in so many months.

    Without a percentage its invoices name the number, and there is no order.
    """

    number: str
    biller: str
    months: int
    percent: int | None
    description: str = ""
    cost_center: str = ""
    is_closed: bool = False


@dataclass(frozen=True)
class Ordered:
    """A purchase order; `end` is its last day."""

    number: str
    vendor: str
    currency: str
    amount: Decimal
    start: date
    end: date
    description: str
    cost_center: str
    is_closed: bool


@dataclass(frozen=True)
class Purchases:
    """The orders, and the number that an invoice names by its issuer and number."""

    orders: tuple[Ordered, ...]
    named: Mapping[tuple[str, str], str]


PLANS: Final = (
    Plan("PO-DEMO-1001", "aws-cur2", 24, 125, "Framework order for the AWS organization"),
    Plan("PO-DEMO-1002", "focus", 24, 90, "Framework order for the second cloud"),
    Plan("PO-DEMO-1003", "azure-ea", 6, 110, "Azure of the offices, first half"),
    Plan("PO-DEMO-1004", "Microsoft", 12, 100, "Microsoft 365 E3, twelve months", "7040"),
    Plan("PO-DEMO-1005", "Salesforce", 12, 105, "Salesforce Service Cloud, twelve months", "5040", is_closed=True),
    Plan("PO-DEMO-1006", "gcp", 24, None),
)


def purchases(asked: Iterable[tuple[str, AskedFor]]) -> Purchases:
    """Return the orders that these invoices, each with who bills it, are for."""
    listed = list(asked)
    orders: list[Ordered] = []
    named: dict[tuple[str, str], str] = {}
    for plan in PLANS:
        own = sorted((one for biller, one in listed if biller == plan.biller), key=lambda one: one.day)
        if not own:
            continue
        start = own[0].day.replace(day=1)
        after = months_before(start, -plan.months)
        covered = [one for one in own if one.day < after]
        named |= {(one.issuer, one.number): plan.number for one in covered}
        amount = total(one.amount for one in covered)
        if plan.percent is not None and amount > 0:
            orders.append(_ordered(plan, covered[0], amount, start=start, end=after - timedelta(days=1)))
    return Purchases(tuple(orders), named)


def _ordered(plan: Plan, first: AskedFor, invoiced: Decimal, *, start: date, end: date) -> Ordered:
    amount = (invoiced * (plan.percent or 0) / 100).quantize(_CENT, ROUND_HALF_EVEN)
    return Ordered(
        number=plan.number,
        vendor=first.issuer,
        currency=first.currency,
        amount=amount,
        start=start,
        end=end,
        description=plan.description,
        cost_center=plan.cost_center,
        is_closed=plan.is_closed,
    )
