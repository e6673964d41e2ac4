"""An admin finds that one tag key is written in four ways, and makes it one."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from allocation.engine.rules import parse
from allocation.services import publish_rules
from allocation.working import working_rules
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member

RULES = """
version: 1
tag_aliases: {team: [squad]}
dimensions:
- key: team
  name: Team
  rules:
  - {name: by tag, when: {tag: team, exists: true}, value: {tag: team}}
- key: cost_center
  name: Cost center
  rules:
  - {name: by tag, when: {tag: cost_center, exists: true}, value: {tag: cost_center}}
"""
CENTERS = ("4100", "4200", "4300", "4400")
SPELLED = (("cost_center", "41200.50"), ("Cost-Center", "18250"), ("CostCentre", "7310.25"), ("cc", "2875.75"))


def charges():
    for at, center in enumerate(CENTERS):
        for key, cost in SPELLED:
            yield charge(str(Decimal(cost) / len(CENTERS)), on=at + 1, tags={key: center, "env": "prod"})
    yield charge("940", tags={"cost_center": "4100", "cc": "4900", "team": "payments"})
    yield charge("1200", tags={"Team": "search", "Env": "test"})
    yield charge("300", tags={"squad": "search", "owner": "ada@acme.example"})


@pytest.fixture
def acme(site):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.ADMIN, "ada@acme.example")
    bill_in_force(acme, list(charges()))
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
    return acme


def test_a_key_written_in_four_ways_becomes_one(site, acme, new_page):
    page = new_page()
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/allocation/tags?period=2026-10")
    assert_accessible(page)

    page.get_by_role("link", name="Count as one… cost_center, Cost-Center, CostCentre, cc").click()
    held = page.locator("#preview").last
    expect(held).to_contain_text("70,576.50")
    expect(held).to_contain_text("On 1 charge (940.00 USD) two spellings have different values")
    assert_accessible(page)
    # Counted as one types, without saving.
    page.get_by_label("Other spellings, one per line").fill("Cost-Center\ncc")
    expect(held).to_contain_text("63,266.25")
    page.get_by_role("button", name="Count", exact=True).click()
    page.get_by_role("button", name="Add CostCentre").click()
    expect(page.get_by_label("Other spellings, one per line")).to_have_value("Cost-Center\ncc\nCostCentre")
    page.get_by_role("button", name="Save in the draft").click()

    expect(page.get_by_role("status").filter(has_text="Set the spellings of tag key cost_center")).to_be_visible()
    with tenant(acme.id):
        assert working_rules().rules.tag_aliases["cost_center"] == ("Cost-Center", "cc", "CostCentre")
    page.goto(f"{site}/allocation/draft?period=2026-10")
    expect(page.locator("main")).to_contain_text("Spellings of tag key cost_center")
