"""Files of invoices: read whole, or every bad cell named."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.payables.facts import InvoiceFacts, InvoiceLine
from ingestion.payables.invoice_files import invoices_of
from ingestion.payables.reading import MOST_PROBLEMS

TABLE = ("Invoice number", "Vendor", "Billing period", "Currency", "Total", "Invoice date", "Due date")
ROW = ("7", "Cloud", "2026-10", "EUR", "119.00", "2026-11-04", "")
DETAIL = (
    "InvoiceId",
    "InvoiceIssuerName",
    "InvoiceDetailId",
    "ChargeCategory",
    "BilledCost",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "InvoiceIssueStatus",
    "InvoiceIssueDate",
    "PaymentTerms",
)
LINE = {
    "InvoiceId": "7",
    "InvoiceIssuerName": "Cloud",
    "InvoiceDetailId": "1",
    "ChargeCategory": "Usage",
    "BilledCost": "100",
    "BillingAccountId": "42",
    "BillingCurrency": "EUR",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "InvoiceIssueStatus": "Issued",
    "InvoiceIssueDate": "2026-11-04T23:30:00-02:00",
    "PaymentTerms": "Net 30",
}


def table(*rows):
    return invoices_of("october.csv", TABLE, rows)


def row(**changes):
    names = ("number", "issuer", "period", "currency", "amount", "issued", "due")
    return tuple(changes.get(name, cell) for name, cell in zip(names, ROW, strict=True))


def details(*changes):
    return invoices_of("detail.csv", DETAIL, [tuple({**LINE, **one}.values()) for one in changes])


def test_a_table_gives_an_invoice_for_each_row():
    found = table(ROW, (None,) * 7, row(number="8", amount="-0.000000000000000001", period="2026-10-01"))

    assert found.problems == ()
    assert found.invoices == (
        InvoiceFacts(
            issuer="Cloud",
            number="7",
            billing_period=date(2026, 10, 1),
            currency="EUR",
            amount=Decimal(119),
            issue_date=date(2026, 11, 4),
        ),
        InvoiceFacts(
            issuer="Cloud",
            number="8",
            billing_period=date(2026, 10, 1),
            currency="EUR",
            amount=Decimal("-1E-18"),
            issue_date=date(2026, 11, 4),
        ),
    )
    assert found.columns == {"number", "issuer", "billing_period", "currency", "amount", "issue_date", "due_date"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "1,234.50"}, "column Total: '1,234.50' is not a number"),
        ({"amount": ""}, "column Total: '' is not a number"),
        ({"amount": "NaN"}, "column Total: 'NaN' is not a number"),
        ({"number": " "}, "column Invoice number: it is empty."),
        ({"period": "Q4"}, "column Billing period: 'Q4' is not a billing period"),
        ({"issued": "04/11/2026"}, "column Invoice date: '04/11/2026' is no day. Write it as 2026-11-04."),
        ({"due": "2026-11-03"}, "column Due date: it lies before the invoice was issued"),
        ({"currency": "Euro"}, "column Currency: it is no ISO 4217 code such as EUR."),
        ({"issuer": "x" * 201}, "column Vendor: it is longer than 200 characters"),
        ({"issuer": "x" * 10_001}, "column Vendor: it is longer than 10,000 characters"),
        ({"number": "7\x00"}, "column Invoice number: it begins or ends with a space, or holds a line break"),
    ],
)
def test_a_bad_cell_is_named_with_file_row_and_column(changes, said):
    found = table(ROW, row(**{"number": "8", **changes}))

    assert found.invoices == ()
    [problem] = found.problems
    assert problem.startswith(f"october.csv, row 3, {said}")


def test_every_bad_cell_is_named_up_to_a_number():
    found = table(*(row(number=str(number), amount="x") for number in range(MOST_PROBLEMS + 10)))

    assert (len(found.problems), found.problems[-1]) == (MOST_PROBLEMS + 1, "And 10 more cells.")


def test_a_number_stands_once_in_a_table():
    [problem] = table(ROW, row(issuer="CLOUD")).problems

    assert problem == "october.csv, row 3, column Invoice number: '7' stands in row 2 already. Keep one of the two."


@pytest.mark.parametrize(
    ("titles", "rows", "said"),
    [
        (TABLE[:4], [ROW[:4]], "october.csv, row 1: there is no column Amount. Add it"),
        (TABLE, [], "october.csv: there is no row under the heading."),
        (("InvoiceDetailId", "InvoiceId"), [], "october.csv, row 1: there is no column InvoiceIssuerName, Billing"),
    ],
)
def test_what_a_file_lacks_is_told(titles, rows, said):
    [problem] = invoices_of("october.csv", titles, rows).problems

    assert problem.startswith(said)


def test_what_was_kept_from_running_in_a_spreadsheet_is_read_as_it_was():
    assert table(row(number="'=7")).invoices[0].number == "=7"


def test_details_give_an_invoice_with_the_sum_of_its_lines():
    found = details(
        {},
        {"InvoiceId": "8", "BilledCost": "5"},
        {"InvoiceDetailId": "2", "ChargeCategory": "Tax", "BilledCost": "19", "BillingAccountId": "43"},
    )

    first, second = found.invoices
    assert found.problems == ()
    assert (first.number, first.amount, first.billing_account_id, first.payment_terms) == ("7", 119, "", "Net 30")
    assert (first.status, first.issue_date) == ("issued", date(2026, 11, 5))  # 4 November 23:30 two hours behind UTC
    assert first.lines[1] == InvoiceLine(
        detail_id="2",
        charge_category="Tax",
        billing_account_id="43",
        billing_period=date(2026, 10, 1),
        amount=Decimal(19),
    )
    assert (second.number, second.amount, second.billing_account_id) == ("8", 5, "42")


def test_an_invoice_is_of_the_latest_period_of_its_lines():
    found = details({}, {"InvoiceDetailId": "2", "BillingPeriodStart": "2026-09-01T00:00:00Z"})

    assert found.invoices[0].billing_period == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"ChargeCategory": "Fee"},
            "column ChargeCategory: 'Fee' is none of Usage, Purchase, Tax, Credit, Adjustment.",
        ),
        ({"InvoiceIssueStatus": "Paid"}, "column InvoiceIssueStatus: 'Paid' is none of Open, Issued and Voided."),
        ({"InvoiceIssueStatus": "Open"}, "column InvoiceIssueStatus: it is 'open' here and 'issued' in row 2"),
        ({"BillingCurrency": "USD"}, "column BillingCurrency: it is 'USD' here and 'EUR' in row 2"),
        ({"InvoiceDetailId": ""}, "column InvoiceDetailId: it is empty."),
    ],
)
def test_a_bad_detail_is_named(changes, said):
    [problem] = details({}, {"InvoiceDetailId": "2", **changes}).problems

    assert problem.startswith(f"detail.csv, row 3, {said}")
