"""The sample company's bills: exact, complete and the same every time."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from itfm.demo import company, organization
from itfm.demo.company import DemoCompany

CHARGES = 6_000
LAST_MONTH = date(2026, 10, 1)

Row = dict[str, str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=CHARGES, months=4, last_month=LAST_MONTH)


def rows_of(paths: list[Path]) -> Iterator[Row]:
    for path in sorted(paths):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def cur2_rows(folder: Path, month: str) -> list[Row]:
    return list(rows_of(list(folder.glob(f"cur2/*/data/BILLING_PERIOD={month}/*.csv.gz"))))


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_writes_the_same_bytes_for_the_same_arguments(tmp_path):
    company.write(tmp_path / "one", charges=3_000, months=2, last_month=LAST_MONTH, seed=7)
    company.write(tmp_path / "two", charges=3_000, months=2, last_month=LAST_MONTH, seed=7)
    company.write(tmp_path / "three", charges=3_000, months=2, last_month=LAST_MONTH, seed=8)

    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert digest(tmp_path / "one") != digest(tmp_path / "three")


def test_the_last_month_has_exactly_the_charges_asked_for(demo):
    assert sum(total.charges for (_, month), total in demo.totals.items() if month == "2026-10") == CHARGES


def test_refuses_a_company_of_too_few_charges(tmp_path):
    with pytest.raises(company.TooFewChargesError, match="at least 3,000"):
        company.write(tmp_path, charges=2_999, last_month=LAST_MONTH)


def test_cur2_totals_tie_with_the_files(demo):
    for (source, month), total in demo.totals.items():
        if source == "aws-cur2":
            rows = cur2_rows(demo.folder / "aws-cur2", month)

            assert len(rows) == total.charges
            assert sum(Decimal(row["line_item_unblended_cost"]) for row in rows) == total.cost


def test_price_times_quantity_is_the_cost_of_each_use(demo):
    rows = [row for row in cur2_rows(demo.folder / "aws-cur2", "2026-10") if row["line_item_line_item_type"] == "Usage"]

    assert len(rows) > 1_000
    for row in rows:
        product = Decimal(row["line_item_usage_amount"]) * Decimal(row["line_item_unblended_rate"])
        assert product == Decimal(row["line_item_unblended_cost"])


def test_savings_plan_negations_cancel_the_covered_usage_of_each_day(demo):
    by_day: dict[str, list[Decimal]] = {}
    for row in cur2_rows(demo.folder / "aws-cur2", "2026-10"):
        if row["line_item_line_item_type"] in ("SavingsPlanCoveredUsage", "SavingsPlanNegation"):
            day = by_day.setdefault(row["line_item_usage_start_date"][:10], [])
            day.append(Decimal(row["line_item_unblended_cost"]))

    assert len(by_day) == 31
    assert all(sum(amounts) == 0 and max(amounts) > 0 for amounts in by_day.values())


def test_a_savings_plan_fee_is_its_used_and_its_unused_commitment(demo):
    rows = cur2_rows(demo.folder / "aws-cur2", "2026-10")
    used: dict[str, Decimal] = {}
    for row in rows:
        if row["line_item_line_item_type"] == "SavingsPlanCoveredUsage":
            day = row["line_item_usage_start_date"][:10]
            effective = Decimal(row["savings_plan_savings_plan_effective_cost"])
            used[day] = used.get(day, Decimal(0)) + effective
    fees = [row for row in rows if row["line_item_line_item_type"] == "SavingsPlanRecurringFee"]

    assert len(fees) == 31
    for fee in fees:
        committed = Decimal(fee["savings_plan_total_commitment_to_date"])
        assert committed == Decimal(fee["line_item_unblended_cost"])
        assert Decimal(fee["savings_plan_used_commitment"]) == used[fee["line_item_usage_start_date"][:10]] <= committed
    assert any(
        Decimal(fee["savings_plan_used_commitment"]) < Decimal(fee["savings_plan_total_commitment_to_date"])
        for fee in fees
    )


def test_a_reservation_fee_is_its_used_and_its_unused_part(demo):
    rows = cur2_rows(demo.folder / "aws-cur2", "2026-10")
    used: dict[str, Decimal] = {}
    for row in rows:
        if row["line_item_line_item_type"] == "DiscountedUsage":
            arn = row["reservation_reservation_a_r_n"]
            used[arn] = used.get(arn, Decimal(0)) + Decimal(row["reservation_effective_cost"])
            assert Decimal(row["line_item_unblended_cost"]) == 0
    fees = {
        row["reservation_reservation_a_r_n"]: row for row in rows if row["line_item_line_item_type"] == "RIFee"
    }  # fmt: skip

    assert used.keys() == fees.keys()
    for arn, fee in fees.items():
        unused = Decimal(fee["reservation_unused_recurring_fee"])
        assert unused > 0
        assert used[arn] + unused == Decimal(fee["line_item_unblended_cost"])


def test_cur2_manifests_name_exactly_the_files_delivered(demo):
    folder = demo.folder / "aws-cur2"
    manifests = sorted(folder.rglob("*-Manifest.json"))

    named = [name for path in manifests for name in json.loads(path.read_text())["dataFiles"]]

    delivered = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv.gz"))
    assert len(manifests) == 4
    assert sorted(name.split("/", 3)[3] for name in named) == delivered


def test_credits_refunds_and_taxes_stand_on_the_bill(demo):
    by_type: dict[str, list[Decimal]] = {}
    for row in cur2_rows(demo.folder / "aws-cur2", "2026-10"):
        by_type.setdefault(row["line_item_line_item_type"], []).append(Decimal(row["line_item_unblended_cost"]))

    assert all(amount < 0 for kind in ("Credit", "Refund") for amount in by_type[kind])
    assert all(amount > 0 for kind in ("Tax", "Fee") for amount in by_type[kind])


def test_every_team_spends_and_some_people_misspell_it(demo):
    tags = [json.loads(row["resource_tags"]).get("user_team") for row in cur2_rows(demo.folder / "aws-cur2", "2026-10")]
    products = {
        json.loads(row["resource_tags"]).get("user_product") for row in cur2_rows(demo.folder / "aws-cur2", "2026-10")
    }

    assert len(organization.TEAMS) == 40
    assert {team.product for team in organization.TEAMS} <= products
    assert {"paymnts", "serach", "inventroy"} <= set(tags)
    assert None in tags


def usage_costs(rows: list[Row], *, of_s3: bool) -> list[Decimal]:
    return [
        Decimal(row["line_item_unblended_cost"])
        for row in rows
        if row["line_item_line_item_type"] == "Usage" and (row["line_item_product_code"] == "AmazonS3") == of_s3
    ]


def test_the_restated_month_differs_only_where_it_was_restated(demo):
    [(month, total)] = demo.restated.totals.items()
    first = cur2_rows(demo.folder / "aws-cur2", month)

    second = cur2_rows(demo.restated.folder, month)

    assert month == "2026-08"
    assert len(second) == len(first) + 1
    assert sum(Decimal(row["line_item_unblended_cost"]) for row in second) == total.cost
    assert total.cost != demo.totals["aws-cur2", month].cost
    assert usage_costs(second, of_s3=False) == usage_costs(first, of_s3=False)
    assert sum(usage_costs(second, of_s3=True)) > sum(usage_costs(first, of_s3=True))


def test_a_service_that_is_new_this_year_is_absent_before(tmp_path):
    demo = company.write(tmp_path, charges=3_000, months=7, last_month=LAST_MONTH)

    def services(month: str) -> set[str]:
        return {row["line_item_product_code"] for row in cur2_rows(demo.folder / "aws-cur2", month)}

    assert "AmazonBedrock" not in services("2026-04")
    assert "AmazonBedrock" in services("2026-05")


def test_tells_how_far_it_is(tmp_path):
    told: list[tuple[str, int, int]] = []

    company.write(tmp_path, charges=3_000, months=1, last_month=LAST_MONTH, progress=lambda *step: told.append(step))

    assert [name for name, _, _ in told] == [
        "aws-cur2 2026-10",
        "aws-cur 2026-10",
        "focus 2026-10",
        "azure-ea 2026-10",
        "gcp 2026-10",
        "azure-mca 2026-10",
        "aws-focus 2026-10",
        "azure-focus 2026-10",
        "aws-cur2 2026-10",
    ]
    assert told[-2][1] == 3_000
    # 51 % of the charges are the first source's; restated, it has one more.
    assert told[-1][1] == told[-1][2] == 3_000 + 1_531


def legacy_rows(folder: Path, month: str) -> list[Row]:
    return list(rows_of(list(folder.glob(f"reports/*/{month.replace('-', '')}01-*/*/*.csv.gz"))))


def focus_rows(folder: Path, month: str) -> list[dict[str, Any]]:
    [path] = folder.glob(f"focus/*/data/BILLING_PERIOD={month}/*.parquet")
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def test_legacy_totals_tie_with_the_files(demo):
    for (source, month), total in demo.totals.items():
        if source == "aws-cur":
            rows = legacy_rows(demo.folder / "aws-cur", month)

            assert len(rows) == total.charges
            assert sum(Decimal(row["lineItem/UnblendedCost"]) for row in rows) == total.cost
            assert {row["bill/PayerAccountId"] for row in rows} == {"520000000009"}


def test_focus_totals_tie_with_the_files(demo):
    for (source, month), total in demo.totals.items():
        if source == "focus":
            rows = focus_rows(demo.folder / "focus", month)

            assert len(rows) == total.charges
            assert sum(row["BilledCost"] for row in rows) == total.cost
            assert {row["BillingCurrency"] for row in rows} == {total.currency} == {"EUR"}


def test_focus_prices_times_quantities_are_the_costs_of_each_use(demo):
    rows = [
        row
        for row in focus_rows(demo.folder / "focus", "2026-10")
        if row["ChargeCategory"] == "Usage" and row["ChargeClass"] is None
    ]

    assert len(rows) > 500
    for row in rows:
        assert row["PricingQuantity"] * row["ListUnitPrice"] == row["ListCost"]
        assert row["PricingQuantity"] * row["ContractedUnitPrice"] == row["ContractedCost"] == row["BilledCost"]


def test_legacy_manifests_name_the_files_and_the_columns_delivered(demo):
    folder = demo.folder / "aws-cur"
    manifests = sorted(folder.glob("reports/*/*/*-Manifest.json"))

    for path in manifests:
        manifest = json.loads(path.read_text())
        [key] = manifest["reportKeys"]
        with gzip.open(folder / key, "rt", encoding="utf-8") as file:
            header = file.readline().rstrip("\n").split(",")
        assert [f"{column['category']}/{column['name']}" for column in manifest["columns"]] == header
    assert len(manifests) == 4


def test_legacy_headers_are_those_of_the_report(demo):
    [row, *_] = legacy_rows(demo.folder / "aws-cur", "2026-10")

    expected = {
        "identity/LineItemId", "bill/BillingPeriodStartDate", "lineItem/LineItemType", "lineItem/UnblendedCost",
        "pricing/publicOnDemandCost", "pricing/RateCode", "pricing/unit", "product/ProductName", "product/regionCode",
        "reservation/EffectiveCost", "reservation/ReservationARN", "reservation/UnusedRecurringFee",
        "savingsPlan/SavingsPlanARN", "savingsPlan/SavingsPlanEffectiveCost", "savingsPlan/TotalCommitmentToDate",
        "resourceTags/user:team",
    }  # fmt: skip
    assert expected <= row.keys()


def test_all_usage_lies_within_its_billing_period(demo):
    for row in cur2_rows(demo.folder / "aws-cur2", "2026-09"):
        assert "2026-09-01T00:00:00.000Z" <= row["line_item_usage_start_date"] < row["line_item_usage_end_date"]
        assert row["line_item_usage_end_date"] <= "2026-10-01T00:00:00.000Z"


def test_an_outage_makes_the_checkout_team_spend_more_for_three_days(demo):
    by_day: dict[str, Decimal] = {}
    for row in cur2_rows(demo.folder / "aws-cur2", "2026-10"):
        is_checkout = json.loads(row["resource_tags"]).get("user_product") == "checkout-service"
        if is_checkout and row["line_item_line_item_type"] == "Usage":
            day = row["line_item_usage_start_date"][:10]
            by_day[day] = by_day.get(day, Decimal(0)) + Decimal(row["line_item_unblended_cost"])

    days = sorted(by_day, key=lambda day: by_day[day])

    assert set(days[-3:]) == {"2026-10-12", "2026-10-13", "2026-10-14"}
