"""What an invoice says, and what cannot be so. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
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
TOO_MANY_DIGITS: Final = f"has more than 20 digits before or {DECIMALS} after the point."


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
    yield from text_problems(vars(facts), longest=LONGEST, needed=NEEDED, paper="invoice")
    if not re.fullmatch(CURRENCY_CODE, facts.currency):
        yield "currency", "is no ISO 4217 code such as EUR."
    if not is_storable(facts.amount):
        yield "amount", TOO_MANY_DIGITS
    if facts.issue_date and facts.due_date and facts.due_date < facts.issue_date:
        yield "due_date", f"lies before the invoice was issued, {facts.issue_date:%Y-%m-%d}."


def text_problems(
    said: Mapping[str, Any], *, longest: Mapping[str, int], needed: Collection[str], paper: str
) -> Iterator[tuple[str, str]]:
    """Yield the field and what to do about it, for each text of a paper that cannot be so."""
    for name, most in longest.items():
        text = said[name]
        if name in needed and not text:
            yield name, f"is empty; write it as it stands on the {paper}."
        elif len(text) > most:
            yield name, f"is longer than {most} characters; shorten it."
        elif text != text.strip() or any(category(one) == "Cc" for one in text):
            yield name, "begins or ends with a space, or holds a line break; type it again."


def is_storable(amount: Decimal) -> bool:
    """Return whether an amount is a number whose every digit is kept."""
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -DECIMALS and amount.copy_abs() < MOST


def issuer_key(issuer: str) -> str:
    """Return the form in which issuers are compared: capitals and spaces around do not count."""
    return issuer.strip().lower()
