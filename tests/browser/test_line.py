"""A bill that came through a connector and the engine, read on the page: the same figures, to the last digit."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from ingestion.services import create_source, request_import, run_import
from itfm.accounts.services import create_organization
from itfm.core.periods import parse_period
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import log_in
from tests.conftest import NOW, member
from tests.ingestion.focus_files import line, write_bill

RULES = """
version: 1
dimensions:
  - key: team
    name: Team
    rules: [{when: {column: service_name, one_of: [Cards, Shared]}, value: {column: service_name}}]
splits:
  - {key: shared, name: Shared, stage: 1, pool: {dimension: team, equals: Shared}, receivers: {dimension: team}, method: {kind: even}}
"""


@pytest.fixture
def acme(site, tmp_path):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.FINANCE, "fin@acme.example")
    write_bill(
        tmp_path / "october.csv",
        line("100.10", service="Cards"),
        line("0.000000000000000007", service="Shared"),
        line("7"),
    )
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
        source = create_source(
            organization_id=acme.id, key="cloud", name="Cloud", kind="focus", settings={"path": str(tmp_path)}, at=NOW
        )
        run, _ = request_import(source, trigger="person", at=timezone.now())
    run_import(acme.id, run_id=run.id)
    allocate(acme.id, period=parse_period("2026-10"))
    return acme


def test_what_the_bill_says_stands_on_the_page_and_ties(site, acme, new_page):
    page = new_page()
    log_in(page, site, "fin@acme.example")

    page.goto(f"{site}/overview?period=2026-10")

    expect(page.locator("[data-total=USD]")).to_have_text("107.10 USD")
    expect(page.locator("[data-unallocated=USD]")).to_have_text("7.00 USD")
    expect(page.get_by_text("Reconciled", exact=True)).to_be_visible()
    page.get_by_text("Show every digit").click()
    proof = page.get_by_role("group", name="Proof to the last digit, USD")
    expect(proof).to_contain_text("107.100000000000000007")


def test_the_bill_is_listed_with_its_revision_and_sums(site, acme, new_page):
    page = new_page()
    log_in(page, site, "fin@acme.example")

    page.goto(f"{site}/bills")

    row = page.get_by_role("row").filter(has_text="October 2026")
    expect(row).to_contain_text("107.10")
    expect(row).to_contain_text("1 of 1")
