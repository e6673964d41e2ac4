"""Photographs every page of the sample company, for the documentation: `make screenshots`.

Starts the demo in a folder of its own, logs in, follows every link as `tour` does, and writes
`docs/images/screens/<page>-<width>-<theme>.png`. With a site, an e-mail and a password it photographs that demo instead.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import environ
from pathlib import Path
from typing import Any

import django
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import tour
from tests.browser.chromium import ARGUMENTS, NAMES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "images" / "screens"
COVER = ROOT / "docs" / "images" / "overview.png"
STATES = {
    # name of the picture: an address that no link leads to by itself
    "explore_by_team": "/explore?by=team&by=service_name",
    "explore_compared": "/explore?by=service_name&compare=previous",
    "rule_new": "/allocation/dimensions/team/rules/new",
    "split": "/allocation/splits/platform",
    "split_new": "/allocation/splits/new",
    "trace": "/allocation/trace?q=storage",
    "trace_asked": "/allocation/trace?line=tag+team+%3D+paymnts",
    "tag_key_new": "/allocation/tags/key?name=team&spelling=Team",
    "lookup_searched": "/allocation/lookups/team_names?q=pay",
    "login": "/account/login/",
    "sign_up": "/account/signup/",
    "password_reset": "/account/password/reset/",
    "not_found": "/nowhere",
}
OUTSIDE = ("login", "sign_up", "password_reset")
"""Photographed before anybody logs in."""
LEFT_OUT = ("source",)
"""Pages that show a folder of the machine on which the demo runs."""
TALLEST = 2400
"""Where the picture of a whole page ends."""
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
SETTLED = 250
"""Milliseconds until a chart has drawn itself anew."""
THEMES = ("light", "dark")
LOGIN = re.compile(r"^\s+(http://\S+)\n\s+e-mail\s+(\S+)\n\s+password\s+(\S+)", re.MULTILINE)
COLORS = 256
"""As many as a palette holds: flat surfaces look the same, at a third of the size."""


@contextmanager
def demo(home: Path) -> Iterator[tuple[str, str, str]]:
    """Serve the sample company; yields its address, e-mail and password."""
    command = [sys.executable, "manage.py", "up", "--demo", "--charges", "5000"]
    settings = {**environ, "ITFM_HOME": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as program:
        said = ""
        try:
            for line in program.stdout or ():
                said += line
                if found := LOGIN.search(said):
                    yield found[1], found[2], found[3]
                    return
            raise RuntimeError(f"The demo did not start:\n{said}")
        finally:
            program.send_signal(signal.SIGINT)
            program.communicate(timeout=60)


@contextmanager
def _window(browser: Browser, **look: Any) -> Iterator[Page]:
    """Open a browser's window that waits as long as a busy machine needs."""
    with browser.new_context(**look) as context:
        context.set_default_timeout(180_000)
        yield context.new_page()


def log_in(browser: Browser, site: str, email: str, password: str) -> object:
    """Log in once; every window then begins with the same session."""
    with _window(browser) as page:
        page.goto(f"{site}/account/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/overview")
        return page.context.storage_state()


def photograph(page: Page, file: Path) -> None:
    """Save what the window shows, with as many colors as a palette has."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)


def photograph_every_face(page: Page, name: str) -> None:
    """Save a page in every width and theme, which change under it; whole at a desk in the light theme."""
    for width, (across, down) in WIDTHS.items():
        for theme in THEMES:
            is_whole = (width, theme) == ("desk", "light")
            # A taller window rather than a taller picture: what sticks to the window's edges then stands where it does.
            whole = page.evaluate("document.documentElement.scrollHeight") if is_whole else down
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": across, "height": max(down, min(whole, TALLEST))})
            photograph(page, FOLDER / f"{name}-{width}-{theme}.png")


def pictures(browser: Browser, site: str, session: object) -> dict[str, str]:
    """Return the address of every picture by its name: all that links lead to, and the states beside them."""
    with _window(browser, storage_state=session) as page:
        found = {**tour.pages(page, site), **STATES}
        return {name: path for name, path in found.items() if name not in LEFT_OUT}


def take_all(browser: Browser, site: str, session: object) -> None:
    """Photograph each page."""
    across, down = WIDTHS["desk"]
    for name, path in pictures(browser, site, session).items():
        state = None if name in OUTSIDE else session
        with _window(browser, viewport={"width": across, "height": down}, storage_state=state) as page:
            page.goto(f"{site}{path}")
            photograph_every_face(page, name)


def main(*running: str) -> None:
    """Photograph the demo that runs, or one started for it."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        sys.exit("There is no Chromium: install it to take the pictures.")
    # The map of addresses is read here too, with no database behind it.
    environ.update({"DJANGO_SETTINGS_MODULE": "itfm.settings", "ITFM_SECRET_KEY": "none"})
    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack, sync_playwright() as playwright:
        login = running or stack.enter_context(demo(Path(home)))
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        take_all(browser, login[0], log_in(browser, *login))
        browser.close()
    shutil.copyfile(FOLDER / "overview-desk-light.png", COVER)


if __name__ == "__main__":
    main(*sys.argv[1:])
