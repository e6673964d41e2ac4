"""Invoices in a browser: the pages fit, are accessible, and lead from the bills to an invoice and back."""

import pytest
from playwright.sync_api import expect

from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import member
from tests.ingestion.invoiced_bills import charge, deliver


def fill(page):
    for label, value in (
        ("Issuer", "Cloud"),
        ("Number", "EU-7"),
        ("Billing period", "2026-10"),
        ("Amount", "100.50"),
        ("Currency", "USD"),
        ("Date of issue", "2026-11-04"),
    ):
        page.get_by_label(label).first.fill(value)


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_an_invoice_is_entered_and_found_beside_its_bill(site, new_page, tmp_path, width, theme):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    deliver(acme, tmp_path / "bills", charge("60", number="EU-7"), charge("40", number="EU-7"), charge("5", number="9"))
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/bills")
    expect(page.get_by_role("table").get_by_text("Estimated")).to_be_visible()

    page.get_by_role("link", name="Invoices", exact=True).click()
    assert_accessible(page)
    page.get_by_role("link", name="Enter an invoice").first.click()
    fill(page)
    assert_accessible(page)
    page.get_by_role("button", name="Save the invoice").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("EU-7")
    expect(page.get_by_text("Within tolerance").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Cloud account, October 2026").click()
    expect(page.get_by_role("heading", name="Invoices of this bill")).to_be_visible()
    assert_accessible(page)
    page.goto(f"{site}/bills/invoices/upload")
    assert_accessible(page)
    page.goto(f"{site}/bills/invoices")
    expect(page.get_by_role("heading", name="Numbers in the charges that no invoice has")).to_be_visible()
    assert_accessible(page)
