"""Recommendations in a browser: found under Bills, narrowed by a form, sorted by a heading, and taken away."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ingestion.models import BillSource
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import member
from tests.ingestion.recommended import keep_list

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
    expect(page.get_by_role("columnheader", name="Action")).to_have_attribute("aria-sort", "ascending")
    expect(rows.first).to_contain_text("Rightsize")
    expect(rows.last).to_contain_text("Upgrade")

    page.get_by_label("Action").select_option("Stop")
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
