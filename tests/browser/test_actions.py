"""What would save a cost center the most: told on its page, and one click from the bill lines of the resource."""

import re

import pytest
from playwright.sync_api import expect

from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import member
from tests.showback.advised import advised


@pytest.fixture
def acme(site):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    advised(acme)
    return acme


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_each_action_leads_to_the_bill_lines_that_its_cost_is_the_sum_of(site, acme, new_page, width, theme):
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/showback/2000?period=2026-10")

    actions = page.get_by_role("region", name="What would save the most?").get_by_role("row").all()[1:]

    assert [row.get_by_role("rowheader").inner_text().splitlines()[0] for row in actions] == [
        "Stop, i-pay",
        "Migrate to Graviton, vm-both",
        "Delete, disk",
    ]
    assert [re.sub(r"\s+", " ", row.get_by_role("cell").first.inner_text()) for row in actions][:2] == [
        "90.25 USD",
        "12.00 USD",
    ]
    assert_accessible(page)
    actions[0].get_by_role("link", name="180.50").click()
    expect(page.get_by_text("i-pay").first).to_be_visible()
    expect(page.get_by_text("180.50").first).to_be_visible()
    assert_accessible(page)
