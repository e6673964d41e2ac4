"""The files invoices come in: which column is what, and how its cells are read. Pure.

A table has a row per invoice; its columns are known by common titles. FOCUS Invoice Detail has a row per line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ingestion.focus.columns import snake_case
from ingestion.payables import cells


@dataclass(frozen=True, kw_only=True)
class Field:
    """What an invoice or line has from a column: `titles` in snake case, the likelier first."""

    name: str
    label: str
    titles: tuple[str, ...]
    read: Callable[[str], Any]
    is_needed: bool = False


def _field(name: str, titles: str, read: Callable[[str], Any], *, label: str, is_needed: bool = False) -> Field:
    return Field(name=name, label=label, titles=tuple(titles.split()), read=read, is_needed=is_needed)


TABLE: Final = (
    _field(
        "number",
        "invoice_id invoice_number invoice invoice_no number document_number bill_number rechnungsnummer",
        cells.needed,
        label="InvoiceId",
        is_needed=True,
    ),
    _field(
        "issuer",
        "invoice_issuer_name invoice_issuer issuer issuer_name vendor vendor_name supplier supplier_name provider",
        cells.needed,
        label="InvoiceIssuerName",
        is_needed=True,
    ),
    _field(
        "billing_period",
        "billing_period period billing_period_start billing_month invoice_month month period_start",
        cells.period,
        label="BillingPeriod",
        is_needed=True,
    ),
    _field(
        "currency",
        "billing_currency currency currency_code invoice_currency",
        cells.needed,
        label="Currency",
        is_needed=True,
    ),
    _field(
        "amount",
        "amount invoice_amount total_amount amount_due total invoice_total billed_cost",
        cells.number,
        label="Amount",
        is_needed=True,
    ),
    _field("issue_date", "invoice_issue_date issue_date invoice_date issued date", cells.day, label="IssueDate"),
    _field("due_date", "payment_due_date due_date due", cells.day, label="DueDate"),
    _field("status", "invoice_issue_status status", cells.status, label="Status"),
    _field("billing_account_id", "billing_account_id billing_account account account_id", cells.text, label="Account"),
    _field("payment_terms", "payment_terms terms", cells.text, label="PaymentTerms"),
    _field("reference_number", "reference_invoice_id reference reference_number", cells.text, label="Reference"),
    _field("purchase_order", "purchase_order_number purchase_order po_number po", cells.text, label="PurchaseOrder"),
)


def _focus(name: str, title: str, read: Callable[[str], Any], *, is_needed: bool = False) -> Field:
    return Field(name=name, label=title, titles=(snake_case(title),), read=read, is_needed=is_needed)


DETAIL: Final = (
    _focus("number", "InvoiceId", cells.needed, is_needed=True),
    _focus("issuer", "InvoiceIssuerName", cells.needed, is_needed=True),
    _focus("billing_period", "BillingPeriodStart", cells.period, is_needed=True),
    _focus("currency", "BillingCurrency", cells.needed, is_needed=True),
    _focus("amount", "BilledCost", cells.number, is_needed=True),
    _focus("status", "InvoiceIssueStatus", cells.status, is_needed=True),
    _focus("billing_account_id", "BillingAccountId", cells.text, is_needed=True),
    _focus("charge_category", "ChargeCategory", cells.category, is_needed=True),
    _focus("detail_id", "InvoiceDetailId", cells.needed, is_needed=True),
    _focus("issue_date", "InvoiceIssueDate", cells.day),
    _focus("due_date", "PaymentDueDate", cells.day),
    _focus("payment_terms", "PaymentTerms", cells.text),
    _focus("reference_number", "ReferenceInvoiceId", cells.text),
    _focus("purchase_order", "PurchaseOrderNumber", cells.text),
    _focus("description", "InvoiceDetailDescription", cells.text),
    _focus("grain", "InvoiceDetailGrain", cells.text),
)
"""FOCUS 1.4, Invoice Detail; the columns on payment in another currency are not read."""


def is_detail(titles: Sequence[str]) -> bool:
    """Return whether a file of these titles has a row per line."""
    return "invoice_detail_id" in {snake_case(title.strip()) for title in titles}


def columns_of(titles: Sequence[str], layout: Sequence[Field]) -> Mapping[str, int]:
    """Return the place of each field's column, of those that the titles have."""
    places = {snake_case(title.strip()): place for place, title in reversed(list(enumerate(titles)))}
    found: dict[str, int] = {}
    for field in layout:
        place = next((places[title] for title in field.titles if title in places), None)
        if place is not None:
            found[field.name] = place
    return found
