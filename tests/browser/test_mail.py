"""A letter that went out is read where the site keeps its mail; its figures are the scorecard's and the API's."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.services import send_queued
from itfm.web.showback.letter import letter_of
from showback.answers import Question, answer_token
from showback.letters import queue_letters_of
from showback.models import SpendAnswer
from showback.unowned import Place
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member
from tests.showback.ledgers import OCTOBER, ledgers

LEAD = "lead@acme.example"


@pytest.fixture
def acme(site, sink):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.OWNER, "ada@acme.example")
    ledgers(acme, owner_email=LEAD)
    assert queue_letters_of(OCTOBER, organization_id=acme.id, write=letter_of) == 1
    assert send_queued(acme.id, at=NOW) == 1
    return acme


def figure(text):
    """Return the amount that a text ends with or is: `1,225.00 USD`, `-50.00`."""
    return Decimal(re.sub(r"[^\d.\-]", "", text.replace("\N{MINUS SIGN}", "-")))


def rows_of(table, *, column):
    """Return what a rendered table says: the first line of each row's name, and the figure in a column."""
    found = {}
    for row in table.get_by_role("row").all()[1:]:
        name = row.get_by_role("rowheader").inner_text().splitlines()[0].split(",")[0].strip()
        found[name] = figure(row.get_by_role("cell").nth(column).inner_text())
    return found


def opened(page, site):
    log_in(page, site, "ada@acme.example")
    page.get_by_role("link", name="Local mail").click()
    page.get_by_role("link", name=re.compile("^Payments, October")).click()
    page.wait_for_url("**/mail/*")
    letter = page.frame_locator("iframe")
    expect(letter.get_by_role("heading", level=1)).to_have_text("Payments, October 2026")
    return letter


def test_a_letter_the_scorecard_and_the_api_say_the_same(site, acme, new_page):
    page = new_page()
    letter = opened(page, site)
    in_letter = rows_of(letter.get_by_role("table").filter(has_text="This month").last, column=0)
    subject = page.get_by_role("heading", level=1).inner_text()

    page.get_by_role("link", name="See it in full").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What did Payments cost?")
    on_page = rows_of(page.get_by_role("group", name="Parts of the total in USD").get_by_role("table"), column=1)
    headline = figure(page.locator("[data-total=USD]").inner_text())

    question = "first=2026-10&last=2026-10&by=origin&by=charge_category&is=cost_center:2010&granularity=total"
    [usd] = page.request.get(f"{site}/api/v1/costs?{question}").json()["currencies"]
    told = {tuple(line["groups"]): Decimal(line["total"]) for line in usd["lines"]}
    cents = Decimal("0.01")

    # By hand: 1,000 + 200 of its own, 75 of the logs, a credit of 50.
    assert (
        in_letter
        == on_page
        == {
            "Direct cost": Decimal("1200.00"),
            "Logging": Decimal("75.00"),
            "Credits": Decimal("-50.00"),
            "Total": Decimal("1225.00"),
        }
    )
    assert told == {
        ("direct", "Usage"): Decimal("1200.000000000000000001"),
        ("logging", "Usage"): Decimal(75),
        ("direct", "Credit"): Decimal(-50),
    }
    assert Decimal(usd["total"]["total"]).quantize(cents) == in_letter["Total"] == headline
    assert "1,225.00" in subject


def test_on_a_phone_the_earlier_months_stand_below_the_names_which_have_room(site, acme, new_page):
    page = new_page(width="phone")
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/showback/2010/letter.html?period=2026-10")

    direct = page.get_by_role("row", name=re.compile("^Direct cost"))

    expect(direct.get_by_text("month before 1,150.00, average of three ")).to_be_visible()
    assert [cell.inner_text() for cell in direct.get_by_role("cell").all()] == ["1,200.00"]
    assert direct.get_by_role("rowheader").bounding_box()["width"] > 180
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(direct.get_by_text("month before")).to_be_hidden()
    assert direct.get_by_role("cell").count() == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_the_mail_pages_and_the_answer_are_accessible_and_fit(site, acme, new_page, width, theme):
    page = new_page(width=width, theme=theme)
    if width == "phone":
        log_in(page, site, "ada@acme.example")
        page.goto(f"{site}/mail")
    else:
        opened(page, site)
        assert_accessible(page)
        page.goto(f"{site}/mail")
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("^Payments, October")).click()
    page.wait_for_url("**/mail/*")
    assert_accessible(page)
    question = Question(
        organization_id=acme.id, code="2010", name="Payments", place=Place(account="111", service="Storage"), email=LEAD
    )
    page.goto(f"{site}/spend-answer/{answer_token(question, 'mine')}")
    assert_accessible(page)
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert_accessible(page)
    with tenant(acme.id):
        assert SpendAnswer.objects.get().answer == "mine"
    page.goto(f"{site}/showback?period=2026-10")
    expect(page.get_by_role("row", name=re.compile("Storage in account 111"))).to_contain_text(LEAD)
    assert_accessible(page)


def test_nothing_in_a_letter_can_act_on_the_site(site, acme, new_page):
    page = new_page()
    opened(page, site)

    frame = page.locator("iframe")

    assert frame.get_attribute("sandbox") == ""
    answer = page.request.get(f"{site}{frame.get_attribute('src')}")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as .eml").click()
    assert download.value.suggested_filename.endswith(".eml")
