"""Every page of the site as axe, a phone and a stop watch see it; a new page joins by its link, or has to be classified."""

import pytest
from playwright.sync_api import expect

from tests.browser import tour
from tests.browser.conftest import WIDTHS, assert_accessible, log_in
from tests.browser.whole_site import OWNER, whole_site

STEADY = 0.01
"""More than this sum of layout shifts, and what one is about to click has moved."""
OBSERVE = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) {
      const moved = entry.sources.map(({ node }) => node?.className || node?.nodeName || "").join(", ");
      window.shifts.push([entry.value, moved]);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def look_at_every_face(page):
    """Try the page in both widths and themes; both change under it, as they do for a person."""
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-bs-theme", theme, timeout=30_000)
            assert_accessible(page)


def test_every_page_is_accessible_and_fits_in_both_themes_and_widths(site, tmp_path, new_page):
    unlinked = whole_site(tmp_path / "bills")
    page = new_page()
    log_in(page, site, OWNER)
    found = {**unlinked, **tour.pages(page, site)}
    problems = []

    assert list(tour.unclassified(page, site, found)) == []
    for name, address in found.items():
        answer = page.goto(f"{site}{address}")
        try:
            assert answer is not None
            assert answer.ok, f"{name} answers {answer.status}"
            look_at_every_face(page)
        except AssertionError as error:
            problems.append(f"{name}: {error}")
    assert problems == []


def test_every_page_outside_is_accessible_and_fits_in_both_themes_and_widths(site, new_page):
    page = new_page()

    for address in tour.OUTSIDE:
        page.goto(f"{site}/{address}")
        look_at_every_face(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_one_reads_does_not_move(site, tmp_path, new_page, width):
    whole_site(tmp_path / "bills")
    page = new_page(width=width)
    page.add_init_script(OBSERVE)
    log_in(page, site, OWNER)

    for address in ("overview", "explore?period=2026-10", "showback/2010?period=2026-10"):
        page.goto(f"{site}/{address}")
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        shifts = page.evaluate("window.shifts")
        assert sum(value for value, _ in shifts) < STEADY, f"{address}: {shifts}"
