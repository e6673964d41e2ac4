"""The sample company's exports that clouds with commitments write in FOCUS: what is billed is what it costs in effect."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from decimal import Decimal

import pytest

from itfm.demo import company
from itfm.demo.company import DemoCompany

Row = dict[str, str]
SOURCES = ["aws-focus", "azure-focus"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=20_000, months=2, last_month=date(2026, 10, 1))


def rows(demo: DemoCompany, source: str, month: str = "2026-10") -> list[Row]:
    days = month.replace("-", "") + "01-"
    paths = (demo.folder / source).rglob("*.csv.gz")
    [path] = [path for path in paths if f"BILLING_PERIOD={month}" in path.parts or days in path.as_posix()]
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def total(found: list[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in found), Decimal(0))


@pytest.mark.parametrize("month", ["2026-09", "2026-10"])
@pytest.mark.parametrize("source", SOURCES)
def test_billed_and_effective_cost_both_come_to_the_bill(demo, source, month):
    found, written = rows(demo, source, month), demo.totals[source, month]

    assert len(found) == written.charges
    assert total(found, "BilledCost") == total(found, "EffectiveCost") == written.cost
    assert {(row["BillingCurrency"], row["InvoiceIssuerName"], row["InvoiceId"]) for row in found} == {
        (written.currency, written.issuer, written.invoice_number)
    }


@pytest.mark.parametrize("source", SOURCES)
def test_a_commitment_is_billed_where_it_is_bought_and_costs_where_it_is_used_or_not(demo, source):
    found = [row for row in rows(demo, source) if row["CommitmentDiscountId"]]

    [bought] = [row for row in found if row["ChargeCategory"] == "Purchase"]
    used = [row for row in found if row["CommitmentDiscountStatus"] == "Used"]
    unused = [row for row in found if row["CommitmentDiscountStatus"] == "Unused"]
    assert (len(unused), len(found)) == (31, 1 + len(used) + len(unused))
    assert Decimal(bought["EffectiveCost"]) == total(used, "BilledCost") == total(unused, "BilledCost") == 0
    assert total(used, "EffectiveCost") > total(unused, "EffectiveCost") > 0
    assert total(used, "EffectiveCost") + total(unused, "EffectiveCost") == Decimal(bought["BilledCost"])


@pytest.mark.parametrize("source", SOURCES)
def test_prices_times_quantities_are_the_list_and_contracted_costs(demo, source):
    used = [row for row in rows(demo, source) if row["ResourceId"] and row["ChargeCategory"] == "Usage"]

    assert len(used) > 400
    for row in used:
        quantity = Decimal(row["PricingQuantity"])
        assert quantity * Decimal(row["ListUnitPrice"]) == Decimal(row["ListCost"])
        assert quantity * Decimal(row["ContractedUnitPrice"]) == Decimal(row["ContractedCost"])


def test_the_export_of_aws_has_its_own_columns_and_its_manifest_names_all(demo):
    folder = demo.folder / "aws-focus"
    manifest = json.loads(
        (folder / "focus/meridian-care-focus-1-2/metadata/BILLING_PERIOD=2026-10")
        .joinpath("meridian-care-focus-1-2-Manifest.json")
        .read_text()
    )

    [row, *_] = rows(demo, "aws-focus")

    assert [column["name"] for column in manifest["columns"]] == list(row)
    assert list(row)[-3:] == ["x_Discounts", "x_Operation", "x_ServiceCode"]
    [key] = manifest["dataFiles"]
    assert (folder / key.split("/", 3)[3]).is_file()
    assert {row["x_ServiceCode"] for row in rows(demo, "aws-focus")} >= {"AmazonEC2", "AWSSupportBusiness"}


def test_the_export_of_azure_says_what_it_is_and_is_invoiced_in_whole_cents(demo):
    folder, written = demo.folder / "azure-focus", demo.totals["azure-focus", "2026-10"]
    manifests = [json.loads(path.read_text()) for path in folder.rglob("manifest.json")]

    assert {(one["exportConfig"]["type"], one["exportConfig"]["dataVersion"]) for one in manifests} == {
        ("FocusCost", "1.2-preview")
    }
    assert {blob["blobName"] for one in manifests for blob in one["blobs"]} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*.csv.gz")
    }
    assert written.cost == written.cost.quantize(Decimal("0.01"))
    assert all(row["SubAccountId"].startswith("/subscriptions/") for row in rows(demo, "azure-focus"))
