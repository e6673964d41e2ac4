"""Milliseconds until the charts of a page can be used on a processor four times slower, and how far the page moves.

    python -m benchmarks.charts [SITE EMAIL PASSWORD] [--rounds N]

Without a running demo it starts one of 5,000 charges a month. Chromium slows its own processor (Chrome DevTools
Protocol, `Emulation.setCPUThrottlingRate`); every file comes from its cache, as on the second page of a visit. Time
runs from the click to the last chart drawn. The reference beside it is a page of the same site without a chart.
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
    window.drawn = null;
    const look = () => {
      const charts = [...document.querySelectorAll("[data-chart]")];
      const done = document.readyState !== "loading" && charts.every((one) => one.querySelector(".main-svg"));
      if (done && window.drawn === null) window.drawn = performance.now();
      if (!done) requestAnimationFrame(look);
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
    print(f"{'page':<20}{'size':<8}{'charts':>7}{'median ms':>11}{'slowest ms':>12}{'shift':>8}")
    for size, (across, down) in SIZES.items():
        with browser.new_context(viewport={"width": across, "height": down}, storage_state=session) as context:
            page = context.new_page()
            page.add_init_script(WATCH)
            slowed = context.new_cdp_session(page)
            slowed.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            for name, address in {"no chart": REFERENCE, **PAGES}.items():
                found = [asked(page, f"{site}{address}") for _ in range(rounds + 1)][1:]
                median, shift = statistics.median(one for one, _ in found), max(moved for _, moved in found)
                passes = name == "no chart" or (median <= MOST_MILLISECONDS and shift <= MOST_SHIFT)
                is_met = is_met and passes
                charts = page.locator("[data-chart]").count()
                print(f"{name:<20}{size:<8}{charts:>7}{median:>11.0f}{max(one for one, _ in found):>12.0f}{shift:>8.4f}"
                      f"  {'' if name == 'no chart' else 'PASS' if passes else 'FAIL'}")  # fmt: skip
    return is_met


def asked(page: Page, address: str) -> tuple[float, float]:
    """Open a page; return the milliseconds until its charts are drawn, and its layout shift."""
    answer = page.goto(address, wait_until="load")
    if not answer or not answer.ok:
        sys.exit(f"{address} answers {answer.status if answer else 'nothing'}.")
    page.wait_for_function("window.drawn !== null", timeout=60_000)
    page.wait_for_timeout(500)
    found = page.evaluate("[window.drawn, window.moved]")
    return float(found[0]), float(found[1])


if __name__ == "__main__":
    raise SystemExit(main())
