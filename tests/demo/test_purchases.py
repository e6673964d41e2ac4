"""What the company ordered, from what it is asked to pay."""

from datetime import date
from decimal import Decimal

from ingestion.payables.drawing import Naming, drawing
from ingestion.payables.order_facts import OrderFacts
from itfm.demo.other_bill import AskedFor
from itfm.demo.purchases import PLANS, purchases


def asked(biller, month, amount, *, currency="USD"):
    return biller, AskedFor(biller, f"{biller}-{month}", date(2026, month, 1), Decimal(amount), currency)


def test_orders_are_shares_of_what_is_asked_for():
    found = purchases(
        [
            *(asked("aws-cur2", month, "100") for month in range(1, 4)),
            *(asked("azure-ea", month, "10", currency="EUR") for month in range(1, 9)),
            asked("gcp", 2, "7"),
            asked("Nobody", 2, "7"),
        ]
    )

    assert [(one.number, one.vendor, one.currency, one.amount, one.start, one.end) for one in found.orders] == [
        ("PO-DEMO-1001", "aws-cur2", "USD", Decimal("375.00"), date(2026, 1, 1), date(2027, 12, 31)),
        ("PO-DEMO-1003", "azure-ea", "EUR", Decimal("66.00"), date(2026, 1, 1), date(2026, 6, 30)),
    ]
    assert found.named["azure-ea", "azure-ea-6"] == "PO-DEMO-1003"
    assert ("azure-ea", "azure-ea-7") not in found.named
    assert found.named["gcp", "gcp-2"] == "PO-DEMO-1006"


def test_a_year_and_a_month_show_every_state():
    clouds = [asked(biller, month, "100.07") for biller in ("aws-cur2", "focus", "azure-ea") for month in range(1, 13)]
    contracts = [asked("Microsoft", 6, "900.99"), asked("Salesforce", 3, "77.01")]
    found = purchases([*clouds, *contracts])
    amounts = {(one.issuer, one.number): one.amount for _, one in (*clouds, *contracts)}

    states = {}
    for one in found.orders:
        facts = OrderFacts(
            vendor=one.vendor,
            number=one.number,
            currency=one.currency,
            amount=one.amount,
            order_date=one.start,
            end_date=one.end,
            status="closed" if one.is_closed else "open",
        )
        named = [
            Naming(issuer=issuer, number=one.number, currency=one.currency, billed=amounts[issuer, number])
            for (issuer, number), order in found.named.items()
            if order == one.number
        ]
        states[one.number] = drawing(facts, named, today=date(2027, 1, 29)).state

    assert states == {
        "PO-DEMO-1001": "open",
        "PO-DEMO-1002": "overdrawn",
        "PO-DEMO-1003": "expired",
        "PO-DEMO-1004": "fully_invoiced",
        "PO-DEMO-1005": "closed",
    }


def test_what_costs_nothing_is_not_ordered():
    assert purchases([asked("focus", 1, "0")]).orders == ()
    assert purchases([]).orders == ()


def test_every_order_says_that_it_is_made_up():
    assert all(plan.number.startswith("PO-DEMO-") for plan in PLANS)
