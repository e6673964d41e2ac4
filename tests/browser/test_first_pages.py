"""The first pages as people meet them: they log in, read the month, and see that it ties to the bill."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_accessible, log_in
from tests.browser.northwind import northwind

INSIDE = ("overview", "overview?period=2026-10", "overview?period=2026-01", "settings/members", "account/2fa/")
OUTSIDE = ("account/login/", "account/signup/", "account/password/reset/", "nowhere", "invitations/wrong")


def row_of(page, name):
    return page.get_by_role("group", name=re.compile("Cost by team")).get_by_role("row", name=re.compile(f"^{name}"))


def test_somebody_logs_in_and_reads_the_month(site, new_page):
    northwind()
    page = new_page()

    log_in(page, site, "ada@northwind.example")

    expect(page.locator("[data-total=USD]")).to_have_text("1,050.75 USD")
    expect(page.locator("[data-unallocated=USD]")).to_have_text("50.25 USD")
    expect(page.locator("[data-difference=USD]")).to_have_text("0.00 USD")
    expect(page.get_by_text("Reconciled", exact=True)).to_be_visible()
    # 600.25 of 1,050.75 is 57.1 %; 500 before, so 100.25 and a trace over 20.05 % more
    expect(row_of(page, "Payments")).to_have_text(
        re.compile(r"600\.25\s*57\.1\s%\s*500\.00.*increase of\s+100\.25.*20\.1\s%", re.DOTALL)
    )
    expect(page.get_by_text("Demo data.")).to_be_visible()


def test_every_digit_is_there_for_the_asking(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")

    page.get_by_text("Show every digit").click()

    proof = page.get_by_role("group", name="Proof to the last digit, USD")
    expect(proof.get_by_role("row", name=re.compile("^Allocated in the ledger"))).to_contain_text(
        "1,000.500000000000000001"
    )
    expect(proof.get_by_role("row", name="Unallocated in the ledger")).to_contain_text("50.249999999999999999")
    expect(proof.get_by_role("row", name="Bills less ledger")).to_have_text(re.compile(r"Bills less ledger\s*0$"))


def test_the_chart_is_drawn_and_says_the_same_as_its_table(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")

    expect(page.get_by_role("list", name="What the chart shows").get_by_role("button")).to_have_text(
        ["Payments", "Search", "Unallocated"]
    )
    page.get_by_text("Show as a table").click()
    second = page.get_by_role("group", name=re.compile("Cost per day")).get_by_role(
        "row", name=re.compile("2 Oct 2026")
    )
    expect(second).to_have_text(re.compile(r"0\.00\s*400\.25\s*0\.00\s*400\.25"))


def test_the_legend_hides_and_shows_by_keyboard_and_a_change_of_theme_keeps_it(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")
    bars = page.locator(".chart .barlayer .trace")
    expect(bars).to_have_count(3)

    page.get_by_role("button", name="Search").press("Space")

    expect(page.get_by_role("button", name="Search")).to_have_attribute("aria-pressed", "false")
    expect(bars).to_have_count(2)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_timeout(300)
    expect(bars).to_have_count(2)
    page.get_by_role("button", name="Search").press("Enter")
    expect(bars).to_have_count(3)


def test_the_period_is_chosen_by_address(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")

    page.get_by_role("link", name="September 2026, the period before").click()

    expect(page).to_have_url(re.compile(r"period=2026-09$"))
    expect(page.locator("[data-total=USD]")).to_have_text("500.00 USD")


def test_the_chosen_theme_stays(site, new_page):
    northwind()
    page = new_page(theme="light")
    log_in(page, site, "ada@northwind.example")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    page.get_by_text("ada@northwind.example").first.click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_keyboard_skips_to_the_content(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_every_page_is_accessible_and_fits(site, new_page, width, theme):
    northwind()
    page = new_page(width=width, theme=theme)
    for path in OUTSIDE:
        page.goto(f"{site}/{path}")
        assert_accessible(page)

    log_in(page, site, "ada@northwind.example")

    for path in INSIDE:
        assert page.goto(f"{site}/{path}").ok
        assert_accessible(page)
