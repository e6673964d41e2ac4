"""What assets become, worked by hand."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from ingestion.focus.findings import RejectedBillError
from tests.ingestion.normalize.bills import ASSET_ROW, Bench, csv_text, values

COLUMNS = "charge_category, charge_frequency, charge_period_start, billed_cost, effective_cost"


def sums(delivery) -> tuple[Decimal, Decimal]:
    """Return billed and effective cost over all bills."""
    totals = [one for bill in delivery.bills for one in bill.totals.values()]
    return sum(one.billed_cost for one in totals), sum(one.effective_cost for one in totals)


def test_an_asset_is_billed_when_it_is_bought_and_costs_its_part_each_day_in_service(bench: Bench):
    # 900 over the 28 days of February and the 31 of March: 15.254237288135 a day, cut by what is due so far.
    delivery = bench.assets({})

    january, february, march = delivery.bills
    assert values(delivery, COLUMNS) == [
        ("Purchase", "One-Time", datetime(2026, 1, 15), Decimal(1000), Decimal(0)),
    ]
    assert values(delivery, COLUMNS, bill=1)[0] == (
        "Usage", "Recurring", datetime(2026, 2, 1), Decimal(0), Decimal("15.254237288135")
    )  # fmt: skip
    assert february.totals["EUR"].effective_cost == Decimal("427.118644067796")
    assert march.totals["EUR"].effective_cost == Decimal("472.881355932204")
    assert (january.row_count, february.row_count, march.row_count) == (1, 28, 31)


def test_while_it_is_kept_the_salvage_value_is_billed_and_never_spent(bench: Bench):
    assert sums(bench.assets({})) == (Decimal(1000), Decimal(900))


@pytest.mark.parametrize("method", ["straight_line", "declining_balance"])
@pytest.mark.parametrize(
    ("disposed", "proceeds"),
    [("2026-01-20", "0"), ("2026-02-01", "999"), ("2026-03-03", "123.45"), ("2027-01-01", "250")],
)
def test_once_it_is_gone_as_much_is_spent_as_is_billed_cost_less_proceeds(
    bench: Bench, method: str, disposed: str, proceeds: str
):
    delivery = bench.assets({"disposal_date": disposed, "disposal_proceeds": proceeds, "method": method})

    assert sums(delivery) == (Decimal(1000) - Decimal(proceeds),) * 2


def test_what_is_in_the_books_is_taken_when_it_goes_and_what_it_is_sold_for_is_a_credit(bench: Bench):
    # Two of 59 days were taken: 900 x 2 / 59 = 30.508474576271.
    delivery = bench.assets({"disposal_date": "2026-02-03", "disposal_proceeds": "400"})

    assert values(delivery, COLUMNS, bill=1)[2:] == [
        ("Adjustment", "One-Time", datetime(2026, 2, 3), Decimal(0), Decimal("969.491525423729")),
        ("Credit", "One-Time", datetime(2026, 2, 3), Decimal(-400), Decimal(-400)),
    ]


def test_billed_less_spent_is_the_book_value_at_the_end_of_any_month(bench: Bench):
    delivery = bench.assets({}, last_month="2026-02")

    billed, effective = sums(delivery)
    assert billed - effective == Decimal("572.881355932204")


def test_the_balance_declines_by_a_rate_a_percentage_or_a_factor(bench: Bench):
    # A year of 365 days at 36.5 % of 1000 is 1 a day; twice the straight line of 24 months is all in the first year.
    declining = {"in_service_date": "2026-01-01", "life_months": "36", "method": "Declining balance"}
    by_rate = {**declining, "salvage_value": "0", "rate": "0.365"}

    delivery = bench.assets(
        by_rate,
        {**by_rate, "asset_id": "A-2", "rate": "36.5 %"},
        {**by_rate, "asset_id": "A-3", "rate": "", "factor": "1.095"},
        last_month="2026-01",
    )

    spent = values(delivery, "x_row_number, effective_cost")
    # Straight line over the three years would be less: 1000 / 3 a year.
    assert [cost for row, cost in spent if cost][:1] == [Decimal(1)]
    assert sums(delivery)[1] == Decimal(93)


def test_without_a_rate_the_balance_declines_by_twice_the_straight_line(bench: Bench):
    line = {"in_service_date": "2026-01-01", "life_months": "60", "method": "declining_balance", "salvage_value": "0"}

    delivery = bench.assets(line, last_month="2026-12")

    assert sums(delivery) == (Decimal(1000), Decimal(400))


def test_names_and_places_are_kept(bench: Bench):
    delivery = bench.assets({})

    ((tags, *told),) = values(
        delivery,
        "tags, service_name, service_category, service_subcategory, region_id, resource_id, resource_name,"
        " resource_type, service_provider_name, invoice_id, x_asset_class, x_method, x_life_months",
    )
    assert json.loads(str(tags)) == {"team": "core"}
    assert told == [
        "Server", "Compute", "Other (Compute)", "FRA1", "A-1", "Rack 7", "Server", "Metal Works", "INV-7", "Server",
        "straight_line", "2",
    ]  # fmt: skip


def test_the_invoice_is_that_of_the_purchase_alone(bench: Bench):
    delivery = bench.assets({})

    assert values(delivery, "invoice_id") == [("INV-7",)]
    assert set(values(delivery, "invoice_id", bill=1)) == {(None,)}


def test_a_class_tells_the_category_and_a_category_that_is_told_counts(bench: Bench):
    delivery = bench.assets(
        {"class": "Laptops", "service_category": ""},
        {"asset_id": "A-2", "class": "Core switch", "service_category": ""},
        {"asset_id": "A-3", "class": "Chairs", "service_category": ""},
        {"asset_id": "A-4", "class": "Laptops", "service_category": "security"},
    )

    assert values(delivery, "service_category, service_subcategory") == [
        ("Compute", "End User Computing"),
        ("Networking", "Network Infrastructure"),
        ("Other", "Other (Other)"),
        ("Security", "Other (Security)"),
    ]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"cost": "-1", "salvage_value": "0"}, ("cost_negative", "cost")),
        ({"cost": ""}, ("value_missing", "cost")),
        ({"salvage_value": "1000.01"}, ("salvage_beyond_cost", "salvage_value")),
        ({"life_months": "0"}, ("life_missing", "life_months")),
        ({"life_months": "1201"}, ("life_missing", "life_months")),
        ({"method": "units"}, ("word_unknown", "method")),
        ({"method": "declining_balance", "rate": "1.1"}, ("rate_unknown", "rate")),
        ({"method": "declining_balance", "rate": "much"}, ("not_an_amount", "rate")),
        ({"method": "declining_balance", "factor": "-1"}, ("factor_unknown", "factor")),
        ({"purchase_date": "soon"}, ("not_a_day", "purchase_date")),
        ({"disposal_date": "2026-01-14"}, ("gone_before_bought", "disposal_date")),
        ({"disposal_proceeds": "1"}, ("disposal_missing", "disposal_date")),
        ({"disposal_proceeds": "-1", "disposal_date": "2026-03-01"}, ("proceeds_negative", "disposal_proceeds")),
        ({"asset_id": ""}, ("value_missing", "asset_id")),
        ({"currency": "?"}, ("currency_unknown", "currency")),
    ],
)
def test_what_cannot_be_read_is_told_by_row_and_column(bench: Bench, change, found):
    with pytest.raises(RejectedBillError) as error:
        bench.assets(change)

    assert found in [(finding.code, finding.column) for finding in error.value.findings]
    assert {finding.row for finding in error.value.findings} == {1}


def test_an_id_that_stands_twice_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError) as error:
        bench.assets({}, {})

    (finding,) = error.value.findings
    assert (finding.code, finding.row, finding.column) == ("asset_twice", 2, "asset_id")


@pytest.mark.parametrize("name", ["asset_id", "purchase_date", "cost", "currency", "life_months"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, name):
    text = csv_text([{title: value for title, value in ASSET_ROW.items() if title != name}])

    with pytest.raises(RejectedBillError) as error:
        bench.normalized("assets", bench.archived(text))

    assert [finding.column for finding in error.value.findings] == [name]


def test_the_same_register_twice_gives_the_same_bytes(bench: Bench):
    first, second = (bench.assets({}, {"asset_id": "A-2", "life_months": "3"}) for _ in range(2))

    for one, other in zip(first.bills, second.bills, strict=True):
        assert (one.folder / "charges.parquet").read_bytes() == (other.folder / "charges.parquet").read_bytes()
