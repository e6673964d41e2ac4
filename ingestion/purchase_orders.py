"""Purchase orders beside the invoices that name them: what was billed, what is left, and numbers that no order has.

Whatever is asked, invoices are read by two queries, summed up by issuer, number, currency and status in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from ingestion.models import Invoice, InvoiceLine, PurchaseOrder
from ingestion.payables.drawing import (
    Drawing,
    Naming,
    NamingInvoice,
    UnknownOrder,
    by_key,
    drawing,
    unknown_orders,
)
from ingestion.payables.facts import TAX
from ingestion.payables.order_facts import OrderKey, order_key
from ingestion.services.purchase_orders import facts_of_order, order_of
from ingestion.tie_out import invoices
from itfm.core.money import CONTEXT

_GROUP = ("issuer", "purchase_order", "currency", "status")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An order and what was drawn from it."""

    order: PurchaseOrder
    drawing: Drawing


@dataclass(frozen=True, kw_only=True)
class OrderBook:
    """Every order with what was drawn from it, newest first, and the numbers that invoices name and no order has."""

    standings: tuple[Standing, ...]
    unknown: tuple[UnknownOrder, ...]


def purchase_orders() -> QuerySet[PurchaseOrder]:
    """Return all orders, newest first."""
    return PurchaseOrder.objects.order_by("-order_date", "vendor", "number", "id")


def namings() -> tuple[Naming, ...]:
    """Return what invoices that name an order come to, by issuer, number, currency and whether they are issued."""
    living = Invoice.objects.exclude(purchase_order="").exclude(status=Invoice.Status.VOIDED)
    sums = living.values_list(*_GROUP).annotate(said=Sum("amount"), count=Count("id")).order_by(*_GROUP)
    lines = InvoiceLine.objects.filter(charge_category=TAX, invoice__status=Invoice.Status.ISSUED)
    of_lines = [f"invoice__{name}" for name in _GROUP]
    taxed = lines.exclude(invoice__purchase_order="").values_list(*of_lines).annotate(tax=Sum("amount")).order_by()
    taxes = {tuple(group): tax for *group, tax in taxed}
    return tuple(
        _naming(group, said=said, count=count, tax=taxes.get(tuple(group), Decimal(0))) for *group, said, count in sums
    )


def standings(orders: Iterable[PurchaseOrder], *, today: date) -> tuple[Standing, ...]:
    """Return orders with what was drawn from each by then, in their order."""
    return _standings(orders, namings(), today=today)


def order_book(*, today: date) -> OrderBook:
    """Return all orders with what was drawn from each by then, and the numbers that no order has."""
    named, orders = namings(), list(purchase_orders())
    return OrderBook(
        standings=_standings(orders, named, today=today),
        unknown=unknown_orders(named, [(one.vendor, one.number) for one in orders]),
    )


def unknown_order_numbers() -> tuple[UnknownOrder, ...]:
    """Return the numbers that invoices name and no order of their issuer has."""
    return unknown_orders(namings(), list(PurchaseOrder.objects.values_list("vendor", "number")))


def with_invoices(unknown: Sequence[UnknownOrder]) -> tuple[UnknownOrder, ...]:
    """Return these with the invoices that name each, by number; voided ones are none."""
    keys = {one.named.key for one in unknown}
    texts = {number for issuer, number in _named_texts() if order_key(issuer, number) in keys}
    living = Invoice.objects.filter(purchase_order__in=texts).exclude(status=Invoice.Status.VOIDED)
    found: dict[tuple[OrderKey, str], list[NamingInvoice]] = defaultdict(list)
    rows = living.values_list("issuer", "purchase_order", "currency", "id", "number").order_by("number", "id")
    for issuer, order, currency, invoice_id, number in rows if texts else ():
        found[order_key(issuer, order), currency].append(NamingInvoice(id=invoice_id, number=number))
    return tuple(replace(one, invoices=tuple(found[one.named.key, one.named.currency])) for one in unknown)


def invoices_of_order(order: PurchaseOrder) -> QuerySet[Invoice]:
    """Return the invoices that name an order, voided ones too, as `ingestion.tie_out.invoices` does."""
    key = order.vendor_key, order.number_key
    named = Q(pk__in=[])
    for issuer, number in _named_texts():
        if order_key(issuer, number) == key:
            named |= Q(issuer=issuer, purchase_order=number)
    return invoices().filter(named)


def order_of_invoice(invoice: Invoice) -> PurchaseOrder | None:
    """Return the order that an invoice names; None where it names none, or one that nobody knows."""
    return order_of(invoice.issuer, invoice.purchase_order) if invoice.purchase_order else None


def _named_texts() -> Iterable[tuple[str, str]]:
    """Return the issuers and numbers of orders that stand on invoices, as they are written there."""
    return Invoice.objects.exclude(purchase_order="").values_list("issuer", "purchase_order").distinct().order_by()


def _standings(orders: Iterable[PurchaseOrder], named: Iterable[Naming], *, today: date) -> tuple[Standing, ...]:
    grouped = by_key(named)
    return tuple(
        Standing(
            order=one,
            drawing=drawing(facts_of_order(one), grouped.get((one.vendor_key, one.number_key), ()), today=today),
        )
        for one in orders
    )


def _naming(group: list[str], *, said: Decimal, count: int, tax: Decimal) -> Naming:
    issuer, number, currency, status = group
    if status != Invoice.Status.ISSUED:
        return Naming(issuer=issuer, number=number, currency=currency, not_issued=said, not_issued_count=count)
    return Naming(
        issuer=issuer,
        number=number,
        currency=currency,
        billed=CONTEXT.subtract(said, tax),
        tax=tax,
        invoice_count=count,
    )
