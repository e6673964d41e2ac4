"""The scorecard and the letter in a real browser: readable for everybody, the letter shut in its frame."""

import pytest
from playwright.sync_api import expect

from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import member
from tests.showback.ledgers import ledgers


@pytest.fixture
def acme_ledgers(site):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    return ledgers(acme, owner_email="lead@acme.example")


@pytest.mark.parametrize(("width", "theme"), [("phone", "dark"), ("desk", "light")])
def test_scorecard_preview_and_letters_are_accessible_and_fit(site, acme_ledgers, new_page, width, theme):
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")

    for address in ("showback", "showback/2010", "showback/2010/letter", "showback/letters"):
        assert page.goto(f"{site}/{address}{'' if address.endswith('letters') else '?period=2026-10'}").ok
        assert_accessible(page)


def test_a_lead_reads_the_scorecard_and_sends_the_letter_to_herself(site, acme_ledgers, new_page):
    page = new_page()
    log_in(page, site, "ada@acme.example")
    page.get_by_role("link", name="Showback", exact=True).click()
    page.get_by_role("link", name="Payments", exact=True).click()
    expect(page.locator("[data-total=USD]")).to_have_text("1,225.00 USD")

    page.get_by_role("link", name="Preview the letter").click()

    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("1,225.00 USD", exact=True)).to_be_visible()
    expect(letter.get_by_role("img")).to_be_visible()
    page.get_by_role("button", name="Send to ada@acme.example").click()
    expect(page.get_by_text("The letter is on its way to ada@acme.example.")).to_be_visible()
