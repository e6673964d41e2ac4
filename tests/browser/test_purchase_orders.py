"""Purchase orders in a browser: the pages fit, are accessible, and lead from the bills to an order, its invoice and back."""

import pytest
from playwright.sync_api import expect

from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import member
from tests.ingestion.invoiced_bills import charge, deliver
from tests.ingestion.test_purchase_orders import HEAD, invoice


def fill(page):
    for label, value in (
        ("Vendor", "Cloud"),
        ("Number", "PO-7"),
        ("Amount", "1000"),
        ("Currency", "EUR"),
        ("Ordered on", "2026-01-02"),
    ):
        page.get_by_label(label).first.fill(value)


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_an_order_is_entered_and_leads_to_its_invoice_and_back(site, new_page, tmp_path, width, theme):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    deliver(acme, tmp_path / "bills", charge("60", number="EU-7"))
    with tenant(acme.id):
        invoice(acme, "EU-7", "1200.50", order="po-7")
        invoice(acme, "EU-8", "7", order="PO-9")
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/bills")

    page.get_by_role("link", name="Purchase orders", exact=True).click()
    expect(page.get_by_role("heading", name="Numbers on invoices that no order has")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Enter an order").first.click()
    fill(page)
    assert_accessible(page)
    page.get_by_role("button", name="Save the order").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("PO-7")
    expect(page.get_by_text("Overdrawn").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="EU-7").click()
    page.get_by_role("link", name="po-7").click()
    page.get_by_text("Delete the order…").click()
    expect(page.get_by_role("button", name="Delete PO-7")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Purchase orders", exact=True).click()
    page.get_by_label("State").select_option("overdrawn")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="PO-7")).to_be_visible()
    assert_accessible(page)


def test_a_file_is_looked_at_before_it_is_taken_in(site, new_page):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    page = new_page()
    log_in(page, site, "ada@acme.example")
    file = {
        "name": "orders.csv",
        "mimeType": "text/csv",
        "buffer": f"{HEAD}\nPO-7,Cloud,EUR,1000,2026-01-02".encode(),
    }

    page.goto(f"{site}/bills/purchase-orders/upload")
    page.get_by_label("CSV, XLSX or Parquet").set_input_files(file)
    page.get_by_role("button", name="Only show what would change").click()
    expect(page.get_by_role("heading", name="What orders.csv would change")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("CSV, XLSX or Parquet").set_input_files(file)
    page.get_by_role("button", name="Take in the file").click()

    expect(page.get_by_text("orders.csv: 1 added, 0 changed, 0 as they were.")).to_be_visible()
    expect(page.get_by_role("link", name="PO-7")).to_be_visible()


def test_many_invoices_of_an_unknown_number_stand_side_by_side_on_a_phone(site, new_page):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    with tenant(acme.id):
        for number in range(12):
            invoice(acme, f"EU-2026-10-{number:03}", "7", order="PO-9")
    page = new_page(width="phone")
    log_in(page, site, "ada@acme.example")

    page.goto(f"{site}/bills/purchase-orders")

    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="EU-2026-10-000")).bounding_box()
    assert row["height"] < 300
    assert_accessible(page)
