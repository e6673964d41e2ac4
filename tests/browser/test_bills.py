"""The Bills pages while imports run and after."""

import re

import pytest
from playwright.sync_api import expect

from ingestion.models import ImportRun
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.browser.northwind import northwind, running_import


def test_progress_moves_and_the_page_is_renewed_when_the_import_is_over(site, new_page):
    acme = northwind()
    with tenant(acme.organization.id):
        run = running_import(acme.source)
    page = new_page()
    log_in(page, site, "ada@northwind.example")
    page.get_by_role("link", name="Bills", exact=True).click()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "50")

    with tenant(acme.organization.id):
        ImportRun.objects.filter(pk=run.pk).update(progress_ratio="0.8")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "80", timeout=10_000)

    with tenant(acme.organization.id):
        ImportRun.objects.filter(pk=run.pk).update(state="unchanged", finished_at=run.started_at)
    expect(page.get_by_text("Imports under way")).to_have_count(0, timeout=10_000)
    expect(page.locator("[aria-labelledby=recent]").get_by_text("Unchanged")).to_be_visible()


def test_a_finding_names_file_row_and_column(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")
    page.get_by_role("link", name="Bills", exact=True).click()

    page.get_by_role("link", name="October 2026").click()

    finding = page.get_by_role("row", name=re.compile("Quantum"))
    expect(finding).to_have_text(re.compile(r"Warning.*Quantum.*charges\.csv\s*4\s*ServiceName", re.DOTALL))
    assert_accessible(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_bills_are_accessible_and_fit(site, new_page, width, theme):
    acme = northwind()
    with tenant(acme.organization.id):
        running_import(acme.source)
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@northwind.example")

    assert page.goto(f"{site}/bills").ok

    expect(page.get_by_role("heading", name="Imports under way")).to_be_visible()
    assert_accessible(page)
