"""Published bills with known totals (sums made with Python's decimal module from the files)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ingestion.normalize.bills import SAMPLES, Bench

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not on this machine")


def import_sample(bench: Bench, kind: str, sample: str):
    path = SAMPLES / sample
    return bench.normalized(kind, bench.archived(path.read_bytes(), name=Path(sample).name))


def test_the_focus_1_0_sample_has_its_totals_in_two_billing_periods(bench: Bench):
    delivery = import_sample(bench, "focus", "focus-1.0/focus_sample.csv")

    september, october = delivery.bills
    assert (september.billing_period, september.row_count) == (date(2024, 9, 1), 999)
    assert (october.billing_period, october.row_count) == (date(2024, 10, 1), 1)
    assert september.totals["USD"].billed_cost == Decimal("20.28022672899")
    assert october.totals["USD"].billed_cost == Decimal("0.24")
    both = [september.totals["USD"], october.totals["USD"]]
    assert sum(totals.list_cost for totals in both) == Decimal("20.39090575119")
    assert sum(totals.effective_cost for totals in both) == Decimal("14.97651418586")
    assert sum(totals.contracted_cost for totals in both) == Decimal("14.97626039326")
    assert delivery.row_counts == (1000,)


def test_the_legacy_report_has_its_total(bench: Bench):
    delivery = import_sample(bench, "aws_cur", "aws-legacy-cur/sample-anonymous-aws-export-dataset.csv")

    (bill,) = delivery.bills
    assert bill.row_count == 1281
    assert bill.totals["USD"].billed_cost == Decimal("1.68230869740")
    assert bill.totals["USD"].source == Decimal("1.68230869740")


def test_covered_usage_without_its_negation_keeps_what_the_file_bills(bench: Bench):
    delivery = import_sample(bench, "aws_cur", "aws-cur-small/2023-06-01.csv")

    (bill,) = delivery.bills
    assert bill.totals["NOK"].billed_cost == Decimal(30)
    assert bill.totals["NOK"].effective_cost == Decimal("0.3")


def test_the_google_cloud_sample_has_its_total(bench: Bench):
    delivery = import_sample(bench, "gcp_csv", "gcp/2022-08-01_5.csv")

    (bill,) = delivery.bills
    assert (bill.billing_period, bill.row_count) == (date(2022, 8, 1), 9)
    assert bill.totals["USD"].billed_cost == bill.totals["USD"].source == Decimal("0.000012")


@pytest.mark.parametrize(
    ("scenario", "billed", "effective", "rows"),
    [
        ("purchase_scenario_1", "8760", "0", 1),
        ("purchase_scenario_2", "3", "0", 3),
        ("purchase_scenario_3", "4381.50", "0", 4),
        ("usage_scenario_1", "0", "1", 1),
        ("usage_scenario_2", "0", "1", 1),
        ("usage_scenario_3", "0", "1", 2),
        ("usage_scenario_4", "0.50", "1.50", 2),
    ],
)
def test_the_commitment_examples_import_though_columns_are_missing(bench: Bench, scenario, billed, effective, rows):
    delivery = import_sample(bench, "focus", f"focus-1.2-commitments/commitment_discount_{scenario}.csv")

    (bill,) = delivery.bills
    assert bill.row_count == rows
    assert bill.totals["USD"].billed_cost == Decimal(billed)
    assert bill.totals["USD"].effective_cost == Decimal(effective)
    told = {(finding.code, finding.column) for finding in delivery.findings}
    assert ("currency_missing", "BillingCurrency") in told
    assert ("column_missed", "ServiceName") in told
    assert {finding.severity for finding in delivery.findings} == {"warning"}


def test_azures_actual_cost_has_its_total(bench: Bench):
    delivery = import_sample(bench, "azure_export", "azure-ea/EA_ActualCost_Small.csv")

    (bill,) = delivery.bills
    assert (bill.billing_period, bill.row_count) == (date(2023, 9, 1), 11)
    assert bill.totals["USD"].billed_cost == bill.totals["USD"].source == Decimal("8.5450077867419368")
    assert [finding.code for finding in delivery.findings] == ["amortized_missing"]


def test_azures_amortized_cost_has_its_total_but_for_the_rounding_it_tells(bench: Bench):
    # The file's 16.296932136636644627485419 less the 0.000000000000000000485419 that three rows are rounded by.
    delivery = import_sample(bench, "azure_export", "azure-ea/EA_AmortizedCost_Small.csv")

    (bill,) = delivery.bills
    assert bill.row_count == 28
    assert bill.totals["USD"].effective_cost == Decimal("16.296932136636644627")
    # 0.493152 are covered by a reservation and 0.006000000468 by a savings plan.
    assert bill.totals["USD"].billed_cost == Decimal("15.797780136168644627")
    assert [finding.code for finding in delivery.findings] == ["actual_missing", "rounded"]
    assert delivery.findings[1].message.endswith("by -0.000000000000000000485419 in all.")


def test_both_of_azures_samples_are_one_bill_that_says_how_they_differ(bench: Bench):
    # 15.797780136168644627 of amortized cost and a purchase of 3.25; the ten other rows of actual cost are left out.
    folder = SAMPLES / "azure-ea"
    files = [bench.archived(path.read_bytes(), name=path.name) for path in sorted(folder.glob("EA_*.csv"))]

    delivery = bench.normalized("azure_export", *files)

    (bill,) = delivery.bills
    assert bill.row_count == 29
    assert bill.totals["USD"].billed_cost == Decimal("19.047780136168644627")
    assert bill.totals["USD"].effective_cost == Decimal("16.296932136636644627")
    assert [finding.code for finding in delivery.findings] == ["exports_differ", "rounded"]
    assert "was left out (10 rows, 5.2950077867419368 USD)" in delivery.findings[0].message
