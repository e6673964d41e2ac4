"""From purchase orders and the invoices that name them to the pages and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.urls import reverse

from ingestion.models import Invoice, PurchaseOrder
from ingestion.payables.drawing import UnknownOrder, sums_of_orders
from ingestion.payables.facts import issuer_key
from ingestion.purchase_orders import (
    Standing,
    invoices_of_order,
    order_book,
    purchase_orders,
    standings,
    with_invoices,
)
from itfm.core.money import CONTEXT
from itfm.web.components import Choice, Link, Paging, changed
from itfm.web.orders.page import (
    INVOICE_STATES,
    STATES,
    OrderInvoiceRow,
    OrderPage,
    OrderRow,
    OrdersPage,
    UnknownOrderRow,
)
from itfm.web.orders.query import OrderQuery, parse_query
from itfm.web.sheets import KINDS, Sheet
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
MOST_UNKNOWN: Final = 100
MOST_INVOICES: Final = 500
MOST_NAMED: Final = 10
TEXTS: Final = (
    "number", "vendor", "state", "order_date", "start_date", "end_date", "description", "cost_center", "currency",
)  # fmt: skip
AMOUNTS: Final = ("amount", "billed", "remaining", "percent", "tax", "invoice_count", "not_issued")


def orders_page(*, shell: Shell, address: Mapping[str, str], may_write: bool, at: datetime) -> OrdersPage:
    """Return the orders an address asks for, with what invoices have drawn from each by now."""
    query = parse_query(address)
    book = order_book(today=at.date())
    found = _asked(book.standings, query)
    part = Paginator(found, PER_PAGE).get_page(address.get("page", ""))
    return OrdersPage(
        shell=shell,
        sums=sums_of_orders(one.drawing for one in found),
        rows=tuple(map(order_row, part)),
        paging=Paging(number=part.number, count=part.paginator.count, per_page=PER_PAGE),
        query=urlencode(query.pairs),
        search=query.search,
        states=tuple(
            Choice(value=key, label=state.label, is_chosen=key == query.state) for key, state in STATES.items()
        ),
        vendors=_vendors(book.standings, query),
        is_narrowed=bool(query.pairs),
        is_empty=not book.standings,
        exports=_exports(query) if found else (),
        unknown=tuple(map(_unknown_row, with_invoices(book.unknown[:MOST_UNKNOWN]))),
        hidden_unknown_count=max(len(book.unknown) - MOST_UNKNOWN, 0),
        may_write=may_write,
    )


def orders_sheet(query: OrderQuery, *, at: datetime) -> Sheet:
    """Return all orders that are asked for, each with its exact figures; `tax` and `not_issued` are beside `billed`."""
    found = _asked(standings(purchase_orders(), today=at.date()), query)
    return Sheet(heads=(*TEXTS, *AMOUNTS), rows=tuple(map(_line, found)), text_count=len(TEXTS), name="Purchase orders")


def order_page(order_id: UUID, *, shell: Shell, may_write: bool, at: datetime) -> OrderPage:
    """Return one order with the invoices that name it.

    :raises PurchaseOrder.DoesNotExist: not an order of this organization.
    """
    order = PurchaseOrder.objects.get(pk=order_id)
    [standing] = standings([order], today=at.date())
    named = list(invoices_of_order(order))
    return OrderPage(
        shell=shell,
        row=order_row(standing),
        is_closed=order.status == PurchaseOrder.Status.CLOSED,
        file_name=order.file_name,
        entered_by=order.entered_by,
        entered_at=order.entered_at,
        changed_at=order.changed_at,
        invoices=tuple(_invoice_row(one, currency=order.currency) for one in named[:MOST_INVOICES]),
        hidden_invoice_count=max(len(named) - MOST_INVOICES, 0),
        may_write=may_write,
    )


def order_row(standing: Standing) -> OrderRow:
    """Return an order with what was drawn from it."""
    order = standing.order
    return OrderRow(
        id=order.id,
        number=order.number,
        vendor=order.vendor,
        description=order.description,
        cost_center=order.cost_center,
        order_date=order.order_date,
        start_date=order.start_date,
        end_date=order.end_date,
        drawing=standing.drawing,
    )


def _asked(found: Iterable[Standing], query: OrderQuery) -> list[Standing]:
    return [
        one
        for one in found
        if query.fits(
            one.drawing.state, one.order.vendor, one.order.number, one.order.description, one.order.cost_center
        )
    ]


def _vendors(found: Sequence[Standing], query: OrderQuery) -> tuple[Choice, ...]:
    """Return each vendor once, as the newest order writes it, and the one asked for, whether there is such or not."""
    named = {query.vendor: query.vendor} if query.vendor else {}
    for one in reversed(found):
        named[issuer_key(one.order.vendor)] = one.order.vendor
    return tuple(Choice(value=key, label=label, is_chosen=key == query.vendor) for key, label in sorted(named.items()))


def _exports(query: OrderQuery) -> tuple[Link, ...]:
    place = reverse("purchase_orders_file")
    return tuple(Link(label=kind.upper(), url=f"{place}{changed(query.pairs, format=kind)}") for kind in KINDS)


def _line(standing: Standing) -> tuple[str | Decimal | None, ...]:
    order, drawn = standing.order, standing.drawing
    days = (one.isoformat() if one else "" for one in (order.order_date, order.start_date, order.end_date))
    return (
        order.number,
        order.vendor,
        drawn.state,
        *days,
        order.description,
        order.cost_center,
        order.currency,
        drawn.amount,
        drawn.billed,
        drawn.remaining,
        drawn.percent,
        drawn.tax,
        Decimal(drawn.invoice_count),
        drawn.not_issued,
    )


def _unknown_row(unknown: UnknownOrder) -> UnknownOrderRow:
    named = unknown.named
    filled = {"vendor": named.issuer, "number": named.number, "currency": named.currency}
    return UnknownOrderRow(
        number=named.number,
        issuer=named.issuer,
        currency=named.currency,
        billed=named.billed,
        invoice_count=named.invoice_count + named.not_issued_count,
        vendors=unknown.vendors,
        invoices=unknown.invoices[:MOST_NAMED],
        hidden_invoice_count=max(len(unknown.invoices) - MOST_NAMED, 0),
        query=urlencode(filled),
    )


def _invoice_row(invoice: Invoice, *, currency: str) -> OrderInvoiceRow:
    tax: Decimal | None = getattr(invoice, "tax_of_lines", None)
    is_counted = invoice.status == Invoice.Status.ISSUED and invoice.currency == currency
    return OrderInvoiceRow(
        id=invoice.id,
        number=invoice.number,
        billing_period=invoice.billing_period,
        issue_date=invoice.issue_date,
        currency=invoice.currency,
        amount=invoice.amount,
        tax=tax,
        counts=CONTEXT.subtract(invoice.amount, tax or Decimal(0)) if is_counted else None,
        state=INVOICE_STATES[invoice.status],
    )
