"""What AWS recommends to the sample company: of its own resources, in the form of the export, and as the page shows it."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from ingestion.aws.recommendations import COLUMNS as READ
from ingestion.services import create_source
from ingestion.services.recommendations import latest_recommendations
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.demo import company, cost_optimization
from itfm.demo.company import DemoCompany
from tests.conftest import NOW, member
from tests.demo.test_company import cur2_rows
from tests.ingestion.pulls import pull

KINDS = {
    "Delete", "MigrateToGraviton", "PurchaseReservedInstances", "PurchaseSavingsPlans", "Rightsize", "Stop",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=6_000, months=1, last_month=date(2026, 10, 1))


@pytest.fixture(scope="module")
def rows(demo) -> list[dict[str, str]]:
    [file] = demo.recommendations.folder.glob("*/data/date=2026-10-31/*.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_the_export_has_the_columns_that_are_read_and_its_own_sums(demo, rows):
    told = demo.recommendations

    assert set(READ.values()) <= rows[0].keys()
    assert len(rows) == told.count == len({row["recommendation_id"] for row in rows})
    assert sum(Decimal(row["estimated_monthly_savings_after_discount"]) for row in rows) == told.savings > 0
    assert {row["currency_code"] for row in rows} == {told.currency} == {"USD"}
    assert {row["action_type"] for row in rows} == KINDS
    assert {row["implementation_effort"] for row in rows} == {"VeryLow", "Low", "Medium", "VeryHigh"}


def test_the_manifest_names_the_file_that_is_there(demo):
    [manifest] = demo.recommendations.folder.glob("*/metadata/date=2026-10-31/*-Manifest.json")

    [key] = json.loads(manifest.read_text())["dataFiles"]

    prefix = f"s3://meridian-retail-demo-billing/{cost_optimization.FOLDER}/"
    assert (demo.recommendations.folder / key.removeprefix(prefix)).is_file()


def test_resources_accounts_and_costs_are_those_of_the_bill(demo, rows):
    billed: dict[tuple[str, str], Decimal] = {}
    for line in cur2_rows(demo.folder / "aws-cur2", "2026-10"):
        key = (line["line_item_usage_account_id"], line["line_item_resource_id"])
        cost = Decimal(line["line_item_unblended_cost"]) + Decimal(line["reservation_effective_cost"] or 0)
        billed[key] = billed.get(key, Decimal(0)) + cost
    named = [row for row in rows if row["resource_arn"]]

    assert len(named) > 10
    for row in named:
        kind = row["current_resource_type"]
        resource = (
            row["resource_arn"].rpartition("/")[2] if kind in {"Ec2Instance", "EbsVolume"} else row["resource_arn"]
        )
        cost = billed[row["account_id"], resource]
        told = Decimal(row["estimated_monthly_cost_after_discount"])
        # An outage makes one team spend more for three days, which nobody estimated.
        assert cost > told * Decimal("0.8")
        assert Decimal(row["estimated_monthly_savings_after_discount"]) <= told
    assert {row["account_id"] for row in rows} <= {account for account, _ in billed}


def test_the_page_adds_up_to_what_was_written(demo, rows, acme, client, tmp_path):
    folder = tmp_path / "aws-cur2"
    shutil.copytree(demo.folder / "aws-cur2", folder)
    shutil.copytree(demo.recommendations.folder, folder / cost_optimization.FOLDER)
    settings = {"path": str(folder), "recommendations_prefix": cost_optimization.PREFIX}
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="aws", name="AWS", kind="aws_cur", settings=settings, at=NOW
        )

    run = pull(source)

    assert run.state == "imported"
    with tenant(acme.id):
        assert latest_recommendations(source).told_on == demo.recommendations.told_on == date(2026, 10, 31)
    client.force_login(member(acme, Role.OWNER))
    page = client.get(reverse("recommendations")).context["page"]
    [savings] = page.savings
    told = (savings.currency, savings.count, savings.estimated_monthly_savings)
    assert told == (demo.recommendations.currency, demo.recommendations.count, demo.recommendations.savings)
    shown = [row.cells[[one.key for one in page.table.columns].index("savings")].value for row in page.table.rows]
    assert sum(shown) == demo.recommendations.savings
    resources = Counter(row["resource_arn"] for row in rows if row["resource_arn"])
    assert page.shared_count == sum(count for count in resources.values() if count > 1) > 0
