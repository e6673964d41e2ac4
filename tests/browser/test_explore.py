"""Finance follows a total down to a line of a bill; the sums agree at each level."""

from playwright.sync_api import expect

from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from tests.allocation.costs.conftest import allocated
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import member

QUESTION = "explore?first=2026-10&last=2026-10&by=team&granularity=total&currency=USD"


def test_a_total_is_followed_down_to_a_bill_line(site, new_page):
    owner = member(allocated(create_organization("Acme", slug="acme")), Role.OWNER, "ada@acme.example")
    page = new_page()
    log_in(page, site, owner.email)
    page.goto(f"{site}/{QUESTION}")
    expect(page.locator("[data-total=USD]")).to_contain_text("124.25")

    for label, cost in (("Payments", "70.00"), ("Cards", "7.50"), ("S3", "7.50")):
        assert_accessible(page)
        page.get_by_role("table").get_by_role("link", name=label, exact=True).click()
        expect(page.locator("[data-total=USD]")).to_contain_text(cost)
        expect(page.locator("[data-agrees=yes]")).to_have_count(1)

    page.get_by_role("table").get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which bill lines is it made of?")
    assert_accessible(page)
    page.get_by_role("link", name="Bill lines", exact=True).first.click()
    expect(page.get_by_role("table")).to_contain_text("bill.csv, row 3")
    expect(page.locator("[data-agrees=yes]")).to_contain_text("7.50")


def test_explore_is_accessible_on_a_phone_in_the_dark(site, new_page):
    owner = member(allocated(create_organization("Acme", slug="acme")), Role.OWNER, "ada@acme.example")
    page = new_page(width="phone", theme="dark")
    log_in(page, site, owner.email)

    page.goto(f"{site}/explore?compare=previous")
    assert_accessible(page)
    page.goto(f"{site}/explore?by=planet")
    assert_accessible(page)


def test_a_view_is_saved_opened_deleted_and_brought_back(site, new_page):
    owner = member(allocated(create_organization("Acme", slug="acme")), Role.OWNER, "ada@acme.example")
    page = new_page(width="phone")
    log_in(page, site, owner.email)
    page.goto(f"{site}/{QUESTION}")

    page.get_by_text("Save this view").click()
    page.get_by_label("Name", exact=True).fill("Teams in October")
    assert_accessible(page)
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("status").first).to_contain_text("is saved for you alone")
    page.locator(".explore-views summary").first.click()
    expect(page.locator("a.menu-item[aria-current=page]")).to_have_text("Teams in October")
    assert_accessible(page)

    page.get_by_role("link", name="All views").click()
    assert_accessible(page)
    page.get_by_role("button", name="Delete Teams in October").click()
    assert_accessible(page)
    page.get_by_role("button", name="Bring back Teams in October").click()
    page.get_by_role("link", name="Teams in October", exact=True).click()
    expect(page.locator("[data-total=USD]")).to_contain_text("124.25")
