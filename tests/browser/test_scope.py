"""An engineer who may see one cost center walks the whole site, and meets nothing from beside its tree."""

import re

import pytest
from playwright.sync_api import expect

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from itfm.accounts.models import Membership, Scope
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from showback.services import CostCenterBranch, replace_cost_centers
from tests.allocation.bills import bill_in_force
from tests.allocation.costs.conftest import keep_charges
from tests.allocation.engine.bills import OCTOBER, charge
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member

RULES = """
version: 1
dimensions:
  - {key: cost_center, name: Cost center, rules: [{when: {tag: cc, exists: true}, value: {tag: cc}}]}
splits:
  - key: logging
    name: Logging
    stage: 1
    pool: {dimension: cost_center, equals: '9020'}
    receivers: {dimension: cost_center, one_of: ['1100', '1200']}
    method: {kind: even}
"""
# Hers are Payments (1100) with Cards (1110) below: 10 + 5 of its own and 20 of the 40 for logs, 35 in all. Beside it
# stand Search with 700 and the other 20, and 3,000 that nobody owns: 3,755 in all.
CHARGES = [
    charge("10", tags={"cc": "1100"}, service_name="Compute", sub_account_id="111"),
    charge("5", tags={"cc": "1110"}, service_name="Queue", sub_account_id="111"),
    charge("700", tags={"cc": "1200"}, service_name="Index", sub_account_id="222"),
    charge("40", tags={"cc": "9020"}, service_name="Logs", sub_account_id="999"),
    charge("3000", service_name="Lab", sub_account_id="333"),
]
BESIDE = ("Search", "1200", "Index", "222", "700.00", "720.00", "3,000.00", "3,755.00", "3000", "3755", "Lab", "Orders")
QUESTION = "first=2026-10&last=2026-10&by=cost_center&granularity=total&lens=finance"


@pytest.fixture
def acme(site):
    acme = create_organization("Acme", slug="acme")
    user = member(acme, Role.ENGINEER, "grace@acme.example")
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
        cards = CostCenterBranch(code="1110", name="Cards")
        payments = CostCenterBranch(code="1100", name="Payments", children=[cards])
        search = CostCenterBranch(code="1200", name="Search")
        logs = CostCenterBranch(code="9020", name="Pipelines")
        engineering = CostCenterBranch(code="1000", name="Orders", children=[payments, search, logs])
        replace_cost_centers([engineering], organization_id=acme.id)
        place = Membership.objects.get(user=user)
        Scope.objects.create(organization=acme, membership=place, dimension="cost_center", value="1100")
    keep_charges(bill_in_force(acme, CHARGES), CHARGES)
    allocate(acme.id, period=OCTOBER)
    return acme


def assert_nothing_beside(text):
    # Whole words: a page also holds random ids, in which four digits come up by themselves.
    assert [word for word in BESIDE if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)] == []


def fetched(page, site, address):
    answer = page.request.get(f"{site}/{address}")
    assert answer.ok, address
    return answer.text()


@pytest.fixture
def engineer(site, acme, new_page):
    page = new_page()
    log_in(page, site, "grace@acme.example")
    return page


def test_she_sees_her_subtree_on_every_page(site, engineer):
    page = engineer
    page.goto(f"{site}/overview?period=2026-10")
    expect(page.locator("[data-total=USD]")).to_have_text("35.00 USD")
    assert_nothing_beside(page.locator("main").inner_text())

    page.goto(f"{site}/explore?{QUESTION}")
    table = page.get_by_role("table")
    expect(table.get_by_role("row", name="Payments (1100)")).to_contain_text("30.00")
    expect(table.get_by_role("row", name="Cards (1110)")).to_contain_text("5.00")
    expect(page.locator("[data-total=USD]")).to_contain_text("35.00")
    assert_nothing_beside(page.content())
    assert_accessible(page)

    page.get_by_role("link", name="Showback", exact=True).click()
    page.goto(f"{site}/showback?period=2026-10")
    expect(page.locator("[data-center='1100']")).to_have_text("35.00")
    expect(page.locator("[data-center]")).to_have_count(2)
    assert_nothing_beside(page.locator("main").inner_text())

    page.get_by_role("link", name="Payments", exact=True).click()
    expect(page.locator("[data-total=USD]")).to_have_text("35.00 USD")
    assert_nothing_beside(page.locator("main").inner_text())

    page.locator("[data-total=USD] a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why is it this much?")
    parts = page.get_by_role("group", name="Parts of the figure, USD")
    expect(parts.get_by_role("row", name="Sum of the parts")).to_contain_text("35.00")
    expect(parts.get_by_role("row", name="Logging")).to_contain_text("20.00")
    assert_nothing_beside(page.locator("main").inner_text())


def test_her_files_and_her_letter_hold_her_subtree_alone(site, engineer):
    page = engineer

    export = fetched(page, site, f"explore/export?{QUESTION}").splitlines()
    assert export == [
        '"Cost center","currency","Cost center name","total effective_cost"',
        '"1100","USD","Payments",30',
        '"1110","USD","Cards",5',
    ]
    statement = fetched(page, site, "showback/1100/statement.csv?period=2026-10")
    assert ",total,Total,35.000000000000000000," in statement
    assert_nothing_beside(statement)

    page.goto(f"{site}/showback/1100/letter?period=2026-10")
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("35.00 USD", exact=True)).to_be_visible()
    assert_nothing_beside(letter.locator("body").inner_text())
    assert_nothing_beside(page.get_by_role("group", name="The letter as plain text").inner_text())


@pytest.mark.parametrize(
    "address",
    [
        "showback/1200",
        "showback/1000",
        "showback/1200/letter",
        "showback/1200/letter.html",
        "showback/1200/statement.csv",
    ],
)
def test_what_is_beside_her_tree_is_not_there_for_her(site, engineer, address):
    answer = engineer.request.get(f"{site}/{address}")

    assert answer.status == 404
    assert "Index" not in answer.text()
    assert "720" not in answer.text()


def test_explaining_what_is_beside_her_tree_explains_nothing(site, engineer):
    page = engineer

    page.goto(f"{site}/explain?period=2026-10&currency=USD&is=cost_center:1200")

    text = page.locator("main").inner_text()
    assert "0.00 USD" in text
    # The code stands in the address that she typed herself.
    assert [word for word in BESIDE if word in text and word != "1200"] == []
