"""An admin builds two dimensions and a split from nothing, publishes them, and sees unallocated fall."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from allocation.services import allocate, due_periods
from ingestion.services import create_source, request_import, run_import
from itfm.accounts.services import create_organization
from itfm.core.periods import parse_period
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.conftest import NOW, member
from tests.ingestion.focus_files import line, write_bill

OCTOBER = parse_period("2026-10")


@pytest.fixture
def acme(site, tmp_path):
    acme = create_organization("Acme", slug="acme")
    member(acme, Role.ADMIN, "ada@acme.example")
    write_bill(
        tmp_path / "october.csv",
        line("100", service="Cards"),
        line("50", service="Search"),
        line("30", service="Shared"),
        line("7"),
    )
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="cloud", name="Cloud", kind="focus", settings={"path": str(tmp_path)}, at=NOW
        )
        run, _ = request_import(source, trigger="person", at=timezone.now())
    run_import(acme.id, run_id=run.id)
    allocate(acme.id, period=OCTOBER)
    return acme


def add_dimension(page, site, name, key):
    page.goto(f"{site}/allocation")
    page.get_by_label("Name of a new dimension").fill(name)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Add dimension").click()
    expect(page.get_by_role("status").filter(has_text=f"Added dimension {name}")).to_be_visible()


def write_rule(page, site, dimension, services, *, value=None):
    page.goto(f"{site}/allocation/dimensions/{dimension}/rules/new")
    page.get_by_label("Look at, test 1").select_option("column")
    page.get_by_label("Name, test 1").fill("service_name")
    page.get_by_label("Test 1", exact=True).select_option("one_of")
    page.get_by_label("Text, or one per line, test 1").fill("\n".join(services))
    if value:
        page.get_by_label("Text that the rule gives").fill(value)
    else:
        page.get_by_label("the text of the first of these").check()
        page.get_by_label("Place 1", exact=True).select_option("column")
        page.get_by_label("Name of place 1").fill("service_name")


def test_from_nothing_to_shared_cost(site, acme, new_page):
    page = new_page()
    log_in(page, site, "ada@acme.example")
    page.goto(f"{site}/overview?period=2026-10")
    expect(page.locator("[data-unallocated=USD]")).to_have_text("187.00 USD")

    add_dimension(page, site, "Team", "team")
    write_rule(page, site, "team", ["Cards", "Search", "Shared"])
    # Counted as one types, without saving.
    expect(page.locator("#preview").last).to_contain_text("180.00")
    page.get_by_role("button", name="Save in the draft").click()
    expect(page.get_by_role("table").first).to_contain_text("7.00")

    add_dimension(page, site, "Kind", "kind")
    write_rule(page, site, "kind", ["Shared"], value="Overhead")
    page.get_by_role("button", name="Save in the draft").click()

    page.goto(f"{site}/allocation/splits/new")
    page.get_by_label("Name", exact=True).fill("Shared to teams")
    page.get_by_label("Key", exact=True).fill("shared")
    page.get_by_label("Name, test 1").fill("team")
    page.get_by_label("Text, or one per line, test 1").fill("Shared")
    page.get_by_label("Values of", exact=True).select_option("team")
    page.get_by_role("button", name="Work out the shares").click()
    expect(page.get_by_role("row").filter(has_text="Cards")).to_contain_text("15")
    page.get_by_role("button", name="Save in the draft").click()

    expect(page.get_by_role("status").filter(has_text="Added split")).to_be_visible()
    page.get_by_role("link", name="Review and publish").click()
    expect(page.get_by_text("Dimension Team", exact=True)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Publish as the next version").click()
    expect(page.get_by_role("status").filter(has_text="Version 1 is in force")).to_be_visible()
    expect(page.get_by_text("Waiting: October 2026")).to_be_visible()

    # The work goes on without the page.
    page.goto(f"{site}/settings")
    page.goto(f"{site}/allocation")
    expect(page.get_by_text("Waiting: October 2026")).to_be_visible()
    for period in due_periods(acme.id):
        allocate(acme.id, period=period)
    # The page finds out by itself, and leads to what has changed in money.
    expect(page.get_by_text("Waiting: October 2026")).to_be_hidden()
    page.get_by_role("link", name="See what that changed in money").click()
    difference = page.get_by_role("group", name="Difference to the run before")
    expect(difference.get_by_role("row").filter(has_text="Unallocated")).to_contain_text("7.00 USD")
    expect(difference.get_by_role("row").filter(has_text="Cards")).to_contain_text("115.00 USD")
    page.goto(f"{site}/overview?period=2026-10")
    expect(page.locator("[data-unallocated=USD]")).to_have_text("7.00 USD")
    expect(page.get_by_role("row").filter(has_text="Cards").first).to_contain_text("115.00")


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_every_page_of_rules_is_accessible(site, acme, new_page, width, theme):
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@acme.example")
    add_dimension(page, site, "Team", "team")
    write_rule(page, site, "team", ["Cards", "Search"])
    page.get_by_role("button", name="Save in the draft").click()

    for address in (
        "", "/dimensions/team", "/dimensions/team/rules/0", "/splits/new", "/drivers", "/coverage", "/trace?q=car",
        "/trace?line=service_name+%3D+Cards", "/runs", "/versions", "/draft",
    ):  # fmt: skip
        page.goto(f"{site}/allocation{address}")
        assert_accessible(page)


def test_buttons_of_the_form_reshape_it_and_a_change_is_not_lost_unasked(site, acme, new_page):
    page = new_page()
    log_in(page, site, "ada@acme.example")
    add_dimension(page, site, "Team", "team")
    page.goto(f"{site}/allocation/dimensions/team/rules/new")

    page.get_by_role("button", name="Add group").first.click()
    expect(page.get_by_role("group", name="Group 2")).to_be_visible()
    page.get_by_label("Look at, test 2.1").select_option("column")
    page.get_by_label("Name, test 2.1").fill("service_name")
    page.get_by_label("Text, or one per line, test 2.1").press_sequentially("car")
    page.get_by_role("option", name="Cards").click()
    expect(page.get_by_label("Text, or one per line, test 2.1")).to_have_value("Cards")

    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.href = '/overview'")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/rules/new")


def names_of_rules(page):
    return [text.split(". ")[1].strip() for text in page.locator(".rule-table tbody .name").all_inner_texts()]


def test_rules_are_put_in_order_by_dragging_and_by_keyboard_and_taken_back(site, acme, new_page):
    page = new_page()
    log_in(page, site, "ada@acme.example")
    add_dimension(page, site, "Team", "team")
    for name in ("Cards", "Search", "Shared"):
        write_rule(page, site, "team", [name])
        page.get_by_label("Name optional").fill(name.lower())
        page.get_by_role("button", name="Save in the draft").click()
    assert names_of_rules(page) == ["cards", "search", "shared"]

    handles = page.locator("[data-sortable-handle]")
    handles.nth(2).drag_to(handles.nth(0))
    expect(page.get_by_role("status").filter(has_text="Moved rule 3")).to_be_visible()
    assert names_of_rules(page) == ["shared", "cards", "search"]

    page.get_by_role("button", name="Move rule 1 down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move rule 2 down")).to_be_focused()
    assert names_of_rules(page) == ["cards", "shared", "search"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="to place 3")).to_be_visible()
    assert names_of_rules(page) == ["cards", "search", "shared"]

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="Taken back: Moved rule 2")).to_be_visible()
    assert names_of_rules(page) == ["cards", "shared", "search"]


def test_a_lookup_and_a_driver_come_from_files_by_the_real_forms(site, acme, new_page, tmp_path):
    spelled, seats = tmp_path / "names.csv", tmp_path / "seats.csv"
    spelled.write_text("text,gives\nCards,Card team\nSearch,Find team\n", encoding="utf-8")
    seats.write_text("date,value,quantity\n2026-10-01,Card team,3\n2026-10-01,Nobody,1\n", encoding="utf-8")
    page = new_page()
    log_in(page, site, "ada@acme.example")
    add_dimension(page, site, "Team", "team")

    page.get_by_role("link", name="Lookups").click()
    page.get_by_label("Key of a new table").fill("names")
    page.get_by_role("button", name="Add table").click()
    page.get_by_label("CSV or XLSX").set_input_files(spelled)
    page.get_by_role("button", name="Check the file").click()
    assert_accessible(page)
    page.get_by_role("button", name="Add and change rows").click()
    expect(page.get_by_label("Gives, row 4")).to_have_value("Card team")
    page.get_by_label("Gives, row 4").fill("Cards team")
    page.get_by_role("button", name="Save rows in the draft").click()
    expect(page.get_by_role("status").filter(has_text="Changed 1 row of lookup names")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Gives, row 4")).to_have_value("Card team")

    write_rule(page, site, "team", ["Cards", "Search"])
    page.get_by_role("button", name="Add step").click()
    page.get_by_label("Step 1", exact=True).select_option("lookup")
    page.get_by_label("What step 1 uses").fill("names")
    expect(page.locator("#preview").last).to_contain_text("150.00")
    page.get_by_role("button", name="Save in the draft").click()

    page.goto(f"{site}/allocation/drivers")
    page.get_by_label("Name", exact=True).fill("Seats")
    page.get_by_label("Key").fill("seats")
    page.get_by_label("Unit").fill("seats")
    page.get_by_role("button", name="Add driver").click()
    page.get_by_role("link", name="Seats").click()
    page.get_by_label("CSV or XLSX").set_input_files(seats)
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator(".field-count")).to_contain_text("Unmatched")
    expect(page.get_by_text("Nobody", exact=True)).to_be_visible()
    page.get_by_role("button", name="Take in 2 values").click()
    expect(page.get_by_role("status").filter(has_text="2 values taken in")).to_be_visible()

    page.goto(f"{site}/allocation/trace?period=2026-10&line=service_name+%3D+Cards")
    expect(page.get_by_role("heading", name="Team: Card team")).to_be_visible()
