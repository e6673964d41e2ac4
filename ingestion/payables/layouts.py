"""The files invoices and purchase orders come in: which column is what, and how its cells are read. Pure.

A table has a row per invoice or order; its columns are known by common titles. FOCUS Invoice Detail has a row per line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ingestion.focus.columns import snake_case
from ingestion.payables import cells


@dataclass(frozen=True, kw_only=True)
class Field:
    """What an invoice, line or order has from a column: `titles` in snake case, the likelier first."""

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


_on_order: Final = partial(cells.needed, paper="order")
ORDERS: Final = (
    _field(
        "number",
        "purchase_order_number purchase_order po_number po_no po purchase_order_no order_number order_no"
        " purchasing_document purchasing_document_number ebeln order_header_id document_number tran_id bestellnummer"
        " number",
        _on_order,
        label="PurchaseOrder",
        is_needed=True,
    ),
    _field(
        "vendor",
        "vendor_name supplier_name name_of_supplier name_of_vendor vendor supplier main_line_name"
        " supplier_supplying_plant vendor_supplying_plant invoice_issuer_name issuer lieferant name",
        _on_order,
        label="Vendor",
        is_needed=True,
    ),
    _field(
        "currency",
        "currency currency_code order_currency po_currency document_currency waers",
        _on_order,
        label="Currency",
        is_needed=True,
    ),
    _field(
        "amount",
        "amount_foreign_currency amount order_amount po_amount total_amount order_total po_total total net_order_value"
        " net_value net_amount order_value netwr",
        cells.number,
        label="Amount",
        is_needed=True,
    ),
    _field(
        "order_date",
        "order_date ordered_on po_date purchase_order_date document_date date ordered created_at date_created"
        " created_date created_on bedat bestelldatum",
        cells.needed_day,
        label="OrderDate",
        is_needed=True,
    ),
    _field(
        "start_date",
        "start_date start valid_from validity_start validity_start_date validity_per_start start_of_validity_period"
        " kdatb",
        cells.day,
        label="StartDate",
    ),
    _field(
        "end_date",
        "end_date end valid_to valid_until validity_end validity_end_date validity_period_end end_of_validity_period"
        " expiry_date kdate",
        cells.day,
        label="EndDate",
    ),
    _field("description", "description memo short_text subject purpose", cells.line, label="Description"),
    _field(
        "cost_center",
        "cost_center cost_centre cost_center_code kostl kostenstelle department department_name",
        cells.text,
        label="CostCenter",
    ),
    _field("status", "status order_status po_status", cells.order_status, label="Status"),
)
"""A row per purchase order, by titles of NetSuite's searches, SAP's ME2N and EKKO, Coupa's export, and common ones.

A NetSuite search has the amount in the vendor's currency, which its `Currency` is, as `Amount (Foreign Currency)`.
"""


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
