"""The sample company's exports of Azure: each tells the whole bill, and they differ by the commitments alone."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from itfm.demo import company
from itfm.demo.company import DemoCompany

Row = dict[str, str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=20_000, months=2, last_month=date(2026, 10, 1))


def rows(folder: Path, export: str, month: str) -> list[Row]:
    [path] = folder.glob(f"cost/meridian-ea-{export}/{month.replace('-', '')}01-*/*/*.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cost(found: list[Row]) -> Decimal:
    return sum((Decimal(row["Cost"]) for row in found), Decimal(0))


@pytest.mark.parametrize("month", ["2026-09", "2026-10"])
def test_both_exports_of_the_enterprise_agreement_come_to_the_bill(demo, month):
    folder, total = demo.folder / "azure-ea", demo.totals["azure-ea", month]

    actual, amortized = (rows(folder, export, month) for export in ("actual", "amortized"))

    assert cost(actual) == cost(amortized) == total.cost
    bought = [row for row in actual if row["ChargeType"] == "Purchase" and row["PricingModel"] != "OnDemand"]
    assert len(amortized) + len(bought) == total.charges


@pytest.mark.parametrize("model", ["Reservation", "SavingsPlan"])
def test_a_commitment_is_bought_in_actual_cost_and_spread_in_amortized_cost(demo, model):
    folder = demo.folder / "azure-ea"

    actual, amortized = (
        [row for row in rows(folder, export, "2026-10") if row["PricingModel"] == model]
        for export in ("actual", "amortized")
    )

    [bought] = [row for row in actual if row["ChargeType"] == "Purchase"]
    used = [row for row in amortized if row["ChargeType"] == "Usage"]
    unused = [row for row in amortized if row["ChargeType"] == f"Unused{model}"]
    assert {row["ChargeType"] for row in amortized} == {"Usage", f"Unused{model}"}
    assert all(Decimal(row["Cost"]) == 0 for row in actual if row["ChargeType"] == "Usage")
    assert {row["benefitId"] for row in (*actual, *amortized)} == {bought["benefitId"]}
    assert cost(used) > cost(unused) > 0
    assert cost(used) + cost(unused) == Decimal(bought["Cost"])
    assert len({row["Date"] for row in unused}) == 31
    assert min(Decimal(row["Cost"]) for row in unused) >= 0


def test_price_times_quantity_is_the_cost_of_each_use_of_azure(demo):
    used = [row for row in rows(demo.folder / "azure-ea", "amortized", "2026-10") if row["ChargeType"] == "Usage"]

    assert len(used) > 500
    for row in used:
        assert Decimal(row["Quantity"]) * Decimal(row["EffectivePrice"]) == Decimal(row["Cost"])


def test_the_manifests_of_azure_name_the_files_and_their_rows(demo):
    folder = demo.folder / "azure-ea"
    manifests = [json.loads(path.read_text()) for path in folder.rglob("manifest.json")]

    named = {blob["blobName"]: manifest for manifest in manifests for blob in manifest["blobs"]}

    assert set(named) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.csv.gz")}
    assert {manifest["exportConfig"]["type"] for manifest in manifests} == {"ActualCost", "AmortizedCost"}
    for name, manifest in named.items():
        with gzip.open(folder / name, "rt", encoding="utf-8-sig", newline="") as file:
            assert sum(1 for _ in csv.DictReader(file)) == manifest["dataRowCount"]
