"""Photographs every main page of the sample company, for the documentation: `make screenshots`.

Starts the demo in a folder of its own, logs in, and writes `docs/images/screens/<page>-<width>-<theme>.png`.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, NAMES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "images" / "screens"
PAGES = (
    # name of the picture, address
    ("overview", "overview"),
    ("bills", "bills"),
    ("allocation", "allocation"),
    ("settings", "settings"),
)
WIDTHS = {"phone": (390, 844), "desk": (1440, 900)}
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


def log_in(browser: Browser, site: str, email: str, password: str) -> object:
    """Log in once; every window then begins with the same session."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site}/account/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/overview")
        return context.storage_state()


def photograph(page: Page, file: Path) -> None:
    """Save what the window shows, with as many colors as a palette has."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    """Photograph each page in every width and theme."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        sys.exit("There is no Chromium: install it to take the pictures.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, demo(Path(home)) as login, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        session = log_in(browser, *login)
        for width, (across, down) in WIDTHS.items():
            for theme in THEMES:
                size = {"width": across, "height": down}
                with browser.new_context(viewport=size, color_scheme=theme, storage_state=session) as context:
                    page = context.new_page()
                    for name, path in PAGES:
                        answer = page.goto(f"{login[0]}/{path}")
                        if not answer or not answer.ok:
                            sys.exit(f"/{path} answers {answer.status if answer else 'nothing'}.")
                        photograph(page, FOLDER / f"{name}-{width}-{theme}.png")
        browser.close()


if __name__ == "__main__":
    main()
