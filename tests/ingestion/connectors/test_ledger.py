"""What postings of a general ledger become, worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from ingestion.connectors.ledger import KIND
from ingestion.focus.findings import RejectedBillError
from ingestion.models import BillRevision
from ingestion.services import create_source, request_import, run_import
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.normalize.bills import POSTING_ROW, Bench, csv_text, decimals, values

MAP = "6100-6199=Internal Labor; 62*=Software"


def imported(bench: Bench, text: str, **settings: str):
    return bench.normalized("ledger", bench.archived(text), **settings)


def test_a_posting_is_a_charge_of_its_day_and_month(bench: Bench):
    delivery = bench.ledger({}, {"date": "2026-11-30", "amount": "-1.10"}, account_map=MAP)

    october, november = delivery.bills
    assert (october.billing_period, november.billing_period) == (date(2026, 10, 1), date(2026, 11, 1))
    assert values(
        delivery,
        "charge_category, charge_frequency, charge_period_start, charge_period_end, billing_period_end, billed_cost,"
        " effective_cost, list_cost, contracted_cost",
    ) == [
        ("Usage", "One-Time", datetime(2026, 10, 5), datetime(2026, 10, 6), datetime(2026, 11, 1), *[Decimal(1000)] * 4)
    ]  # fmt: skip
    assert november.totals["EUR"].billed_cost == Decimal("-1.1")
    assert values(delivery, "x_row_number", bill=1) == [(2,)]
    assert delivery.findings == ()


def test_account_cost_center_and_pool_are_kept(bench: Bench):
    delivery = bench.ledger(
        {}, {"vendor": "Bolt", "cost_center": "", "account": "6210", "account_name": "Licenses"}, account_map=MAP
    )

    columns = "tags, x_account, x_cost_pool, service_name, sub_account_id, invoice_issuer_name, invoice_id, x_ledger"
    first, second = values(delivery, columns)
    assert json.loads(str(first[0])) == {"cost_center": "4711"}
    assert first[1:] == ("6100", "Internal Labor", "Salaries", "6100", "No vendor", "J-1", "generic")
    assert second == (None, "6210", "Software", "Licenses", "6210", "Bolt", "J-1", "generic")


def test_debit_less_credit_is_the_amount(bench: Bench):
    text = "date,account,debit,credit,currency\n2026-10-01,6100,10.5,,EUR\n2026-10-01,6100,,0.25,EUR\n2026-10-02,6100,1,3,EUR\n"

    delivery = imported(bench, text)

    assert values(delivery, "billed_cost") == decimals("10.5", "-0.25", "-2")


def test_accounts_that_the_map_does_not_name_are_left_out_and_told_in_one_finding(bench: Bench):
    delivery = bench.ledger(
        {}, {"account": "4000", "account_name": "Revenue", "amount": "-5000"},
        {"account": "6900", "account_name": "", "amount": "1.25"}, {"account": "6900", "account_name": "", "amount": "2"},
        account_map=MAP,
    )  # fmt: skip

    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal(1000)
    (finding,) = delivery.findings
    assert (finding.code, finding.severity) == ("accounts_unmapped", "warning")
    assert finding.message.endswith("they were left out: 4000 Revenue -5000 EUR, 6900 3.25 EUR.")
    assert delivery.row_counts == (4,)


def test_unmapped_accounts_may_be_kept_as_other(bench: Bench):
    delivery = bench.ledger({}, {"account": "6900", "amount": "3"}, account_map=MAP, unmapped="other")

    assert values(delivery, "x_cost_pool, billed_cost") == [("Internal Labor", Decimal(1000)), ("Other", Decimal(3))]
    assert "they are in the cost pool Other" in delivery.findings[0].message


def test_without_a_map_all_accounts_are_other(bench: Bench):
    delivery = bench.ledger({})

    assert values(delivery, "x_cost_pool") == [("Other",)]


def test_postings_that_come_as_bills_are_not_added_twice_and_told_by_vendor(bench: Bench):
    cloud = {"account": "6400", "account_name": "Cloud"}

    delivery = bench.ledger(
        {}, {**cloud, "vendor": "AWS", "amount": "100"}, {**cloud, "vendor": "AWS", "amount": "23.45"},
        {**cloud, "vendor": "Azure", "amount": "7"},
        account_map=f"{MAP}; 64*=Outside Services", reconciled_accounts="6400-6499, 6510",
    )  # fmt: skip

    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal(1000)
    (finding,) = delivery.findings
    assert finding.code == "reconciled_with_bills"
    assert finding.message.endswith("were not added a second time: AWS 123.45 EUR, Azure 7 EUR.")


def test_sap_line_items(bench: Bench):
    text = (
        "Company Code,Account,Document Number,Posting Date,Text,Cost Center,Amount in local currency,Local Currency\n"
        '1000,0000610000,100000001,05.10.2026,Payroll,CC-1,"1.234,50",EUR\n'
        '1000,0000610000,100000002,31.10.2026,Reversal,CC-1,"34,50-",EUR\n'
    )

    delivery = imported(bench, text, decimal_mark=",", account_map="610000=Internal Labor")

    assert values(
        delivery, "billed_cost, billing_account_id, invoice_id, x_cost_pool, x_ledger, charge_description"
    ) == [
        (Decimal("1234.5"), "1000", "100000001", "Internal Labor", "SAP", "Payroll"),
        (Decimal("-34.5"), "1000", "100000002", "Internal Labor", "SAP", "Reversal"),
    ]


def test_sap_amounts_without_sign_are_turned_by_their_indicator(bench: Bench):
    text = (
        "Account,Posting Date,Amount in local currency,Local Currency,Debit/Credit Ind.\n"
        "6100,2026-10-05,10,EUR,S\n6100,2026-10-05,4,EUR,H\n"
    )

    assert values(imported(bench, text), "billed_cost") == decimals("10", "-4")


def test_quickbooks_journal_with_its_totals(bench: Bench):
    text = (
        "Date,Transaction Type,Num,Name,Memo/Description,Account,Debit,Credit\n"
        '10/05/2026,Bill,77,Bolt,Licenses,6210 Software:Licenses,"1,000.00",\n'
        "10/31/2026,Journal Entry,J2,,Accrual,6210 Software:Licenses,,250.00\n"
        ",,,,,,,\n"
        'TOTAL,,,,,,"1,000.00",250.00\n'
    )

    delivery = imported(bench, text, default_currency="USD", account_map=MAP)

    assert values(delivery, "charge_period_start, billed_cost, x_account, service_name, service_provider_name") == [
        (datetime(2026, 10, 5), Decimal(1000), "6210", "Software:Licenses", "Bolt"),
        (datetime(2026, 10, 31), Decimal(-250), "6210", "Software:Licenses", "No vendor"),
    ]
    (finding,) = delivery.findings
    assert finding.message.startswith("2 rows are headings, totals or balances of the report")
    assert finding.row == 3


def test_xero_account_transactions(bench: Bench):
    text = (
        "Date,Source,Contact,Description,Reference,Debit,Credit,Account Code,Account\n"
        "5 Oct 2026,Payable Invoice,Telco,Lines,INV-3,80.00,,489,Telephone & Internet\n"
        "Total Telephone & Internet,,,,,80.00,,,\n"
    )

    delivery = imported(bench, text, default_currency="GBP", account_map="489=Telecom")

    assert values(delivery, "billed_cost, x_account, service_name, x_cost_pool, invoice_issuer_name, x_ledger") == [
        (Decimal(80), "489", "Telephone & Internet", "Telecom", "Telco", "Xero")
    ]


def test_netsuite_transaction_lines(bench: Bench):
    text = (
        "Date,Type,Document Number,Name,Account,Memo,Amount (Debit),Amount (Credit),Department,Subsidiary,Currency\n"
        "13/10/2026,Bill,B-1,Guards Ltd,6700 Outside Services,Night shift,500,,Ops,Acme UK,GBP\n"
    )

    delivery = imported(bench, text, account_map="6700=Outside Services")

    columns = "billed_cost, charge_period_start, x_account, service_name, billing_account_id, tags, x_ledger"
    assert values(delivery, columns) == [
        (Decimal(500), datetime(2026, 10, 13), "6700", "Outside Services", "Acme UK", '{"cost_center":"Ops"}', "NetSuite")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"date": "10/05/2026"}, ("not_a_day", "date")),
        ({"date": "soon"}, ("not_a_day", "date")),
        ({"date": ""}, ("value_missing", "date")),
        ({"account": ""}, ("value_missing", "account")),
        ({"amount": ""}, ("value_missing", "amount")),
        ({"amount": "1.234,50"}, ("not_an_amount", "amount")),
        ({"currency": ""}, ("value_missing", "currency")),
    ],
)
def test_what_cannot_be_read_is_told_by_row_and_column(bench: Bench, change, found):
    with pytest.raises(RejectedBillError) as error:
        bench.ledger({}, change)

    assert [(one.code, one.column, one.row) for one in error.value.findings] == [(*found, 2)]


def test_a_day_that_could_be_two_says_what_to_set(bench: Bench):
    with pytest.raises(RejectedBillError, match="could be either of two days. Set the date format of the source"):
        bench.ledger({"date": "10/05/2026"})

    delivery = bench.ledger({"date": "10/05/2026"}, date_format="DD/MM/YYYY")
    assert delivery.bills[0].billing_period == date(2026, 5, 1)


@pytest.mark.parametrize("name", ["date", "account", "amount"])
def test_a_file_of_no_known_layout_is_refused(bench: Bench, name):
    with pytest.raises(RejectedBillError) as error:
        imported(bench, csv_text([{title: value for title, value in POSTING_ROW.items() if title != name}]))

    assert str(error.value).startswith("bill.csv has no columns date, account and amount (or debit and credit)")


def test_a_ledger_of_none_but_reconciled_postings_is_refused_and_says_why(bench: Bench):
    with pytest.raises(RejectedBillError) as error:
        bench.ledger({}, reconciled_accounts="6100")

    assert [finding.code for finding in error.value.findings] == ["bill_empty", "reconciled_with_bills"]


@pytest.mark.parametrize(
    "wrong",
    [{"account_map": "6100=Cakes"}, {"reconciled_accounts": "9-1"}, {"unmapped": "hide"}, {"decimal_mark": ";"}],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        KIND.params.model_validate({"path": str(tmp_path), **wrong})


def test_another_account_map_reads_the_same_file_again_and_a_month_that_is_not_in_it_stays(acme, tmp_path):
    folder = tmp_path / "gl"
    folder.mkdir()
    (folder / "actuals.csv").write_text(csv_text([POSTING_ROW]))
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="gl", name="Ledger", kind="ledger", settings={"path": str(folder)}, at=NOW
        )

    def pull() -> str:
        with tenant(acme.id):
            run, _ = request_import(source, trigger="command", at=timezone.now())
        return run_import(acme.id, run_id=run.id, retries=False).state

    assert [pull(), pull()] == ["imported", "unchanged"]
    with tenant(acme.id):
        source.settings = {**source.settings, "account_map": MAP}
        source.save(update_fields=["settings"])
    assert [pull(), pull()] == ["imported", "unchanged"]

    (folder / "actuals.csv").write_text(csv_text([{**POSTING_ROW, "date": "2026-11-05"}]))
    assert pull() == "imported"
    with tenant(acme.id):
        told = BillRevision.objects.order_by("bill__billing_period", "number")
        assert [(f"{one.bill.billing_period:%Y-%m}", one.number) for one in told.select_related("bill")] == [
            ("2026-10", 1),
            ("2026-10", 2),
            ("2026-11", 1),
        ]
        assert BillRevision.objects.filter(bill__current_revision__isnull=False).count() == 3


def two_files(bench: Bench, first: list[dict[str, str]], second: list[dict[str, str]], **settings: str):
    given = {"a.csv": first, "b.csv": second}
    files = [
        bench.archived(csv_text([{**POSTING_ROW, **row} for row in rows]), name=name) for name, rows in given.items()
    ]
    return bench.normalized("ledger", *files, account_map=MAP, **settings)


def system_rows(titles: str, *rows: str) -> list[dict[str, str]]:
    return [dict(zip(titles.split("|"), row.split("|"), strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("titles", "rows", "again"),
    [
        ("posting_id", ["p1", "p2"], "p2"),
        ("line|year", ["1|2026", "2|2026"], "2|2026"),
        ("line|company", ["1|Acme", "1|Acme Ltd"], "1|Acme Ltd"),
    ],
)
def test_a_posting_of_two_files_counts_once_by_its_id(bench: Bench, titles: str, rows: list[str], again: str):
    delivery = two_files(bench, system_rows(titles, *rows), system_rows(titles, again))

    assert delivery.bills[0].totals["EUR"].billed_cost == 2000
    (finding,) = delivery.findings
    assert (finding.code, finding.severity) == ("postings_twice", "info")
    assert finding.message == "1 postings of b.csv are in a.csv too, by their ids, and were counted once."


@pytest.mark.parametrize(
    ("titles", "row", "other"),
    [
        (
            "Date|Document Number|Internal ID|Line ID|Account|Memo|Amount|Currency",
            "2026-10-05|B-1|77|{}|6100 Software|License|5|EUR",
            ("1", "2"),
        ),
        (
            "Posting Date|Document Number|Line item|Fiscal Year|Company Code|Account|Amount in local currency|Local Currency",
            "2026-10-05|490001|{}|2026|1000|6100|5|EUR",
            ("001", "002"),
        ),
    ],
)
def test_netsuite_and_sap_number_the_lines_of_a_document(bench: Bench, titles: str, row: str, other: tuple[str, str]):
    one, two = other
    first = csv_text(system_rows(titles, row.format(one), row.format(two)))
    second = csv_text(system_rows(titles, row.format(two), row.format("9")))

    files = [bench.archived(text, name=name) for name, text in (("a.csv", first), ("b.csv", second))]
    delivery = bench.normalized("ledger", *files, account_map=MAP)

    assert delivery.bills[0].totals["EUR"].billed_cost == 15
    assert [finding.code for finding in delivery.findings] == ["postings_twice"]


def test_equal_rows_without_an_id_and_equal_rows_of_one_file_are_all_kept(bench: Bench):
    """The control: only an id tells that two rows are one posting, and a file says nothing twice for nothing."""
    assert two_files(bench, [{}], [{}]).bills[0].totals["EUR"].billed_cost == 2000
    same = [{"posting_id": "p1"}, {"posting_id": "p1"}]
    assert two_files(bench, same, [{"posting_id": "p2"}]).bills[0].totals["EUR"].billed_cost == 3000


def test_a_column_that_happens_to_be_called_posting_is_no_id(bench: Bench):
    """NetSuite says in it whether a transaction is posted at all."""
    assert two_files(bench, [{"posting": "Yes"}], [{"posting": "Yes"}]).bills[0].totals["EUR"].billed_cost == 2000


def test_the_words_of_a_posting_may_differ_between_files(bench: Bench):
    delivery = two_files(bench, [{"posting_id": "p1"}], [{"posting_id": "p1", "description": "Wages"}])

    assert values(delivery, "charge_description") == [("Payroll October",)]


@pytest.mark.parametrize(
    "change",
    [{"amount": "1000.01"}, {"date": "2026-11-05"}, {"account": "6210"}, {"cost_center": "1"}, {"currency": "USD"}],
)
def test_a_posting_that_two_files_tell_otherwise_is_refused_with_its_place(bench: Bench, change: dict[str, str]):
    with pytest.raises(RejectedBillError) as caught:
        two_files(bench, [{"posting_id": "p1"}], [{"posting_id": "p2"}, {"posting_id": "p1", **change}])

    (finding,) = caught.value.findings
    assert (finding.code, finding.file, finding.row, finding.column) == ("posting_differs", "b.csv", 2, "posting_id")
    assert "that a.csv has with another day, account, amount or cost center" in finding.message


def test_what_is_left_out_for_another_reason_is_told_with_each_posting_once(bench: Bench):
    rows = [{"posting_id": "p1", "account": "6500"}, {"posting_id": "p2"}]

    delivery = two_files(bench, rows, rows, reconciled_accounts="6500")

    assert [finding.message for finding in delivery.findings] == [
        "Postings of reconciled accounts come as bills of their own and were not added a second time: No vendor 1000 EUR.",
        "2 postings of b.csv are in a.csv too, by their ids, and were counted once.",
    ]
