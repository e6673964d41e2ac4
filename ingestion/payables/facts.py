"""What an invoice says, and what cannot be so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal
from unicodedata import category

from ingestion.normalize.checks import CURRENCY_CODE
from itfm.core.money import DECIMALS

Status = Literal["open", "issued", "voided"]
STATUSES: Final[tuple[Status, ...]] = ("open", "issued", "voided")
CATEGORIES: Final = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
"""FOCUS 1.4, Invoice Detail, ChargeCategory."""
TAX: Final = "Tax"
LONGEST: Final = {
    "issuer": 200,
    "number": 200,
    "billing_account_id": 200,
    "payment_terms": 200,
    "reference_number": 200,
    "purchase_order": 200,
}
NEEDED: Final = ("issuer", "number")
MOST: Final = Decimal(10) ** 20


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice (FOCUS 1.4, Invoice Detail); amounts without tax but on lines of tax.

    `grain` is the text of InvoiceDetailGrain: what its charges have in common.
    """

    detail_id: str
    charge_category: str
    billing_account_id: str
    billing_period: date
    amount: Decimal
    description: str = ""
    grain: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceFacts:
    """What an invoice says. `number` is InvoiceId in FOCUS; an empty account is any of the issuer's.

    `amount` is what is to be paid, tax included; with lines it is their sum.
    """

    issuer: str
    number: str
    billing_period: date
    currency: str
    amount: Decimal
    status: Status = "issued"
    billing_account_id: str = ""
    issue_date: date | None = None
    due_date: date | None = None
    payment_terms: str = ""
    reference_number: str = ""
    purchase_order: str = ""
    lines: tuple[InvoiceLine, ...] = field(default=())

    def fields(self) -> dict[str, Any]:
        """Return all but the lines, by name."""
        return {name: value for name, value in vars(self).items() if name != "lines"}


def problems(facts: InvoiceFacts) -> Iterator[tuple[str, str]]:
    """Yield the field and what to do about it, for each thing that cannot be so."""
    for name, longest in LONGEST.items():
        text = getattr(facts, name)
        if name in NEEDED and not text:
            yield name, "is empty; write it as it stands on the invoice."
        elif len(text) > longest:
            yield name, f"is longer than {longest} characters; shorten it."
        elif text != text.strip() or any(category(one) == "Cc" for one in text):
            yield name, "begins or ends with a space, or holds a line break; type it again."
    if not re.fullmatch(CURRENCY_CODE, facts.currency):
        yield "currency", "is no ISO 4217 code such as EUR."
    exponent = facts.amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS or facts.amount.copy_abs() >= MOST:
        yield "amount", f"has more than 20 digits before or {DECIMALS} after the point."
    if facts.issue_date and facts.due_date and facts.due_date < facts.issue_date:
        yield "due_date", f"lies before the invoice was issued, {facts.issue_date:%Y-%m-%d}."


def issuer_key(issuer: str) -> str:
    """Return the form in which issuers are compared: capitals and spaces around do not count."""
    return issuer.strip().lower()
