"""What lines of vendors' invoices become, amounts and days worked by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from ingestion.connectors.invoice_file import CATEGORIES, KIND
from ingestion.focus.columns import CHARGE_CATEGORIES
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.invoices.meanings import MEANINGS
from ingestion.invoices.settings import COLUMN, Category, InvoiceFileSettings
from tests.ingestion.normalize.bills import Bench, csv_text, values

ROW = {
    "Invoice Number": "INV-7",
    "Invoice Date": "2026-10-31",
    "Product": "Mail, 50 boxes",
    "Qty": "50",
    "Unit Price": "4.00",
    "Amount (EUR)": "200.00",
    "Cost Center": "4711",
}


def lines(*changes: dict[str, str]) -> str:
    return csv_text([{**ROW, **change} for change in changes])


def imported(bench: Bench, text: str | bytes, *, name: str = "bill.csv", **settings: Any):
    return bench.normalized("invoice_file", bench.archived(text, name=name), vendor="Acme Mail", **settings)


def refused(bench: Bench, text: str | bytes, **settings: Any):
    with pytest.raises(RejectedBillError) as caught:
        imported(bench, text, **settings)
    return caught.value.findings


def book(*rows: list[Any]) -> bytes:
    written = Workbook()
    for row in rows:
        written.active.append(row)
    stream = BytesIO()
    written.save(stream)
    return stream.getvalue()


def test_columns_are_recognized_by_their_titles(bench: Bench):
    delivery = imported(bench, lines({}, {"Amount (EUR)": "-12.345", "Product": "Correction"}))

    assert delivery.findings == ()
    (bill,) = delivery.bills
    assert bill.billing_period == date(2026, 10, 1)
    totals = bill.totals["EUR"]
    assert totals.source == totals.billed_cost == totals.effective_cost == totals.list_cost == Decimal("187.655")
    assert values(
        delivery,
        "x_row_number, billed_cost, charge_period_start, charge_period_end, invoice_id, pricing_quantity,"
        " contracted_unit_price, charge_description, tags",
    )[0] == (
        1,
        Decimal(200),
        datetime(2026, 10, 31),
        datetime(2026, 11, 1),
        "INV-7",
        Decimal(50),
        Decimal(4),
        "Mail, 50 boxes",
        '{"cost_center":"4711"}',
    )
    assert values(delivery, "service_name, invoice_issuer_name, billing_account_id", file="attribute_sets")[0] == (
        "Correction",
        "Acme Mail",
        "Acme Mail",
    )


def test_named_columns_win_over_recognized_ones(bench: Bench):
    text = csv_text(
        [{"when": "01/02/2026", "net": "1.234,50-", "gross": "9", "amount": "8", "who": "lab", "cur": "CHF", "cc": "7"}]
    )
    delivery = imported(
        bench,
        text,
        amount_column="Net",
        date_column="when",
        currency_column="cur",
        account_column="who",
        tag_columns="cc",
        date_format="DD/MM/YYYY",
        decimal_mark=",",
        service_category="Security",
        charge_category="Purchase",
    )

    assert delivery.bills[0].billing_period == date(2026, 2, 1)
    assert delivery.bills[0].totals["CHF"].billed_cost == Decimal("-1234.5")
    assert values(delivery, "x_amount, x_gross, tags") == [("8", "9", '{"cc":"7"}')]
    found = values(
        delivery, "sub_account_id, service_category, service_subcategory, charge_category", file="attribute_sets"
    )
    assert found == [("lab", "Security", "Other (Security)", "Purchase")]


def test_a_line_is_of_its_service_period_and_of_the_month_of_its_date(bench: Bench):
    row = {"date": "2026-11-02", "from": "2026-10-01", "to": "2026-10-31", "amount": "3", "currency": "EUR"}
    told, after, month = (
        csv_text([row]),
        csv_text([{**row, "to": "2026-11-01"}]),
        csv_text([{"month": "October 2026", "amount": "3", "currency": "EUR"}]),
    )
    october = (datetime(2026, 10, 1), datetime(2026, 11, 1))
    for text, settings, period in (
        (told, {}, date(2026, 11, 1)),
        (after, {"end_is": "day_after"}, date(2026, 11, 1)),
        (month, {}, date(2026, 10, 1)),
    ):
        delivery = imported(bench, text, **settings)
        assert delivery.bills[0].billing_period == period
        assert values(delivery, "charge_period_start, charge_period_end") == [october]


def test_an_end_before_its_start_is_told(bench: Bench):
    delivery = imported(
        bench, csv_text([{"start": "2026-10-05", "end": "2026-10-01", "amount": "3", "currency": "EUR"}])
    )

    assert [finding.code for finding in delivery.findings] == ["charge_end_early"]


def test_rows_that_are_no_lines_are_left_out_and_told(bench: Bench):
    rows = [
        ROW,
        dict.fromkeys(ROW, ""),
        dict.fromkeys(ROW, "") | {"Product": "Subtotal", "Amount (EUR)": "200.00"},
        {title: title for title in ROW},
        {**ROW, "Product": "Total care"},
    ]
    delivery = imported(bench, csv_text(rows))

    assert delivery.bills[0].totals["EUR"].source == delivery.bills[0].totals["EUR"].billed_cost == Decimal(400)
    assert [row for (row,) in values(delivery, "x_row_number")] == [1, 5]
    (finding,) = delivery.findings
    assert finding.message == (
        "3 rows are empty, headings or totals and were left out; the first is row 2 of bill.csv."
    )


def test_words_of_invoices_become_kinds_of_charges(bench: Bench):
    words = ("VAT", "Refund", "Subscription", "Overage", "")
    delivery = imported(bench, csv_text([{**ROW, "Type": word} for word in words]))

    found = values(delivery, "x_row_number, charge_category, pricing_quantity")
    assert [(kind, quantity is None) for _, kind, quantity in found] == [
        ("Tax", True),
        ("Credit", True),
        ("Purchase", False),
        ("Usage", False),
        ("Usage", False),
    ]
    assert set(CATEGORIES.values()) <= set(CHARGE_CATEGORIES)


def test_a_workbook_reads_as_its_first_sheet_whatever_the_mark(bench: Bench):
    content = book(
        ["Date", "Item", "Amount", "Currency"],
        [datetime(2026, 10, 5), "Seats", 1234.567, "USD"],
        [],
        [date(2026, 10, 6), "Seats", 0.1, "USD"],
        ["Total", None, 1234.667, None],
    )
    delivery = imported(bench, content, name="bill.xlsx", decimal_mark=",")

    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("1234.667")
    assert values(delivery, "x_row_number, charge_period_start") == [
        (1, datetime(2026, 10, 5)),
        (3, datetime(2026, 10, 6)),
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            b"PK\x03\x04 no workbook",
            "bill.xlsx is no workbook that can be read. Save it as XLSX again, or deliver CSV.",
        ),
        (book(), "bill.xlsx holds no text. Deliver it again."),
        (
            b"Date,Amount\n2026-10-05,1\n",
            "bill.xlsx is a ZIP or UTF-16 file. Deliver CSV in UTF-8, gzip of it, XLSX or Parquet.",
        ),
    ],
)
def test_what_is_no_workbook_is_refused(bench: Bench, content: bytes, what: str):
    (finding,) = refused(bench, content, name="bill.xlsx")

    assert finding.message == what


@pytest.mark.parametrize("written", ["1 234.50", "EUR 1\u00a0234.50", " 1\u202f234.50 EUR", "€ 1 234.5"])
def test_spaces_may_stand_between_groups_of_three_digits_and_around(bench: Bench, written: str):
    delivery = imported(bench, lines({"Amount (EUR)": written}))

    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal("1234.5")


@pytest.mark.parametrize(
    ("change", "told", "code", "row", "column", "what"),
    [
        ({"Amount (EUR)": "free"}, {}, "not_a_number", 2, "Amount (EUR)", "free"),
        *(
            ({"Amount (EUR)": two}, {}, "not_a_number", 2, "Amount (EUR)", two[:3])
            for two in ("12 5", "100\t200", "1234 567", "1 2345", "1.5 000", "5 .25", "1 23 EUR")
        ),
        ({"Amount (EUR)": "12.34"}, {"decimal_mark": ","}, "not_a_number", 2, "Amount (EUR)", "12.34"),
        ({"Amount (EUR)": ""}, {}, "value_missing", 2, "Amount (EUR)", "empty"),
        ({"Invoice Date": ""}, {}, "period_missing", 2, "Invoice Date", "set the date format"),
        (
            {"Invoice Date": "03/04/2026"},
            {},
            "not_a_day",
            2,
            "Invoice Date",
            "Invoice Date could be either of two days",
        ),
        ({"Invoice Date": "2026-02-30"}, {}, "not_a_moment", 2, "Invoice Date", "2026-02-30"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    bench: Bench, change: dict[str, str], told: dict[str, str], code: str, row: int, column: str, what: str
):
    sound = {"Amount (EUR)": "200,00"} if told else {}
    (finding, *_) = refused(bench, lines(sound, change), **told)

    assert (finding.code, finding.file, finding.row, finding.column) == (code, "bill.csv", row, column)
    assert what in finding.message


@pytest.mark.parametrize(
    ("text", "told", "what"),
    [
        (
            "Date,Value\n2026-10-05,1\n",
            {},
            "bill.csv has no column that is known to be the amount. Name one of its columns in the settings: Date, Value.",
        ),
        (
            "Amount,Value\n1,1\n",
            {},
            "bill.csv has no column that is known to be the date. Name one of its columns in the settings: Amount, Value.",
        ),
        (
            "Date,Amount\n2026-10-05,1\n",
            {"amount_column": "Net"},
            "bill.csv has no column Net, which is to be its amount. Name one of its columns in the settings: Date, Amount.",
        ),
        (
            "Date,Amount\n2026-10-05,1\n",
            {"tag_columns": "Team"},
            "bill.csv has no column Team, which is to be a tag. Name one of its columns in the settings: Date, Amount.",
        ),
        (
            "Date,Amount\n2026-10-05,1\n",
            {},
            "bill.csv, row 1: nothing tells the currency. Set the currency of the source, such as EUR.",
        ),
    ],
)
def test_what_is_missing_is_told_in_one_sentence(bench: Bench, text: str, told: dict[str, str], what: str):
    assert [finding.message for finding in refused(bench, text, **told)] == [what]


def test_a_column_of_a_name_that_is_worked_out_is_never_read_in_its_place(bench: Bench):
    text = csv_text([{"Date": "2026-10-05", "Amount": "5", "Currency": "EUR", "X Month": "2026-01"}])

    (finding,) = refused(bench, text)

    assert finding.message == "bill.csv has a column X Month, a name that is kept for what is worked out. Rename it."
    assert (finding.row, finding.column) == (0, "X Month")


def test_a_column_beside_is_kept_though_it_is_called_like_what_is_read(bench: Bench):
    text = csv_text([{"Date": "2026-10-05", "Amount": "5", "Currency": "EUR", "x_amount": "7", "x_date": "2025-01-01"}])
    delivery = imported(bench, text)

    assert delivery.bills[0].totals["EUR"].billed_cost == 5
    assert values(delivery, "charge_period_start, x_x_amount") == [(datetime(2026, 10, 5), "7")]


def test_who_bills_is_asked_for(bench: Bench):
    delivery = bench.normalized("invoice_file", bench.archived(lines({})))

    assert [finding.code for finding in delivery.findings] == ["vendor_missing"]


def test_settings_name_every_meaning_and_every_category():
    assert {meaning.key + COLUMN for meaning in MEANINGS} == {
        name for name in InvoiceFileSettings.model_fields if name.endswith(COLUMN)
    }
    assert set(Category.__args__) == set(SUBCATEGORIES)
    assert KIND.planner_for(InvoiceFileSettings(path="x")) is not None
