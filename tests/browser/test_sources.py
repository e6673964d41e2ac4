"""Connecting a source, comparing deliveries and uploading a bill, as people do it."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ingestion.models import Bill, BillSource, ImportRun
from ingestion.services import create_source, request_import, run_import
from ingestion.services.uploads import check_upload
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.focus_files import HEADER, line, write_bill

BODY = "\n".join([HEADER, line("1.5")]).encode()
EMAIL = "ada@acme.example"


@pytest.fixture
def acme(site):
    organization = create_organization("Acme", slug="acme")
    member(organization, Role.OWNER, EMAIL)
    return organization


@pytest.fixture
def bill(acme, tmp_path):
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="c", name="Cloud", kind="focus", settings={"path": str(tmp_path / "b")}, at=NOW
        )
    for cost in ("10", "12.5"):
        write_bill(tmp_path / "b" / "october.csv", line(cost, service="Compute"), line("5"))
        with tenant(acme.id):
            run, _ = request_import(source, trigger="command", at=timezone.now())
        run_import(acme.id, run_id=run.id, retries=False)
    with tenant(acme.id):
        return Bill.objects.get()


def test_a_source_is_connected_by_keyboard_and_mouse_and_every_step_is_accessible(site, new_page, acme, settings):
    settings.PRIVATE_ENDPOINTS = True
    page = new_page()
    log_in(page, site, EMAIL)
    with s3_service() as url:
        put_objects(url, bucket="bills", objects={"focus/billing_period=2026-10/a.csv": BODY})
        page.goto(f"{site}/bills")
        page.get_by_role("link", name="Connect a source").click()
        assert_accessible(page)
        page.get_by_role("link", name="FOCUS 1.0 to 1.4").click()
        page.get_by_label("Name").fill("Payer account")
        for label, value in {
            "Bucket": "bills",
            "Prefix": "focus",
            "Region": "us-east-1",
            "Endpoint": url,
            "Access key id": ACCESS_KEY_ID,
            "Secret access key": SECRET_ACCESS_KEY,
        }.items():
            page.get_by_label(re.compile(f"^{label}")).fill(value)
        assert_accessible(page)
        page.get_by_role("button", name="Save and go on").click()
        assert_accessible(page)
        page.get_by_role("button", name="Test the connection").click()
        expect(page.get_by_text("Works")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("link", name="Go on to the schedule").click()
        page.get_by_label("Pull every day at").fill("03:00")
        page.get_by_label("Time zone").select_option("Europe/Oslo")
        assert_accessible(page)
        page.get_by_role("button", name="Connect and pull now").click()
        expect(page.get_by_role("heading", name="Is Payer account delivering?")).to_be_visible()
        assert_accessible(page)

    with tenant(acme.id):
        assert ImportRun.objects.get().source == BillSource.objects.get()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_the_pages_of_sources_and_bills_are_accessible_and_fit(site, new_page, bill, width, theme):
    page = new_page(width=width, theme=theme)
    log_in(page, site, EMAIL)

    for path in (
        "bills",
        f"bills/{bill.id}",
        "sources/new",
        "sources/new/aws_cur",
        f"sources/{bill.source_id}",
        f"sources/{bill.source_id}/settings",
        f"sources/{bill.source_id}/schedule",
        f"sources/{bill.source_id}/remove",
        "uploads/new",
    ):
        assert page.goto(f"{site}/{path}").ok
        assert_accessible(page)


def test_two_deliveries_are_compared_and_the_hash_of_a_file_is_copied(site, new_page, bill):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in(page, site, EMAIL)
    page.goto(f"{site}/bills/{bill.id}")
    expect(page.get_by_role("row", name="Compute No account named USD")).to_contain_text("2.50")

    page.get_by_label("From", exact=True).select_option("2")
    page.get_by_label("to", exact=True).select_option("1")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="What changed from revision 2 to 1?")).to_be_visible()

    page.get_by_role("button", name="Copy the SHA-256").click()
    expect(page.locator("#announcement")).to_have_text("Copied")
    assert len(page.evaluate("navigator.clipboard.readText()")) == 64


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_an_uploaded_bill_shows_how_it_is_read_before_it_counts(site, new_page, acme, tmp_path, width):
    (tmp_path / "october.csv").write_bytes(BODY)
    page = new_page(width=width)
    log_in(page, site, EMAIL)
    page.goto(f"{site}/uploads/new")
    page.get_by_label("Kind of bill").select_option("focus")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "october.csv")
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert_accessible(page)

    check_upload(acme.id, upload_id=page.url.rpartition("/")[2])

    expect(page.get_by_role("heading", name="What its columns become")).to_be_visible(timeout=10_000)
    assert_accessible(page)
    page.get_by_role("button", name="Import this bill").click()
    expect(page.get_by_role("heading", name="Imports under way")).to_be_visible()
