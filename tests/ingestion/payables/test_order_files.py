"""Files of purchase orders: read whole, or every bad cell named."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.payables.order_facts import OrderFacts
from ingestion.payables.order_files import orders_of

TITLES = ("PO Number", "Vendor", "Currency", "Amount", "Order date", "Start date", "End date", "Description")
ROW = ("PO-7", "Cloud", "EUR", "1000.50", "2026-01-02", "2026-01-01", "2026-12-31", "Compute")


def row(**changes):
    names = ("number", "vendor", "currency", "amount", "ordered", "start", "end", "description")
    return tuple(changes.get(name, cell) for name, cell in zip(names, ROW, strict=True))


def read(*rows, titles=TITLES):
    return orders_of("orders.csv", titles, rows)


def test_a_row_is_an_order():
    found = read(ROW, (None,) * 8, row(number="PO-8", start=None, end="", description=" two\nlines "))

    assert found.problems == ()
    assert found.orders == (
        OrderFacts(
            vendor="Cloud",
            number="PO-7",
            currency="EUR",
            amount=Decimal("1000.50"),
            order_date=date(2026, 1, 2),
            start_date=date(2026, 1, 1),
            end_date=date(2026, 12, 31),
            description="Compute",
        ),
        OrderFacts(
            vendor="Cloud",
            number="PO-8",
            currency="EUR",
            amount=Decimal("1000.50"),
            order_date=date(2026, 1, 2),
            description="two lines",
        ),
    )
    assert "status" not in found.columns
    assert {"number", "amount", "end_date"} <= found.columns


@pytest.mark.parametrize(
    ("titles", "cells", "said"),
    [
        (  # A saved search of NetSuite; the amount in the vendor's currency is beside that of the books.
            ("Date", "Document Number", "Name", "Status", "Memo", "Currency", "Amount", "Amount (Foreign Currency)",
             "Department"),
            ("2026-03-01", "PO1042", "Cloud", "Pending Billing/Partially Received", "Seats", "EUR", "1100", "1000", "IT"),
            {"number": "PO1042", "vendor": "Cloud", "amount": Decimal(1000), "status": "open", "description": "Seats",
             "cost_center": "IT"},
        ),
        (  # SAP, ME2N.
            ("Purchasing Document", "Supplier/Supplying Plant", "Name of Supplier", "Document Date", "Net Order Value",
             "Currency", "Validity Per. Start", "Validity Period End", "Short Text"),
            ("4500012345", "100042     Cloud", "Cloud", "2026-03-01", "1000.00", "EUR", "2026-01-01", "2026-12-31", "Seats"),
            {"number": "4500012345", "vendor": "Cloud", "amount": Decimal(1000), "end_date": date(2026, 12, 31)},
        ),
        (  # SAP, table EKKO joined with the vendor's name and the sum of its items.
            ("EBELN", "Supplier Name", "WAERS", "BEDAT", "NETWR", "KDATB", "KDATE"),
            ("4500012345", "Cloud", "EUR", "2026-03-01", "1000", "2026-01-01", "2026-12-31"),
            {"number": "4500012345", "start_date": date(2026, 1, 1), "order_date": date(2026, 3, 1)},
        ),
        (  # Coupa.
            ("order-header-id", "supplier-name", "status", "currency", "total", "created-at"),
            ("88", "Cloud", "soft_closed", "EUR", "1000", "2026-03-01T23:30:00-02:00"),
            {"number": "88", "vendor": "Cloud", "status": "closed", "order_date": date(2026, 3, 2)},
        ),
    ],
    ids=["NetSuite", "ME2N", "EKKO", "Coupa"],
)  # fmt: skip
def test_titles_of_other_programs_are_known(titles, cells, said):
    found = read(cells, titles=titles)

    assert found.problems == ()
    assert {name: getattr(found.orders[0], name) for name in said} == said


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (row(amount="abc"), "row 2, column Amount: 'abc' is not a number; write digits with a point"),
        (row(amount="1,000.50"), "row 2, column Amount: '1,000.50' is not a number"),
        (row(amount="0"), "row 2, column Amount: it is not more than zero; write what was ordered."),
        (row(amount="-5"), "row 2, column Amount: it is not more than zero"),
        (row(amount="1E-19"), "row 2, column Amount: it has more than 20 digits before or 18 after the point."),
        (row(number=" "), "row 2, column PO Number: it is empty. Write it as it stands on the order."),
        (row(vendor=None), "row 2, column Vendor: it is empty."),
        (row(number="x" * 201), "row 2, column PO Number: it is longer than 200 characters; shorten it."),
        (row(currency="XXQ"), "row 2, column Currency: it is XXQ, which is no currency; write its ISO 4217 code"),
        (row(currency="Euro"), "row 2, column Currency: it is no ISO 4217 code such as EUR."),
        (row(ordered=""), "row 2, column Order date: it is empty. Write a day as 2026-11-04."),
        (row(ordered="03/01/2026"), "row 2, column Order date: '03/01/2026' is no day. Write it as 2026-11-04."),
        (row(end="2025-12-31"), "row 2, column End date: it lies before the start, 2026-01-01."),
        (row(description="x" * 10_001), "row 2, column Description: it is longer than 10,000 characters."),
    ],
)
def test_what_cannot_be_is_told_by_file_row_and_column(cells, said):
    found = read(cells)

    assert found.orders == ()
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"orders.csv, {said}")


def test_a_missing_column_is_named():
    found = read(ROW[1:], titles=TITLES[1:])

    assert found.problems == (
        "orders.csv, row 1: there is no column PurchaseOrder. Add it, or give the column that has it this name.",
    )


def test_an_order_stands_in_one_row():
    found = read(ROW, row(number="po - 7", vendor="CLOUD", amount="1"), row(vendor="Mail"))

    [problem] = found.problems
    assert problem.startswith("orders.csv, row 3, column PO Number: 'po - 7' of this vendor stands in row 2 already.")
    assert problem.endswith("Keep one row, with the amount of the whole order.")


def test_a_status_nobody_knows_is_refused():
    found = read((*ROW, "On hold"), titles=(*TITLES, "Status"))

    assert found.problems == (
        "orders.csv, row 2, column Status: 'On hold' is no status that is known. Write Open or Closed.",
    )


def test_a_file_without_rows_is_refused():
    assert read().problems == ("orders.csv: there is no row under the heading. Add one per order.",)
