"""The shared parts in a real browser: accessible in every theme and width, and all of it by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_accessible
from tests.conftest import PASSWORD, person


@pytest.fixture
def open_design(site, new_page):
    def open_page(**look):
        user = person("ops@example.com")
        user.is_staff = True
        user.save()
        page = new_page(**look)
        page.goto(f"{site}/account/login/?next=/design")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/design")
        return page

    return open_page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_every_part_is_accessible_and_fits(open_design, width, theme):
    page = open_design(width=width, theme=theme)

    assert_accessible(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_is_accessible(open_design, theme):
    page = open_design(width="phone", theme=theme)

    page.get_by_role("button", name="Show a toast to undo").click()
    expect(page.get_by_role("status").get_by_text("The rule is deleted.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Open a dialog").click()
    expect(page.get_by_role("dialog", name="Save this view")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Open a drawer", exact=True).click()
    expect(page.get_by_role("dialog", name="Explain").get_by_text("Where it comes from")).to_be_visible()
    assert_accessible(page)


def test_a_dialog_keeps_the_focus_and_gives_it_back(open_design):
    page = open_design()
    opener = page.get_by_role("link", name="Open a dialog")
    opener.focus()

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Save this view")
    expect(dialog).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('.frame') || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_drawer_shows_what_the_link_leads_to(open_design):
    page = open_design()
    figure = page.get_by_role("group", name="Cost by team, October 2026").get_by_role("link", name="23,100.25")
    figure.focus()

    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Explain")
    expect(drawer.get_by_role("heading", name="Where it comes from")).to_be_visible()
    page.keyboard.press("Escape")

    expect(figure).to_be_focused()


def test_a_combobox_is_used_by_keyboard(open_design):
    page = open_design()
    field = page.get_by_label("Service optional")
    field.press_sequentially("sql")
    expect(page.locator(".combobox-option")).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")

    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(page.locator(".combobox-option").filter(has_text="Google SQL")).to_have_attribute("aria-selected", "true")
    field.press("Enter")

    expect(field).to_have_value("Google SQL")
    expect(field).to_have_attribute("aria-expanded", "false")


def test_a_combobox_says_when_nothing_matches_and_escape_keeps_what_was_typed(open_design):
    page = open_design()
    field = page.get_by_label("Service optional")

    field.press_sequentially("quantum")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    field.press("Escape")

    expect(page.get_by_text("Nothing matches.")).to_be_hidden()
    expect(field).to_have_value("quantum")


def test_an_item_is_moved_by_keyboard_and_its_place_announced(open_design):
    page = open_design()
    button = page.get_by_role("button", name="Move Tag env is production down")
    button.focus()

    page.keyboard.press("Enter")

    expect(page.locator("#announcement")).to_have_text("Tag env is production: place 2 of 4")
    expect(button).to_be_focused()
    assert page.locator(".sortable [name=order]").evaluate_all("fields => fields.map(field => field.value)") == [
        "shared", "production", "long", "rest",
    ]  # fmt: skip


def test_an_item_is_moved_by_dragging(open_design):
    page = open_design()
    handles = page.locator("[data-sortable-handle]")
    handles.first.scroll_into_view_if_needed()

    handles.nth(0).drag_to(handles.nth(1))

    expect(page.locator("#announcement")).to_have_text("Tag env is production: place 2 of 4")


def test_a_table_is_sorted_by_keyboard_in_its_place(open_design):
    page = open_design()
    table = page.locator("#teams")
    link = table.get_by_role("link", name="Bill lines")
    link.focus()

    page.keyboard.press("Enter")

    expect(table.get_by_role("columnheader", name="Bill lines")).to_have_attribute("aria-sort", "descending")
    expect(link).to_be_focused()
    expect(page.locator("#announcement")).to_have_text("Sorted by Bill lines, descending")
    assert page.url.endswith("sort=-lines")


def test_a_tree_is_walked_by_keyboard(open_design):
    page = open_design()
    page.get_by_role("treeitem", name="Payments").focus()

    page.keyboard.press("ArrowDown")
    closed = page.get_by_role("treeitem", name="Customer-facing")
    expect(closed).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    expect(page.get_by_role("treeitem", name="Fraud checks")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(closed).to_have_attribute("aria-expanded", "false")


def test_a_toast_of_a_failure_stays_until_it_is_closed(open_design):
    page = open_design()
    page.clock.install()
    page.get_by_role("button", name="Show a toast of a failure").click()
    page.get_by_role("button", name="Show a toast", exact=True).click()
    page.mouse.move(5, 5)

    page.clock.fast_forward(60_000)

    expect(page.locator(".toast-note")).to_have_count(1)
    page.get_by_role("button", name="Close message").click()
    expect(page.locator(".toast-note")).to_have_count(0)


def test_nothing_moves_while_the_page_loads(open_design):
    page = open_design()

    shift = page.evaluate("""() => new Promise((done) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
        });
        observer.observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(sum), 500);
    })""")

    assert shift < 0.01


def test_the_page_is_read_and_dialogs_open_without_script(site, chromium, db_user_without_script):
    page = db_user_without_script
    expect(page.locator("#sample-dialog")).to_be_hidden()

    page.get_by_role("link", name="Open a dialog").click()
    expect(page.locator("#sample-dialog")).to_be_visible()
    page.locator("#sample-dialog").get_by_role("link", name="Close").click()

    expect(page.locator("#sample-dialog")).to_be_hidden()
    page.locator("#teams").get_by_role("link", name="Bill lines").click()
    assert page.url.endswith("sort=-lines")


@pytest.fixture
def db_user_without_script(site, chromium):
    user = person("ops@example.com")
    user.is_staff = True
    user.save()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/account/login/?next=/design")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/design")
    yield page
    context.close()


def test_a_mark_says_its_exact_amount_and_leads_on(open_design):
    page = open_design()
    chart = page.locator("[data-chart=figure-share]")
    expect(chart.locator(".barlayer .point")).to_have_count(6)
    chart.scroll_into_view_if_needed()

    box = chart.locator(".barlayer .point").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 8)

    expect(chart.locator(".hovertext")).to_contain_text("21,090.40")
    page.mouse.click(box["x"] + 20, box["y"] + 8)
    page.wait_for_url("**/design#tables")


def test_a_ribbon_says_what_flows_where(open_design):
    page = open_design()
    chart = page.locator("[data-chart=figure-sankey]")
    expect(chart.locator(".scatterlayer .trace")).to_have_count(18)
    chart.scroll_into_view_if_needed()

    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)

    expect(chart.locator(".hovertext")).to_contain_text("Direct to ")


def test_on_a_phone_the_navigation_opens_and_closes_by_keyboard(open_design):
    page = open_design(width="phone")
    button = page.get_by_role("button", name="Menu", exact=True)
    expect(page.get_by_role("link", name="Bills", exact=True)).to_be_hidden()
    button.focus()

    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Bills", exact=True)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Bills", exact=True)).to_be_hidden()
    expect(button).to_be_focused()
