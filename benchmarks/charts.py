"""Milliseconds until the charts of a page can be used on a processor four times slower, and how far the page moves.

    python -m benchmarks.charts [SITE EMAIL PASSWORD] [--rounds N]

Without a running demo it starts one of 5,000 charges a month. Chromium slows its own processor (Chrome DevTools
Protocol, `Emulation.setCPUThrottlingRate`); every file comes from its cache, as on the second page of a visit. Time
runs from the click until every chart in view is drawn, which the bar is for, and until the last one below is drawn too,
which the page does when it has nothing else to do. The reference beside it is a page of the same site without a chart.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, NAMES
from tests.browser.screens import demo, log_in

SLOWER = 4
MOST_MILLISECONDS = 1500
MOST_SHIFT = 0.01
PATIENCE = 600
"""Tenths of a second until a chart must be there."""
PAGES = {
    "overview": "/overview",
    "explore, by team": "/explore?by=team",
    "scorecard": "/showback/1000",
}
REFERENCE = "/settings/account"
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
WATCH = """
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    window.drawn = window.last = null;
    const inView = (one) => one.getBoundingClientRect().top < innerHeight;
    const look = () => {
      const missing = [...document.querySelectorAll("[data-chart]")].filter((one) => !one.querySelector(".main-svg"));
      if (document.readyState !== "loading") {
        if (window.drawn === null && !missing.some(inView)) window.drawn = performance.now();
        if (!missing.length) window.last = performance.now();
      }
      if (window.last === null) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""


def main() -> int:
    """Print the table; the exit code says whether every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("running", nargs="*", metavar="SITE EMAIL PASSWORD")
    parser.add_argument("--rounds", type=int, default=7)
    told = parser.parse_args()
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        print("There is no Chromium: the charts are not measured.")
        return 0
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack, sync_playwright() as playwright:
        login = tuple(told.running) or stack.enter_context(demo(Path(home)))
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        is_met = measure(browser, login[0], log_in(browser, *login), told.rounds)
        browser.close()
    print(f"at most: {MOST_MILLISECONDS} ms in the median at {SLOWER} x slower, layout shift {MOST_SHIFT}")
    return 0 if is_met else 1


def measure(browser: Browser, site: str, session: Any, rounds: int) -> bool:
    """Print a line for each page and size, and return whether all are within the bars."""
    is_met = True
    print(f"{'page':<20}{'size':<8}{'charts':>7}{'in view ms':>12}{'slowest ms':>12}{'last ms':>9}{'shift':>8}")
    for size, (across, down) in SIZES.items():
        with browser.new_context(viewport={"width": across, "height": down}, storage_state=session) as context:
            page = context.new_page()
            page.add_init_script(WATCH)
            slowed = context.new_cdp_session(page)
            slowed.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            for name, address in {"no chart": REFERENCE, **PAGES}.items():
                found = [asked(page, f"{site}{address}") for _ in range(rounds + 1)][1:]
                drawn, last, moved = zip(*found, strict=True)
                median = statistics.median(drawn)
                passes = name == "no chart" or (median <= MOST_MILLISECONDS and max(moved) <= MOST_SHIFT)
                is_met = is_met and passes
                charts = page.locator("[data-chart]").count()
                print(f"{name:<20}{size:<8}{charts:>7}{median:>12.0f}{max(drawn):>12.0f}{statistics.median(last):>9.0f}"
                      f"{max(moved):>8.4f}  {'' if name == 'no chart' else 'PASS' if passes else 'FAIL'}")  # fmt: skip
    return is_met


def asked(page: Page, address: str) -> tuple[float, float, float]:
    """Open a page; return the milliseconds until the charts in view and the last are drawn, and its layout shift."""
    answer = page.goto(address, wait_until="load")
    if not answer or not answer.ok:
        sys.exit(f"{address} answers {answer.status if answer else 'nothing'}.")
    for _ in range(PATIENCE):
        drawn, last, moved = page.evaluate("[window.drawn, window.last, window.moved]")
        if last is not None:
            return float(drawn), float(last), float(moved)
        page.wait_for_timeout(100)
    sys.exit(f"{address} has a chart that is never drawn.")


if __name__ == "__main__":
    raise SystemExit(main())
