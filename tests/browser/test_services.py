"""Services in a browser: told under Bills, mapped by a form, and their bills read again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ingestion.models import ImportRun
from ingestion.services import create_source, run_import
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member
from tests.ingestion.focus_files import line
from tests.ingestion.pulls import pull
from tests.ingestion.test_service_catalog import deliver, unknown_line

LONG = "An extraordinarily-long-service-name-without-any-place-to-break-it-at-all " * 2


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_a_service_is_mapped_and_its_bill_read_again(site, new_page, tmp_path, width, theme):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    deliver(
        tmp_path / "bills",
        unknown_line("1210.25", month=9),
        unknown_line("1250.5"),
        unknown_line("7", service=LONG.strip()),
        line("2"),
    )
    with tenant(acme.id):
        settings = {"path": str(tmp_path / "bills")}
        source = create_source(
            organization_id=acme.id, key="cloud", name="Cloud account", kind="focus", settings=settings, at=NOW
        )
    pull(source)
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/bills")

    page.get_by_role("link", name="Services", exact=True).click()
    assert_accessible(page)
    page.get_by_role("link", name="Map Shop").click()
    assert_accessible(page)
    page.get_by_label("Name").fill("Web Shop")
    page.get_by_label("Category and subcategory").select_option("Web | Application Platforms")
    page.get_by_role("button", name="Map the service").click()

    expect(page.get_by_role("heading", name="Bills that came in before")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Cloud account, October 2026")).to_be_checked()
    assert_accessible(page)
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("2 bills wait to be read again.")).to_be_visible()
    with tenant(acme.id):
        run = ImportRun.objects.get(state="queued")
    assert run_import(acme.id, run_id=run.id, retries=False).state == "imported"
    page.goto(f"{site}/bills/services")
    expect(page.get_by_role("heading", name="Bills that came in before")).to_have_count(0)
    expect(page.get_by_role("cell", name="Web Shop")).to_be_visible()
    assert_accessible(page)
