"""What lines of contracts become, worked by hand."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.amortization import calendar
from ingestion.connectors.contracts import KIND
from ingestion.delivery import DeliveryError
from ingestion.focus.findings import RejectedBillError
from tests.ingestion.normalize.bills import CONTRACT_ROW, Bench, csv_text, decimals, values


def sums(delivery) -> dict[str, tuple[Decimal, Decimal]]:
    """Return billed and effective cost by currency over all bills."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for bill in delivery.bills:
        for currency, totals in bill.totals.items():
            billed, effective = found.get(currency, (Decimal(0), Decimal(0)))
            found[currency] = (billed + totals.billed_cost, effective + totals.effective_cost)
    return found


def refused(bench: Bench, *changes: dict[str, str]) -> list[tuple[str, int | None, str]]:
    with pytest.raises(RejectedBillError) as error:
        bench.contracts(*changes)
    return [(finding.code, finding.row, finding.column) for finding in error.value.findings]


def test_a_term_costs_the_same_each_day_and_is_billed_when_it_is_invoiced(bench: Bench):
    delivery = bench.contracts({})

    columns = "charge_category, charge_frequency, charge_period_start, charge_period_end, billed_cost, effective_cost"
    third = Decimal("33.333333333333")
    assert values(delivery, columns) == [
        ("Usage", "Recurring", datetime(2026, 10, 1), datetime(2026, 10, 2), 0, third),
        ("Usage", "Recurring", datetime(2026, 10, 2), datetime(2026, 10, 3), 0, third),
        ("Usage", "Recurring", datetime(2026, 10, 3), datetime(2026, 10, 4), 0, Decimal("33.333333333334")),
        ("Purchase", "One-Time", datetime(2026, 10, 1), datetime(2026, 10, 2), 100, 0),
    ]
    assert delivery.row_counts == (1,)
    assert delivery.findings == ()


def test_over_the_term_as_much_is_spent_as_is_billed(bench: Bench):
    # Three years from 29 February; 36 invoices of 277.81 and a last one with the rest, all up to 2027-02.
    delivery = bench.contracts(
        {"start_date": "2024-02-29", "end_date": "2027-02-27", "amount": "10001.23", "payment_schedule": "monthly"},
        {"line_id": "2", "start_date": "2025-12-31", "end_date": "2026-12-30", "amount": "-0.000000000000000007"},
        last_month="2027-02",
    )

    assert sums(delivery) == {"EUR": (Decimal("10001.229999999999999993"), Decimal("10001.229999999999999993"))}
    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal("277.81")


def test_names_places_and_seats_are_kept(bench: Bench):
    delivery = bench.contracts({"invoice_id": "INV-9"})

    (tags, *told), *_ = values(
        delivery,
        "tags, service_name, service_category, service_subcategory, invoice_issuer_name, sub_account_id, resource_id,"
        " billing_currency, x_seats, x_seats_assigned, x_seats_active, x_unit_price, x_auto_renews,"
        " x_renewal_notice_date, x_contract_end",
    )
    assert json.loads(str(tags)) == {"cost_center": "4711", "team": "design"}
    assert told == [
        "Acme Design", "Business Applications", "Other (Business Applications)", "Acme Software", "C-1", "C-1/1", "EUR",
        "10", "8", "5", "10", "yes", "2026-09-01", "2026-10-03",
    ]  # fmt: skip
    assert values(delivery, "invoice_id") == [(None,), (None,), (None,), ("INV-9",)]


def test_a_charge_names_the_row_of_the_file_it_comes_from(bench: Bench):
    first, second = {"end_date": "2026-10-02"}, {"line_id": "2", "end_date": "2026-10-01"}

    delivery = bench.contracts(first, second)

    assert values(delivery, "x_file_number, x_row_number") == [(0, 1), (0, 1), (0, 1), (0, 2), (0, 2)]


def test_invoices_may_be_listed_and_lie_outside_the_term(bench: Bench):
    listed = {"payment_schedule": "custom", "invoices": "2026-09-15=60;2026-11-15=40.00"}
    as_json = {"payment_schedule": "", "invoices": '[{"date": "2026-12-01", "amount": 99.5}, "2026-12-02=0.50"]'}
    as_object = {"invoices": '{"2026-12-24": "100"}', "payment_schedule": "Custom"}

    delivery = bench.contracts(listed, as_json, as_object)

    billed = {bill.billing_period.month: bill.totals["EUR"].billed_cost for bill in delivery.bills}
    assert billed == {9: Decimal(60), 10: Decimal(0), 11: Decimal(40), 12: Decimal(200)}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"amount": "1,000"}, ("not_an_amount", 1, "amount")),
        ({"amount": "0.0000000000000000001"}, ("not_an_amount", 1, "amount")),
        ({"amount": "1" * 21}, ("not_an_amount", 1, "amount")),
        ({"amount": "NaN"}, ("not_an_amount", 1, "amount")),
        ({"amount": ""}, ("value_missing", 1, "amount")),
        ({"vendor": " "}, ("value_missing", 1, "vendor")),
        ({"start_date": "31.12.2026"}, ("not_a_day", 1, "start_date")),
        ({"start_date": "2026-02-30"}, ("not_a_day", 1, "start_date")),
        ({"end_date": "2026-09-30"}, ("end_before_start", 1, "end_date")),
        ({"currency": "Euro"}, ("currency_unknown", 1, "currency")),
        ({"service_category": "Cloud"}, ("word_unknown", 1, "service_category")),
        ({"payment_schedule": "weekly"}, ("word_unknown", 1, "payment_schedule")),
        ({"payment_schedule": "custom"}, ("invoices_missing", 1, "invoices")),
        ({"invoices": "2026-10-01=100", "payment_schedule": "monthly"}, ("schedule_twice", 1, "payment_schedule")),
        ({"invoices": "2026-10-01=99", "payment_schedule": ""}, ("invoices_differ", 1, "invoices")),
        ({"invoices": "[1, 2", "payment_schedule": ""}, ("invoices_unreadable", 1, "invoices")),
        ({"invoices": "[[1]]", "payment_schedule": ""}, ("invoices_unreadable", 1, "invoices")),
        ({"invoices": "soon=100", "payment_schedule": ""}, ("invoices_unreadable", 1, "invoices")),
        ({"invoices": '{"2026-10-01": NaN}', "payment_schedule": ""}, ("invoices_unreadable", 1, "invoices")),
        ({"seats": "-1"}, ("not_a_count", 1, "seats")),
        ({"auto_renews": "perhaps"}, ("word_unknown", 1, "auto_renews")),
    ],
)
def test_what_cannot_be_read_is_told_by_row_and_column(bench: Bench, change, found):
    assert refused(bench, change) == [found]


def test_all_faults_of_a_file_are_told_together(bench: Bench):
    faults = refused(bench, {"amount": "much", "currency": ""}, {}, {"start_date": "soon"})

    assert faults == [
        ("not_an_amount", 1, "amount"),
        ("value_missing", 1, "currency"),
        ("not_a_day", 3, "start_date"),
    ]


def test_a_fault_says_what_to_do(bench: Bench):
    with pytest.raises(RejectedBillError) as error:
        bench.contracts({"start_date": "10/01/2026"})

    assert str(error.value) == (
        "bill.csv, row 1: start_date is '10/01/2026', which is no day such as 2026-10-31."
        " Correct it and deliver the file again."
    )


def test_at_most_a_thousand_faults_are_told(bench: Bench):
    assert len(refused(bench, *[{"amount": "x"}] * 1_001)) == 1_000


@pytest.mark.parametrize("name", ["contract_id", "vendor", "start_date", "end_date", "amount", "currency"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, name):
    text = csv_text([{title: value for title, value in CONTRACT_ROW.items() if title != name}])

    with pytest.raises(RejectedBillError) as error:
        bench.normalized("contracts", bench.archived(text))

    assert [finding.column for finding in error.value.findings] == [name]
    assert str(error.value).startswith(f"bill.csv has no column {name}. Is it a list of contracts?")


def test_a_row_of_another_width_is_told_as_in_any_bill(bench: Bench):
    with pytest.raises(RejectedBillError) as error:
        bench.normalized("contracts", bench.archived(csv_text([CONTRACT_ROW]) + "C-2,1\n"))

    assert error.value.findings[0].row == 2


def test_months_to_come_are_told_and_not_charged(bench: Bench):
    # 10 days of 10: six in October; the second half of the price is invoiced in November.
    line = {"start_date": "2026-10-26", "end_date": "2026-11-04", "payment_schedule": ""}

    delivery = bench.contracts({**line, "invoices": "2026-10-26=50;2026-11-01=50"}, last_month="2026-10")

    (bill,) = delivery.bills
    assert (bill.totals["EUR"].billed_cost, bill.totals["EUR"].effective_cost) == (Decimal(50), Decimal(60))
    (finding,) = delivery.findings
    assert finding.message.startswith("After 2026-10 50 EUR will be billed and 40 EUR will be spent.")


def test_the_present_month_is_charged_whole_and_none_after_it(bench: Bench, monkeypatch):
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 2))
    settings = KIND.params.model_validate({"path": str(bench.folder)})
    file = bench.archived(csv_text([{**CONTRACT_ROW, "end_date": "2027-09-30"}]))

    delivery = bench.normalized("contracts", file)

    assert [bill.billing_period for bill in delivery.bills] == [date(2026, 10, 1), date(2026, 11, 1)]
    assert delivery.bills[-1].charges_through == date(2026, 11, 30)
    before = KIND.basis(settings)
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 30))
    assert KIND.basis(settings) == before
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 12, 1))
    assert KIND.basis(settings) != before


def test_months_before_the_first_are_left_out_and_told(bench: Bench):
    delivery = bench.contracts({"start_date": "2026-09-30", "end_date": "2026-10-01"}, first_month="2026-10")

    assert sums(delivery) == {"EUR": (Decimal(0), Decimal(50))}
    (finding,) = delivery.findings
    assert finding.message.startswith("Before 2026-10-01 100 EUR were billed and 50 EUR were spent.")


def test_a_list_without_any_charge_yet_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError) as error:
        bench.contracts({"start_date": "2027-01-01", "end_date": "2027-12-31"})

    assert error.value.code == "bill_empty"


def test_a_line_that_stands_twice_and_seats_beyond_those_bought_are_told(bench: Bench):
    delivery = bench.contracts({"seats_assigned": "11"}, {})

    assert [(finding.code, finding.row) for finding in delivery.findings] == [("seats_exceeded", 1), ("row_twice", 2)]
    assert sums(delivery) == {"EUR": (Decimal(200), Decimal(200))}


def test_packed_and_parquet_files_are_the_same_list(bench: Bench):
    row = {**CONTRACT_ROW, "amount": Decimal("100.00"), "start_date": date(2026, 10, 1), "seats": 10}
    path = bench.folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([row]), path)
    plain = bench.contracts({})

    packed = bench.archived(gzip.compress(csv_text([CONTRACT_ROW]).encode()), name="bill.csv.gz")
    columnar = bench.archived(path.read_bytes(), name="rows.parquet")

    columns = "charge_period_start, billed_cost, effective_cost, x_seats, tags"
    for file in (packed, columnar):
        delivery = bench.normalized("contracts", file, last_month="2026-12")
        assert values(delivery, columns) == values(plain, columns)


def test_two_files_are_one_list_and_the_same_list_twice_gives_the_same_bytes(bench: Bench):
    long = {"start_date": "2026-09-01", "end_date": "2026-12-31"}
    files = [
        bench.archived(csv_text([{**CONTRACT_ROW, **long}] * 40), name="a.csv"),
        bench.archived(csv_text([{**CONTRACT_ROW, **long, "contract_id": "C-2"}] * 40), name="b.csv"),
    ]

    first, second = (bench.normalized("contracts", *files, last_month="2026-12") for _ in range(2))

    assert first.row_counts == (40, 40)
    for one, other in zip(first.bills, second.bills, strict=True):
        assert (one.folder / "charges.parquet").read_bytes() == (other.folder / "charges.parquet").read_bytes()
    assert len(first.bills) == 4


def test_titles_may_be_written_as_people_do(bench: Bench):
    titles = {"contract_id": "Contract ID", "start_date": "Start date", "end_date": "EndDate", "tag:team": "Tag:Team"}
    text = csv_text([{titles.get(name, name): value for name, value in CONTRACT_ROW.items()}])

    delivery = bench.normalized("contracts", bench.archived(text), last_month="2026-12")

    ((tags,), *_) = values(delivery, "tags")
    assert json.loads(str(tags)) == {"cost_center": "4711", "Team": "design"}
    assert values(delivery, "effective_cost")[:1] == decimals("33.333333333333")


def place(tmp_path, *paths: str):
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(csv_text([CONTRACT_ROW]))
    return KIND.discover(KIND.params.model_validate({"path": str(tmp_path)}))


def test_all_files_of_a_folder_are_one_list(tmp_path):
    (delivery,) = place(tmp_path, "a.csv", "b.csv")

    assert [file.path for file in delivery.files] == ["a.csv", "b.csv"]


def test_of_folders_named_for_months_the_newest_is_the_list(tmp_path):
    (delivery,) = place(tmp_path, "20260901-20261001/a.csv", "20261001-20261101/a.csv")

    assert [file.path for file in delivery.files] == ["20261001-20261101/a.csv"]
    assert delivery.billing_period is None


def test_lists_in_and_beside_such_folders_are_refused(tmp_path):
    with pytest.raises(DeliveryError, match="Both 20260901-20261001 and a.csv may be the list that counts"):
        place(tmp_path, "a.csv", "20260901-20261001/a.csv")


def test_the_first_month_may_not_be_after_the_last(tmp_path):
    with pytest.raises(ValueError, match="The first month is after the last one"):
        KIND.params.model_validate({"path": str(tmp_path), "first_month": "2026-02", "last_month": "2026-01"})
