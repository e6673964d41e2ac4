"""What invoices have drawn from a purchase order, and what is left of it. Pure.

An order is drawn on by the invoices of its vendor that name its number. Those in its currency are added up; those in
another are told and never added, for no rate of the day they were paid is known. Tax that an invoice's lines tell
apart is left out and told beside, since orders are placed without; an invoice without lines counts as it stands.
Invoices that are not issued yet are told beside as well, and voided ones count for nothing.

| order of 1,000 EUR, on 2026-11-29       | billed | remaining | state          |
|-----------------------------------------|--------|-----------|----------------|
| no invoice                              | 0      | 1,000     | open           |
| the same, ended on 2026-11-28           | 0      | 1,000     | expired        |
| invoices of 700 EUR and 300 EUR         | 1,000  | 0         | fully invoiced |
| invoices of 700 EUR and 300.01 EUR      | 1,000.01 | -0.01   | overdrawn      |
| 700 EUR, and 300 USD, which is told     | 700    | 300       | open           |
| closed by hand, whatever was billed     | 700    | 300       | closed         |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Literal
from uuid import UUID

from ingestion.payables.order_facts import OrderFacts, OrderKey, order_key
from itfm.core.money import CONTEXT, total

OrderState = Literal["open", "fully_invoiced", "overdrawn", "expired", "closed"]
_NOTHING: Final = Decimal(0)
_TENTH: Final = Decimal("0.1")


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What the invoices of an issuer that name one order in one currency come to, voided ones left out.

    `billed` is without `tax`, which their lines tell apart; `not_issued` is what those say that are not issued yet.
    """

    issuer: str
    number: str
    """Of the order, as the invoices write it."""
    currency: str
    billed: Decimal = _NOTHING
    tax: Decimal = _NOTHING
    invoice_count: int = 0
    not_issued: Decimal = _NOTHING
    not_issued_count: int = 0

    @property
    def key(self) -> OrderKey:
        """What the order is known by."""
        return order_key(self.issuer, self.number)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What an order has left; all in its currency but `in_other_currencies`."""

    state: OrderState
    currency: str
    amount: Decimal
    billed: Decimal
    tax: Decimal
    invoice_count: int
    not_issued: Decimal
    not_issued_count: int
    in_other_currencies: tuple[Naming, ...] = ()
    """One for each, by code."""

    @property
    def remaining(self) -> Decimal:
        """What has not been billed yet; below zero where more was than ordered."""
        return CONTEXT.subtract(self.amount, self.billed)

    @property
    def percent(self) -> Decimal:
        """How much of it has been billed, in percent cut to tenths: 99.99 is not yet all of it."""
        share = CONTEXT.multiply(CONTEXT.divide(self.billed, self.amount), Decimal(100))
        return share.quantize(_TENTH, rounding=ROUND_FLOOR, context=CONTEXT)


@dataclass(frozen=True, kw_only=True)
class NamingInvoice:
    """An invoice that names an order."""

    id: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class UnknownOrder:
    """A number that invoices name and no order of their issuer has; `vendors` have an order of that number."""

    named: Naming
    vendors: tuple[str, ...] = ()
    invoices: tuple[NamingInvoice, ...] = ()
    """Those that name it in this currency, where they were asked for."""


@dataclass(frozen=True, kw_only=True)
class OrderSums:
    """What orders in one currency come to; `remaining` and `overdrawn` are both zero or more, and never set off.

    Nothing is expected of closed orders any more: what was not billed of them is not among what remains.
    """

    currency: str
    count: int
    amount: Decimal
    billed: Decimal
    remaining: Decimal
    overdrawn: Decimal


def sums_of_orders(drawings: Iterable[Drawing]) -> tuple[OrderSums, ...]:
    """Return the sums of orders by currency."""
    grouped: dict[str, list[Drawing]] = defaultdict(list)
    for one in drawings:
        grouped[one.currency].append(one)
    return tuple(
        OrderSums(
            currency=currency,
            count=len(group),
            amount=total(one.amount for one in group),
            billed=total(one.billed for one in group),
            remaining=total(max(one.remaining, _NOTHING) for one in group if one.state != "closed"),
            overdrawn=total(max(CONTEXT.minus(one.remaining), _NOTHING) for one in group),
        )
        for currency, group in sorted(grouped.items())
    )


def drawing(order: OrderFacts, named: Iterable[Naming], *, today: date) -> Drawing:
    """Return what those namings that are of an order have drawn from it."""
    own = by_currency(named)
    same = own.pop(order.currency, None) or Naming(issuer=order.vendor, number=order.number, currency=order.currency)
    return Drawing(
        state=_state(order, same.billed, today=today),
        currency=order.currency,
        amount=order.amount,
        billed=same.billed,
        tax=same.tax,
        invoice_count=same.invoice_count,
        not_issued=same.not_issued,
        not_issued_count=same.not_issued_count,
        in_other_currencies=tuple(own[currency] for currency in sorted(own)),
    )


def by_key(named: Iterable[Naming]) -> Mapping[OrderKey, list[Naming]]:
    """Return namings by the order they are of."""
    found: dict[OrderKey, list[Naming]] = defaultdict(list)
    for one in named:
        found[one.key].append(one)
    return found


def by_currency(named: Iterable[Naming]) -> dict[str, Naming]:
    """Return namings of one order added up by currency, written as the first of each is."""
    grouped: dict[str, list[Naming]] = defaultdict(list)
    for one in named:
        grouped[one.currency].append(one)
    return {currency: _sum(group) for currency, group in grouped.items()}


def unknown_orders(named: Iterable[Naming], known: Collection[tuple[str, str]]) -> tuple[UnknownOrder, ...]:
    """Return the numbers that invoices name and no order has, by issuer, number and currency.

    :param known: vendor and number of every order.
    """
    keys = {order_key(vendor, number) for vendor, number in known}
    vendors: dict[str, set[str]] = defaultdict(set)
    for vendor, number in known:
        vendors[order_key(vendor, number)[1]].add(vendor)
    grouped = by_key(named)
    return tuple(
        UnknownOrder(named=one, vendors=tuple(sorted(vendors.get(key[1], ()))))
        for key in sorted(grouped)
        if key not in keys
        for _, one in sorted(by_currency(grouped[key]).items())
    )


def _sum(group: list[Naming]) -> Naming:
    return Naming(
        issuer=group[0].issuer,
        number=group[0].number,
        currency=group[0].currency,
        billed=total(one.billed for one in group),
        tax=total(one.tax for one in group),
        invoice_count=sum(one.invoice_count for one in group),
        not_issued=total(one.not_issued for one in group),
        not_issued_count=sum(one.not_issued_count for one in group),
    )


def _state(order: OrderFacts, billed: Decimal, *, today: date) -> OrderState:
    if order.status == "closed":
        return "closed"
    if billed > order.amount:
        return "overdrawn"
    if billed == order.amount:
        return "fully_invoiced"
    return "expired" if order.end_date and order.end_date < today else "open"
