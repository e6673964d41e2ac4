"""The sample company's exports of Azure: each tells the whole bill, and they differ by the commitments alone."""

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
SOURCES = ["azure-ea", "azure-mca"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=20_000, months=2, last_month=date(2026, 10, 1))


def rows(demo: DemoCompany, source: str, export: str, month: str = "2026-10") -> list[Row]:
    """Return the rows of an export under lower-case titles, as each agreement spells them its own way."""
    [path] = (demo.folder / source).glob(f"cost/*-{export}*/{month.replace('-', '')}01-*/**/*.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return [{title.lower(): value for title, value in row.items()} for row in csv.DictReader(file)]


def cost(row: Row) -> Decimal:
    return Decimal(row.get("costinbillingcurrency", row.get("cost", "")))


def total(found: list[Row]) -> Decimal:
    return sum(map(cost, found), Decimal(0))


@pytest.mark.parametrize("month", ["2026-09", "2026-10"])
@pytest.mark.parametrize("source", SOURCES)
def test_both_exports_come_to_the_bill(demo, source, month):
    written = demo.totals[source, month]

    actual, amortized = (rows(demo, source, export, month) for export in ("actual", "amortized"))

    assert total(actual) == total(amortized) == written.cost
    bought = [row for row in actual if row["chargetype"] == "Purchase" and row["pricingmodel"] != "OnDemand"]
    assert len(bought) == 2
    assert len(amortized) + len(bought) == written.charges
    assert {row["billingcurrency"] for row in (*actual, *amortized)} == {written.currency}


@pytest.mark.parametrize("model", ["Reservation", "SavingsPlan"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_commitment_is_bought_in_actual_cost_and_spread_in_amortized_cost(demo, source, model):
    actual, amortized = (
        [row for row in rows(demo, source, export) if row["pricingmodel"] == model]
        for export in ("actual", "amortized")
    )

    [bought] = [row for row in actual if row["chargetype"] == "Purchase"]
    used = [row for row in amortized if row["chargetype"] == "Usage"]
    unused = [row for row in amortized if row["chargetype"] == f"Unused{model}"]
    assert {row["chargetype"] for row in amortized} == {"Usage", f"Unused{model}"}
    assert all(cost(row) == 0 for row in actual if row["chargetype"] == "Usage")
    assert {row["benefitid"] for row in (*actual, *amortized)} == {bought["benefitid"]}
    assert total(used) > total(unused) > 0
    assert total(used) + total(unused) == cost(bought)
    assert len({row["date"] for row in unused}) == 31
    assert min(map(cost, unused)) >= 0


@pytest.mark.parametrize("source", SOURCES)
def test_price_times_quantity_times_rate_is_the_cost_of_each_use_of_azure(demo, source):
    used = [row for row in rows(demo, source, "amortized") if row["chargetype"] == "Usage"]

    assert len(used) > 500
    for row in used:
        rate = Decimal(row.get("exchangeratepricingtobilling", "1"))
        assert Decimal(row["quantity"]) * Decimal(row["effectiveprice"]) * rate == cost(row)


def test_the_customer_agreement_is_invoiced_in_whole_cents_of_another_currency_than_its_prices(demo):
    found = rows(demo, "azure-mca", "actual")

    assert total(found) == total(found).quantize(Decimal("0.01"))
    assert [row["pricingcurrency"] for row in found if row["chargetype"] == "RoundingAdjustment"] == ["EUR"]
    assert {row["pricingcurrency"] for row in found if row["chargetype"] == "Usage"} == {"USD"}
    assert {row["invoiceid"] for row in found} == {demo.totals["azure-mca", "2026-10"].invoice_number}


def test_the_manifests_of_the_enterprise_agreement_name_the_files_and_their_rows(demo):
    folder = demo.folder / "azure-ea"
    manifests = [json.loads(path.read_text()) for path in folder.rglob("manifest.json")]

    named = {blob["blobName"]: manifest for manifest in manifests for blob in manifest["blobs"]}

    assert set(named) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.csv.gz")}
    assert {manifest["exportConfig"]["type"] for manifest in manifests} == {"ActualCost", "AmortizedCost"}
    for name, manifest in named.items():
        with gzip.open(folder / name, "rt", encoding="utf-8-sig", newline="") as file:
            assert sum(1 for _ in csv.DictReader(file)) == manifest["dataRowCount"]
