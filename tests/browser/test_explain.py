"""A figure is opened, its parts are read and sum up, and the reader is back where she was."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_accessible, log_in
from tests.browser.test_line import acme

__all__ = ["acme"]


def overview(page, site):
    log_in(page, site, "fin@acme.example")
    page.goto(f"{site}/overview?period=2026-10")


def exact(locator):
    """Return the amounts as they are in the page's data, with every digit."""
    return [Decimal(value) for value in locator.locator("data").evaluate_all("found => found.map(one => one.value)")]


def test_a_figure_opens_its_parts_beside_the_page_and_escape_leads_back(site, acme, new_page):
    page = new_page()
    overview(page, site)
    figure = page.get_by_role("group", name=re.compile("^Cost by team")).get_by_role("link", name="Explain 100.10")

    figure.focus()
    page.keyboard.press("Enter")

    drawer = page.get_by_role("dialog", name="Why is it this much?")
    expect(drawer.get_by_text("Adds up exactly")).to_be_visible()
    # 100.10 of its own, and all of the shared 0.000000000000000007, for it is the only one who receives
    parts = exact(drawer.locator("[data-part]"))
    assert parts == [Decimal("100.10"), Decimal("0.000000000000000007")]
    assert exact(drawer.locator("[data-parts-total]")) == [sum(parts)] == exact(drawer.locator("[data-figure]"))
    expect(drawer.locator("[data-difference]")).to_have_text("0")
    expect(drawer).to_contain_text("Cloud, row 1")
    expect(drawer).to_contain_text("october.csv")

    page.keyboard.press("Escape")

    expect(drawer).to_be_hidden()
    expect(figure).to_be_focused()
    expect(page).to_have_url(re.compile(r"/overview\?period=2026-10$"))


def test_the_panel_is_also_a_page(site, acme, new_page):
    page = new_page()
    overview(page, site)
    page.locator("[data-total=USD]").get_by_role("link").click()

    page.get_by_role("link", name="Open as a page of its own").click()

    expect(page.get_by_role("heading", level=1, name="Why is it this much?")).to_be_visible()
    assert exact(page.locator("[data-figure]")) == [Decimal("107.100000000000000007")]
    expect(page.get_by_text("Adds up exactly")).to_be_visible()


def test_without_script_the_figure_leads_to_the_page(site, acme, chromium, new_page):
    page = new_page()
    overview(page, site)
    context = chromium.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{site}/overview?period=2026-10")

    plain.locator("[data-unallocated=USD]").get_by_role("link").click()

    expect(plain.get_by_role("heading", level=1, name="Why is it this much?")).to_be_visible()
    expect(plain.locator("[data-figure]")).to_have_text("7.00 USD")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_the_drawer_and_the_page_are_accessible_and_fit(site, acme, new_page, width, theme):
    page = new_page(width=width, theme=theme)
    overview(page, site)
    page.locator("[data-total=USD]").get_by_role("link").click()
    drawer = page.get_by_role("dialog", name="Why is it this much?")
    for summary in drawer.locator("summary").all():
        summary.click()
    expect(drawer.get_by_text("Adds up exactly")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Open as a page of its own").click()

    for summary in page.locator(".explain summary").all():
        summary.click()
    assert_accessible(page)
