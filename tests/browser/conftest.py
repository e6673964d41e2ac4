"""A real Chromium against the real site: skipped, with one line, where no Chromium is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import ARGUMENTS, NAMES
from tests.conftest import PASSWORD

# Playwright keeps an event loop in this thread, in which Django would refuse to use the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

WIDTHS = {"phone": 390, "desk": 1440}
NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder, and keep it on one worker: two browsers are slower than one."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip("no Chromium found; browser tests are skipped")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(committed_db: None, settings: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of the site, served from another thread with its style sheets and scripts."""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """Open a page in a browser of its own: `new_page(width="phone", theme="dark")`.

    What the page logs to its console, such as a violation of the content policy, fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(*, width: str = "desk", theme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": WIDTHS[width], "height": 900}, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        # That the address itself answers 404 is what some tests are about.
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and message.location["url"] != page.url
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def log_in(page: Page, site: str, email: str) -> None:
    """Log in by the form, as a person does."""
    page.goto(f"{site}/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/overview")


def assert_accessible(page: Page) -> None:
    """Fail with what axe finds wrong on the page, and when the page is wider than the window."""
    page.wait_for_load_state()  # a click is over when the next page begins, not when it is there
    found = Axe().run(page).response["violations"]
    problems = [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
    assert problems == [], f"{page.url}: {problems}"
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert excess <= 0, f"{page.url} is {excess} px wider than the window"
