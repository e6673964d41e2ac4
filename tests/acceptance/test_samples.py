"""Real bills with known totals, imported by the command line and added up to the last digit."""

from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from tests.cli.commands import import_bill, itfm
from tests.shared import SAMPLES, needs_samples

pytestmark = [needs_samples, pytest.mark.django_db]


def totals(bill, currency="USD"):
    return {name: Decimal(cost) for name, cost in bill["totals"][currency].items()}


def test_a_legacy_cur_of_1281_rows_comes_in_exactly(tmp_path):
    code, told = import_bill(SAMPLES / "aws-legacy-cur", "aws_cur")

    assert (code, told["status"], told["error"]) == (0, "imported", None)
    (bill,) = told["bills"]
    assert bill["rows"] == 1281
    assert totals(bill)["billed_cost"] == Decimal("1.68230869740")


def test_a_legacy_cur_keeps_usage_and_tax_apart(tmp_path):
    _, told = import_bill(SAMPLES / "aws-legacy-cur", "aws_cur")
    period = told["bills"][0]["billing_period"]
    itfm("charges", "export", "--organization", "acme", "--period", period, "--to", tmp_path / "charges.parquet")

    categories = pq.read_table(tmp_path / "charges.parquet")["ChargeCategory"].to_pylist()

    assert (categories.count("Usage"), categories.count("Tax")) == (1269, 12)


def test_a_focus_file_with_two_billing_periods_makes_two_bills():
    code, told = import_bill(SAMPLES / "focus-1.0" / "focus_sample.csv", "focus")

    assert (code, told["status"]) == (0, "imported")
    september, october = told["bills"]
    assert (september["billing_period"], september["rows"]) == ("2024-09", 999)
    assert (october["billing_period"], october["rows"]) == ("2024-10", 1)
    assert totals(september)["billed_cost"] == Decimal("20.28022672899")
    assert totals(october)["billed_cost"] == Decimal("0.24")
    assert totals(september)["list_cost"] + totals(october)["list_cost"] == Decimal("20.39090575119")
    assert totals(september)["effective_cost"] + totals(october)["effective_cost"] == Decimal("14.97651418586")
    assert totals(september)["contracted_cost"] + totals(october)["contracted_cost"] == Decimal("14.97626039326")


def test_an_unknown_column_of_a_focus_file_is_kept(tmp_path):
    import_bill(SAMPLES / "focus-1.0" / "focus_sample.csv", "focus")
    itfm("charges", "export", "--organization", "acme", "--period", "2024-10", "--to", tmp_path / "charges.parquet")

    assert len(pq.read_table(tmp_path / "charges.parquet")["x_id"].to_pylist()[0]) > 0


def test_a_google_cloud_export_comes_in_exactly():
    code, told = import_bill(SAMPLES / "gcp", "gcp_csv")

    assert (code, told["status"], told["error"]) == (0, "imported", None)
    (bill,) = told["bills"]
    assert (bill["billing_period"], bill["rows"]) == ("2022-08", 9)
    assert totals(bill)["billed_cost"] == Decimal("0.000012")


def test_a_bill_in_crowns_keeps_its_currency():
    code, told = import_bill(SAMPLES / "aws-cur-small" / "2023-06-01.csv", "aws_cur")

    assert (code, told["status"]) == (0, "imported")
    (bill,) = told["bills"]
    assert (bill["billing_period"], bill["rows"]) == ("2023-06", 3)
    assert totals(bill, "NOK")["billed_cost"] == Decimal(30)


@pytest.mark.parametrize(
    ("name", "rows", "billed", "effective"),
    [
        ("purchase_scenario_1", 1, "8760", "0"),
        ("purchase_scenario_2", 3, "3", "0"),
        ("purchase_scenario_3", 4, "4381.50", "0"),
        ("usage_scenario_1", 1, "0", "1"),
        ("usage_scenario_2", 1, "0", "1"),
        ("usage_scenario_3", 2, "0", "1"),
        ("usage_scenario_4", 2, "0.50", "1.50"),
    ],
)
def test_commitments_are_billed_when_bought_and_effective_when_used(name, rows, billed, effective):
    code, told = import_bill(SAMPLES / "focus-1.2-commitments" / f"commitment_discount_{name}.csv", "focus")

    assert (code, told["status"]) == (0, "imported")
    (bill,) = told["bills"]
    (found,) = bill["totals"].values()
    assert bill["rows"] == rows
    assert Decimal(found["billed_cost"]) == Decimal(billed)
    assert Decimal(found["effective_cost"]) == Decimal(effective)


def test_a_sample_allocates_to_the_sum_of_its_bill():
    import_bill(SAMPLES / "focus-1.0" / "focus_sample.csv", "focus")

    code, run = itfm("allocate", "--organization", "acme", "--period", "2024-09")
    _, costs = itfm("costs", "--organization", "acme", "--period", "2024-09", "--by", "service_name")

    assert (code, run["proof"]["holds"]) == (0, True)
    assert sum(Decimal(row["billed_cost"]) for row in costs["rows"]) == Decimal("20.28022672899")


def test_azures_two_exports_come_in_as_one_bill():
    # Amortized cost without what commitments cover, and the one purchase of actual cost: 15.797... + 3.25.
    code, told = import_bill(SAMPLES / "azure-ea", "azure_export")

    assert (code, told["status"], told["error"]) == (0, "imported", None)
    (bill,) = told["bills"]
    assert (bill["billing_period"], bill["rows"]) == ("2023-09", 29)
    assert totals(bill)["billed_cost"] == Decimal("19.047780136168644627")
    assert totals(bill)["effective_cost"] == Decimal("16.296932136636644627")
