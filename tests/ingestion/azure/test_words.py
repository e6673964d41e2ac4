"""Services, regions and units: what bills write, and what FOCUS calls it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingestion.azure.line_items import resource_type
from ingestion.azure.regions import Region, region
from ingestion.azure.services import service
from ingestion.azure.units import PricingUnit, pricing_unit
from ingestion.focus.services import SUBCATEGORIES
from tests import duck

OPEN_DATA = Path(__file__).resolve().parents[4] / "shared" / "reference" / "azure"
needs_open_data = pytest.mark.skipif(not OPEN_DATA.is_dir(), reason="Microsoft's open data is not on this machine")


def rows(name: str) -> list[dict[str, str]]:
    with (OPEN_DATA / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("consumed", "resource_type", "name"),
    [
        ("Microsoft.Storage", "microsoft.storage/storageaccounts", "Storage Accounts"),
        ("MICROSOFT.KEYVAULT", "microsoft.keyvault/vaults", "Key Vault"),
        ("functions", "microsoft.web/sites", "Functions"),
        ("Microsoft.Web", "microsoft.web/sites", "Azure App Service"),
        ("Microsoft.Sql", "microsoft.sql/servers/somethingnew", "Azure SQL Database"),
        ("Microsoft.KeyVault", None, "Key Vault"),
    ],
)
def test_a_service_is_known_by_its_type_else_by_what_that_belongs_to(consumed, resource_type, name):
    found = service(consumed, resource_type)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("consumed", "resource_type"),
    [(None, None), ("Microsoft.BrandNew", "microsoft.brandnew/boxes"), ("Microsoft.Compute", None)],
)
def test_a_service_that_nothing_tells_is_none(consumed, resource_type):
    assert service(consumed, resource_type) is None


def test_a_region_nobody_knows_keeps_its_name():
    assert region("Mars North") == Region("marsnorth", "Mars North")
    assert region(" EU West ") == Region("westeurope", "West Europe")


@pytest.mark.parametrize(
    ("text", "unit", "name"),
    [
        ("1 Hour", PricingUnit(1, "Hours"), "Hours"),
        ("10K", PricingUnit(10_000, "Units"), "10000 Units"),
        ("1M/Month", PricingUnit(1_000_000, "Units/Month"), "1000000 Units/Month"),
        ("100 GB/Month", PricingUnit(100, "GB/Month"), "100 GB/Month"),
        ("10000s", PricingUnit(1, "Transactions"), "Transactions"),
        ("50 Widgets", PricingUnit(50, "Widgets"), "50 Widgets"),
        ("0 Things", PricingUnit(1, "Things"), "Things"),
    ],
)
def test_a_unit_of_measure_tells_block_and_unit(text, unit, name):
    found = pricing_unit(text)

    assert found == unit
    assert found.name == name


RENAMED = {"Quantum": "Quantum Compute", "Data Transfer": "Data Migration"}
"""Subcategories of the open data that FOCUS 1.4 calls otherwise."""


@needs_open_data
def test_all_services_of_the_open_data_are_known():
    wrong = []
    for row in rows("Services.csv"):
        found = service(row["ConsumedService"], row["ResourceType"])
        subcategory = RENAMED.get(row["ServiceSubcategory"], row["ServiceSubcategory"])
        told = (row["ServiceName"], row["ServiceCategory"], subcategory)
        if found is None or (found.name, found.category, found.subcategory) != told:
            wrong.append(row["ResourceType"])
        elif found.subcategory not in SUBCATEGORIES[found.category]:
            wrong.append(found.subcategory)

    assert wrong == []


@needs_open_data
def test_all_regions_of_the_open_data_are_known():
    assert [
        row["OriginalValue"]
        for row in rows("Regions.csv")
        if region(row["OriginalValue"]) != Region(row["RegionId"], row["RegionName"])
    ] == []


@needs_open_data
def test_all_units_of_the_open_data_are_known():
    wrong = []
    for row in rows("PricingUnits.csv"):
        found = pricing_unit(row["UnitOfMeasure"])
        if (str(found.block_size), found.unit.lower()) != (row["PricingBlockSize"], row["DistinctUnits"].lower()):
            wrong.append(row["UnitOfMeasure"])

    assert wrong == []


@pytest.mark.parametrize(
    ("resource_id", "kind"),
    [
        ("/subscriptions/1/providers/Microsoft.Sql/servers/a/databases/b", "microsoft.sql/servers/databases"),
        (
            "/subscriptions/1/resourceGroups/x/providers/Microsoft.Compute/virtualMachines/vm/",
            "microsoft.compute/virtualmachines",
        ),
        (
            "/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Insights/components/b",
            "microsoft.insights/components",
        ),
        ("/providers/P/t/1/t2/2/t3/3/t4/4", "p/t/t2/t3/t4"),
        ("/providers/P", "p"),
        ("/providers//", None),
        ("my machine", None),
        (None, None),
    ],
)
def test_the_type_of_a_resource_is_told_by_its_id(resource_id, kind):
    assert duck.rows(f"SELECT {resource_type('x')} FROM (SELECT ?::VARCHAR AS x)", [resource_id]) == [(kind,)]
