"""Costs by day, account and service, as AWS Cost Explorer tells them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.connectors.aws_cost_explorer import KIND, CostExplorerSettings
from ingestion.delivery import DeliveryError, archive
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from tests.fakes.cost_explorer import cost_explorer
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.ingestion.normalize.bills import Bench, values

EC2 = "Amazon Elastic Compute Cloud - Compute"
GROUPS = {
    "Usage": [
        ("111111111111", EC2, "0.1234567891", "0.1234567891"),
        ("222222222222", "AWS Lambda", "2", "2"),
    ],
    "SavingsPlanRecurringFee": [("111111111111", "Savings Plans for AWS Compute usage", "1", "0")],
    "SavingsPlanCoveredUsage": [("111111111111", EC2, "0", "1")],
    "Tax": [("111111111111", "Tax", "0.19", "0.19")],
}
HEADER = "date,record_type,account_id,account_name,service,unblended_cost,net_amortized_cost,currency,is_estimated"
LINE = "2026-10-05,Usage,111111111111,Shop,AWS Lambda,1.5,1.25,USD,false"


def settings(url: str, **changes: str) -> CostExplorerSettings:
    told = {
        "endpoint_url": url, "access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY,
        "first_month": "2026-09", **changes,
    }  # fmt: skip
    return CostExplorerSettings.model_validate(told, context=Reach(allows_private=True, attempts=1))


def test_a_month_is_asked_page_by_page_and_adds_up(bench: Bench, tmp_path: Path):
    with cost_explorer(GROUPS) as fake:
        told = settings(fake.url)
        deliveries = KIND.discover(told)
        first, second = (archive(KIND.open(told), deliveries[0].files[0], root=tmp_path) for _ in range(2))
    delivery = bench.normalized("aws_cost_explorer", first)

    assert first.sha256 == second.sha256
    assert deliveries[0].billing_period == date(2026, 9, 1)
    assert delivery.row_counts == (30 * 5,)
    totals = delivery.bills[0].totals["USD"]
    # 30 days of 0.1234567891 + 2 + 1 + 0.19, and the fee spread over what it covers.
    assert totals.source == totals.billed_cost == totals.effective_cost == 30 * Decimal("3.3134567891")
    rows = values(delivery, "charge_category, pricing_category, service_name, sub_account_name, billed_cost")
    assert {row for row in rows if row[3] == "Shop"} == {
        ("Usage", "Standard", EC2, "Shop", Decimal("0.1234567891")),
        ("Usage", "Committed", EC2, "Shop", Decimal(0)),
        ("Purchase", "Standard", "Savings Plans for AWS Compute usage", "Shop", Decimal(1)),
        ("Tax", None, "Tax", "Shop", Decimal("0.19")),
    }


def test_known_services_have_their_category(bench: Bench):
    delivery = bench.normalized("aws_cost_explorer", bench.archived(f"{HEADER}\n{LINE}\n"))

    assert values(
        delivery, "service_name, service_category, billed_cost, effective_cost, charge_period_start, charge_period_end"
    ) == [("AWS Lambda", "Compute", Decimal("1.5"), Decimal("1.25"), datetime(2026, 10, 5), datetime(2026, 10, 6))]


@pytest.mark.parametrize(
    ("header", "line", "code", "place"),
    [
        (HEADER.replace("service", "product"), LINE, "column_missing", (0, "service")),
        (HEADER, LINE.replace("1.5", "free"), "not_a_number", (1, "unblended_cost")),
        (HEADER, LINE.replace("Usage", ""), "record_type_missing", (1, "record_type")),
        (HEADER, LINE.replace("USD", "$"), "currency_unknown", (1, "currency")),
    ],
)
def test_what_is_wrong_is_told_by_file_row_and_column(bench: Bench, header, line, code, place):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("aws_cost_explorer", bench.archived(f"{header}\n{line}\n"))

    found = refused.value.findings[0]
    assert (found.file, found.row, found.column, found.code) == ("bill.csv", *place, code)


def test_keys_that_are_not_known_are_told_in_a_sentence():
    with cost_explorer(GROUPS, key="AKIAOTHER") as fake, pytest.raises(DeliveryError) as refused:
        # On the first of a month there is no day to ask for yet.
        KIND.discover(settings(fake.url, first_month=f"{datetime.now(UTC):%Y-%m}"))

    assert refused.value.code == "bad_credentials"
    assert "Check the source's access keys." in str(refused.value)
