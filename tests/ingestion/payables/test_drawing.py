"""What invoices draw from an order: its own currency alone, and never a number that is only alike."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.payables.drawing import Naming, OrderSums, by_key, drawing, sums_of_orders, unknown_orders
from ingestion.payables.order_facts import OrderFacts, order_key

TODAY = date(2026, 11, 29)
ORDER = OrderFacts(vendor="Cloud", number="PO-7", currency="EUR", amount=Decimal(1000), order_date=date(2026, 1, 2))


def naming(billed, currency="EUR", *, issuer="Cloud", number="PO-7", count=1, **changes):
    return Naming(
        issuer=issuer, number=number, currency=currency, billed=Decimal(billed), invoice_count=count, **changes
    )


@pytest.mark.parametrize(
    ("billed", "changes", "state", "remaining", "percent"),
    [
        ((), {}, "open", "1000", "0"),
        (("999.999999",), {}, "open", "0.000001", "99.9"),
        (("700", "300"), {}, "fully_invoiced", "0", "100"),
        (("700", "300.01"), {}, "overdrawn", "-0.01", "100"),
        (("1200", "-300"), {}, "open", "100", "90"),
        (("-1",), {}, "open", "1001", "-0.1"),
        (("700",), {"end_date": date(2026, 11, 28)}, "expired", "300", "70"),
        (("700",), {"end_date": TODAY}, "open", "300", "70"),
        (("1000",), {"end_date": date(2026, 11, 28)}, "fully_invoiced", "0", "100"),
        (("1500",), {"end_date": date(2026, 11, 28)}, "overdrawn", "-500", "150"),
        (("1500",), {"status": "closed"}, "closed", "-500", "150"),
    ],
)
def test_a_state_says_what_is_left(billed, changes, state, remaining, percent):
    found = drawing(replace(ORDER, **changes), map(naming, billed), today=TODAY)

    assert (found.state, found.remaining, found.percent) == (state, Decimal(remaining), Decimal(percent))


def test_another_currency_is_told_and_never_added():
    found = drawing(ORDER, [naming(300), naming(9999, "USD"), naming(1, "CHF"), naming(1, "USD", count=2)], today=TODAY)

    assert (found.billed, found.invoice_count, found.state) == (Decimal(300), 1, "open")
    assert [(one.currency, one.billed, one.invoice_count) for one in found.in_other_currencies] == [
        ("CHF", Decimal(1), 1),
        ("USD", Decimal(10000), 3),
    ]


def test_what_is_not_issued_and_tax_are_told_beside():
    found = drawing(
        ORDER,
        [naming(100, tax=Decimal(19)), naming(0, count=0, not_issued=Decimal(950), not_issued_count=1)],
        today=TODAY,
    )

    assert (found.billed, found.tax, found.invoice_count) == (Decimal(100), Decimal(19), 1)
    assert (found.not_issued, found.not_issued_count, found.state) == (Decimal(950), 1, "open")


@given(st.lists(st.decimals(min_value=-(10**19), max_value=10**19, places=18), max_size=30))
def test_no_digit_is_lost(amounts):
    found = drawing(ORDER, map(naming, amounts), today=TODAY)

    assert Fraction(found.billed) == sum(map(Fraction, amounts))
    assert Fraction(found.remaining) == 1000 - sum(map(Fraction, amounts))


def test_spaces_and_capitals_tell_no_orders_apart():
    assert order_key(" Cloud", "PO 4711") == order_key("CLOUD ", "po\u00a04711")
    assert order_key("Cloud", "PO-4711") != order_key("Cloud", "PO4711")
    assert list(by_key([naming(1), naming(2, number="po -7", issuer="CLOUD")])) == [("cloud", "po-7")]


def test_numbers_that_no_order_has_are_told_by_issuer_and_currency():
    named = [
        naming(1),
        naming(2, issuer="Mail", number="PO-7"),
        naming(3, issuer="Mail", number="po 9", count=2),
        naming(4, issuer="MAIL", number="PO9"),
        naming(5, "USD", issuer="Mail", number="PO9"),
    ]

    found = unknown_orders(named, [("Cloud", "PO-7"), ("Disks", "po-7 ")])

    assert [
        (one.named.issuer, one.named.number, one.named.currency, one.named.billed, one.named.invoice_count, one.vendors)
        for one in found
    ] == [
        ("Mail", "PO-7", "EUR", Decimal(2), 1, ("Cloud", "Disks")),
        ("Mail", "po 9", "EUR", Decimal(7), 3, ()),
        ("Mail", "PO9", "USD", Decimal(5), 1, ()),
    ]


def test_sums_are_by_currency_and_set_nothing_off():
    closed = replace(ORDER, status="closed")
    dollars = replace(ORDER, currency="USD", amount=Decimal(5))
    drawings = [
        drawing(ORDER, [naming(700)], today=TODAY),
        drawing(ORDER, [naming(1300)], today=TODAY),
        drawing(closed, [naming(100)], today=TODAY),
        drawing(dollars, [], today=TODAY),
    ]

    assert sums_of_orders(drawings) == (
        OrderSums(
            currency="EUR",
            count=3,
            amount=Decimal(3000),
            billed=Decimal(2100),
            remaining=Decimal(300),
            overdrawn=Decimal(300),
        ),
        OrderSums(
            currency="USD",
            count=1,
            amount=Decimal(5),
            billed=Decimal(0),
            remaining=Decimal(5),
            overdrawn=Decimal(0),
        ),
    )
