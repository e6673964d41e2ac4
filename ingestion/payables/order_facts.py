"""What a purchase order says, what cannot be so, and how orders are told apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from ingestion.normalize.checks import CURRENCY_CODE
from ingestion.payables.facts import TOO_MANY_DIGITS, is_storable, issuer_key, text_problems
from itfm.core.currencies import is_known

OrderStatus = Literal["open", "closed"]
ORDER_STATUSES: Final[tuple[OrderStatus, ...]] = ("open", "closed")
OPEN_WORDS: Final = frozenset({
    "open", "active", "approved", "issued", "ordered", "pending approval", "pending supervisor approval",
    "pending receipt", "partially received", "pending bill", "pending billing/partially received",
})  # fmt: skip
"""What files say of orders that are under way; among them the statuses of NetSuite."""
CLOSED_WORDS: Final = frozenset({
    "closed", "soft closed", "fully billed", "cancelled", "canceled", "rejected", "rejected by supervisor",
})  # fmt: skip
"""What files say of orders that nothing more comes of."""
LONGEST: Final = {"vendor": 200, "number": 200, "description": 500, "cost_center": 200}
NEEDED: Final = ("vendor", "number")
OrderKey = tuple[str, str]
"""Vendor and number in the form in which they are compared."""


@dataclass(frozen=True, kw_only=True)
class OrderFacts:
    """What a purchase order says. `vendor` is the issuer of its invoices; start and end are days it covers."""

    vendor: str
    number: str
    currency: str
    amount: Decimal
    order_date: date
    start_date: date | None = None
    end_date: date | None = None
    description: str = ""
    cost_center: str = ""
    status: OrderStatus = "open"

    def fields(self) -> dict[str, Any]:
        """Return all it says, by name."""
        return dict(vars(self))

    @property
    def key(self) -> OrderKey:
        """What tells it apart."""
        return order_key(self.vendor, self.number)


def order_key(vendor: str, number: str) -> OrderKey:
    """Return what tells an order apart: vendors are compared as issuers are, of a number no capitals and spaces count.

    >>> order_key(" Cloud Inc ", "PO 4711"), order_key("CLOUD INC", "po4711")
    (('cloud inc', 'po4711'), ('cloud inc', 'po4711'))
    """
    return issuer_key(vendor), "".join(number.split()).lower()


def order_problems(facts: OrderFacts) -> Iterator[tuple[str, str]]:
    """Yield the field and what to do about it, for each thing that cannot be so."""
    yield from text_problems(vars(facts), longest=LONGEST, needed=NEEDED, paper="order")
    if not re.fullmatch(CURRENCY_CODE, facts.currency):
        yield "currency", "is no ISO 4217 code such as EUR."
    elif not is_known(facts.currency):
        yield "currency", f"is {facts.currency}, which is no currency; write its ISO 4217 code, such as EUR."
    if not is_storable(facts.amount):
        yield "amount", TOO_MANY_DIGITS
    elif facts.amount <= 0:
        yield "amount", "is not more than zero; write what was ordered."
    if facts.start_date and facts.end_date and facts.end_date < facts.start_date:
        yield "end_date", f"lies before the start, {facts.start_date:%Y-%m-%d}."
