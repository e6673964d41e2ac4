"""From invoices and the books of their periods to the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator

from ingestion.models import BillRevision, Invoice
from ingestion.purchase_orders import order_of_invoice
from ingestion.selectors import billed_periods, current_revisions
from ingestion.tie_out import (
    Books,
    Reads,
    UnknownInvoice,
    books_of,
    invoiced_periods,
    invoices,
    lines_beside_charges,
)
from itfm.core.money import plain
from itfm.core.periods import PeriodError, parse_period, period_name
from itfm.web.components import Paging
from itfm.web.invoices.page import (
    ORIGINS,
    BillName,
    InvoicePage,
    InvoiceRow,
    InvoicesPage,
    LineRow,
    UnknownRow,
)
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
MOST_UNKNOWN: Final = 100
MOST_LINES: Final = 1_000
ALL: Final = "all"


def invoices_page(*, shell: Shell, address: Mapping[str, str], may_write: bool, at: datetime) -> InvoicesPage:
    """Return the invoices of the period an address names, else of the newest; `all` are those of every period."""
    periods = sorted({*billed_periods(), *invoiced_periods()}, reverse=True)
    period = _period(address.get("period", ""), periods=periods)
    found = invoices() if period is None else invoices().filter(billing_period=period)
    part = Paginator(found, PER_PAGE).get_page(address.get("page", ""))
    shown = list(part)
    wanted = {one.billing_period for one in shown} | ({period} if period else set())
    reads = Reads()
    books = {one: books_of(one, at=at, reads=reads) for one in sorted(wanted)}
    own = books[period] if period else None
    unknown = own.unknown if own else ()
    return InvoicesPage(
        shell=shell,
        period=period,
        periods=tuple(periods),
        rows=tuple(invoice_row(one, books[one.billing_period]) for one in shown),
        paging=Paging(number=part.number, count=part.paginator.count, per_page=PER_PAGE),
        query=urlencode({"period": period_name(period) if period else ALL}),
        unknown=tuple(_unknown_row(one, period) for one in unknown[:MOST_UNKNOWN]) if period else (),
        hidden_unknown_count=max(len(unknown) - MOST_UNKNOWN, 0),
        bills_without=tuple(_bill_name(tie.revision) for tie in own.bills_without) if own else (),
        may_write=may_write,
    )


def invoice_page(invoice_id: UUID, *, shell: Shell, may_write: bool, at: datetime) -> InvoicePage:
    """Return one invoice beside its charges.

    :raises Invoice.DoesNotExist: not an invoice of this organization.
    """
    invoice = invoices().get(pk=invoice_id)
    books = books_of(invoice.billing_period, at=at)
    row = invoice_row(invoice, books)
    names = {one.bill_id: one for one in current_revisions(invoice.billing_period).select_related("bill__source")}
    lines = lines_beside_charges(invoice)
    order = order_of_invoice(invoice)
    return InvoicePage(
        shell=shell,
        row=row,
        status=invoice.status,
        payment_terms=invoice.payment_terms,
        reference_number=invoice.reference_number,
        purchase_order=invoice.purchase_order,
        purchase_order_id=order.id if order else None,
        purchase_order_query=_order_query(invoice),
        origin=ORIGINS[invoice.origin],
        file_name=invoice.file_name,
        entered_by=invoice.entered_by,
        entered_at=invoice.entered_at,
        changed_at=invoice.changed_at,
        lines=tuple(LineRow(line=line) for line in lines[:MOST_LINES]),
        hidden_line_count=max(len(lines) - MOST_LINES, 0),
        bills=tuple(
            (_bill_name(names[bill_id]), amount)
            for bill_id, amount in row.reconciliation.by_bill.items()
            if bill_id in names
        ),
        may_write=may_write,
    )


def _order_query(invoice: Invoice) -> str:
    return urlencode({"vendor": invoice.issuer, "number": invoice.purchase_order, "currency": invoice.currency})


def invoice_row(invoice: Invoice, books: Books, *, bill_id: UUID | None = None) -> InvoiceRow:
    """Return an invoice beside its charges, and with what one bill has of these."""
    found = books.reconciliations[invoice.id]
    return InvoiceRow(
        id=invoice.id,
        issuer=invoice.issuer,
        number=invoice.number,
        account=invoice.billing_account_id,
        billing_period=invoice.billing_period,
        currency=invoice.currency,
        amount=invoice.amount,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        reconciliation=found,
        in_bill=found.by_bill.get(bill_id, Decimal(0)) if bill_id else None,
    )


def _period(text: str, *, periods: list[date]) -> date | None:
    """Return the period asked for; what makes no sense counts as not asked."""
    newest = periods[0] if periods else None
    if text == ALL:
        return None
    try:
        return parse_period(text) if text else newest
    except PeriodError:
        return newest


def _unknown_row(unknown: UnknownInvoice, period: date) -> UnknownRow:
    filled = {
        "issuer": unknown.issuer,
        "number": unknown.number,
        "billing_account_id": unknown.account,
        "billing_period": period_name(period),
        "currency": unknown.currency,
        "amount": plain(unknown.billed_cost),
    }
    return UnknownRow(
        issuer=unknown.issuer,
        number=unknown.number,
        currency=unknown.currency,
        billed_cost=unknown.billed_cost,
        charge_count=unknown.charge_count,
        query=urlencode(filled),
    )


def _bill_name(revision: BillRevision) -> BillName:
    return BillName(
        id=revision.bill_id, source_name=revision.bill.source.name, billing_period=revision.bill.billing_period
    )
