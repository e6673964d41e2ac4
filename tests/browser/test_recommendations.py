"""Recommendations in a browser: found under Bills, narrowed by a form, sorted by a heading, and taken away."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from ingestion.models import BillSource
from ingestion.services import create_source
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.pulls import pull
from tests.ingestion.recommended import keep_list
from tests.ingestion.test_aws_recommendations import ROW

LONG = "A-summary-without-any-place-to-break-it-at-all-" * 4


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_recommendations_are_narrowed_sorted_and_taken_away(site, new_page, width, theme):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    with tenant(acme.id):
        source = BillSource.objects.create(organization=acme, key="aws", name="AWS", kind="aws_cur")
    keep_list(
        source,
        {},
        {"action": "Stop", "estimated_monthly_savings": "70.08", "implementation_effort": "VeryLow"},
        {"action": "Upgrade", "current_summary": LONG, "region_id": "us-east-1", "estimated_monthly_savings": "0.125"},
        {"currency": "EUR", "estimated_monthly_savings": "9"},
    )
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/bills")

    page.get_by_role("link", name="Recommendations", exact=True).click()
    expect(page.locator('[data-savings="USD"]')).to_have_text("210.36 USD")
    assert_accessible(page)
    rows = page.get_by_role("table", name="Recommendations in USD").locator("tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Action", exact=True).click()
    listed = page.get_by_role("table", name="Recommendations in USD")
    expect(listed.get_by_role("columnheader", name="Action")).to_have_attribute("aria-sort", "ascending")
    expect(rows.first).to_contain_text("Rightsize")
    expect(rows.last).to_contain_text("Upgrade")

    page.get_by_label("Action", exact=True).select_option("Stop")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(1)
    expect(page.locator('[data-savings="USD"]')).to_have_text("70.08 USD")
    assert_accessible(page)
    page.get_by_text("Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "recommendations.csv"

    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="EUR").click()
    expect(page.get_by_role("table", name="Recommendations in EUR").locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_what_a_resource_cost_leads_to_its_bill_lines(site, new_page, tmp_path, monkeypatch, width, theme):
    monkeypatch.setattr("itfm.web.recommendations.views.timezone", SimpleNamespace(now=lambda: NOW))
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    charge = {"line_item_resource_id": "i-1", "line_item_usage_account_id": ROW["account_id"]}
    bill = tmp_path / "aws" / "cur" / "cur.csv"
    bill.parent.mkdir(parents=True)
    bill.write_text(csv_text(cur_2_rows({**charge, "line_item_unblended_cost": "0.25"}, charge)))
    (tmp_path / "aws" / "cor").mkdir()
    (tmp_path / "aws" / "cor" / "list.csv").write_text(
        csv_text([ROW, {**ROW, "recommendation_id": "2", "action_type": "MigrateToGraviton", "resource_arn": ""}])
    )
    settings = {"path": str(tmp_path / "aws"), "recommendations_prefix": "cor"}
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="aws", name="AWS", kind="aws_cur", settings=settings, at=NOW
        )
        publish_rules(parse("version: 1\ndimensions: []\n"), organization_id=acme.id, published_by=None, at=NOW)
    assert pull(source).state == "imported"
    allocate(acme.id, period=date(2026, 10, 1))
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/bills/recommendations")

    by_action = page.get_by_role("table", name="Estimated savings by action in USD")
    by_action.get_by_role("link", name="Rightsize").click()
    rows = page.get_by_role("table", name="Recommendations in USD").locator("tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()

    expect(page.get_by_role("heading", name="Which bill lines is it made of?")).to_be_visible()
    expect(page.get_by_text("Only the resource i-1: 2 bill lines")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Show all resources").click()
    expect(page.get_by_text("Sums agree")).to_be_visible()
