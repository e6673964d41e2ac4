"""A tour of the site: every page that the map of addresses has, found by following links as a person does."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, get_resolver, resolve
from playwright.sync_api import Page

FRONT_DOORS = ("overview", "explore", "bills", "allocation", "showback", "settings", "organizations", "account/2fa/")
OUTSIDE = ("account/login/", "account/signup/", "account/password/reset/", "account/password/reset/done/", "nowhere")
"""Where somebody is who has not logged in; the last address is none."""
NO_PAGE = {
    "home": "leads on to the Overview",
    "healthz": "answers a probe",
    "readyz": "answers a probe",
    "bills_running": "is a part of a page",
    "invoice_state": "is a part of a page",
    "allocation_running": "is a part of a page",
    "design_panel": "is a part of a page",
    "source_test": "is a part of a page",
    "allocation_texts": "answers a field",
    "allocation_tag_keys": "answers a field",
    "design_suggestions": "answers a field",
    "explore_values": "answers a field",
    "explore_export": "sends a file",
    "explore_lines": "sends a file or a part of a page",
    "audit_export": "sends a file",
    "bill_findings": "sends a file",
    "findings_file": "sends a file",
    "recommendations_file": "sends a file",
    "purchase_orders_file": "sends a file",
    "bill_comparison": "sends a file",
    "bill_charges_csv": "sends a file",
    "bill_charges_parquet": "sends a file",
    "scorecard_csv": "sends a file",
    "allocation_export": "sends a file",
    "allocation_driver_values": "sends a file",
    "allocation_lookup_rows": "sends a file",
    "letter_html": "is a letter, in a mail program's own HTML",
    "mail": "is there where mail is kept, and is walked in test_mail",
    "mail_letter": "is there where mail is kept, and is walked in test_mail",
    "mail_html": "is a letter, in a mail program's own HTML",
    "mail_file": "sends a file",
    "spend_answer": "opens with the word of a letter, and is walked in test_mail",
}
"""Addresses that answer a GET with something else than a page of the site, and what that is."""
LINK = re.compile(r'\s(?:href|hx-get|data-drawer-url)="([^"#]+)')
SAMPLES = {"uuid": "00000000-0000-0000-0000-000000000000", "int": "1", "slug": "none", "str": "none", "path": "none"}
ARGUMENT = re.compile(r"<(?:(\w+):)?\w+>")


def site_map() -> dict[str, str]:
    """Return the pattern of every address of the site by name, without those of the API and of allauth."""
    return {
        one.name: str(one.pattern)
        for one in get_resolver().url_patterns
        if getattr(one, "name", None) and not str(one.pattern).startswith("api/")
    }


def pages(page: Page, site: str) -> dict[str, str]:
    """Return one address for every name that links lead to from the front doors, as paths with their queries."""
    found: dict[str, str] = {}
    left = deque(f"/{door}" for door in FRONT_DOORS)
    while left:
        address = left.popleft()
        name = _name(address)
        if name is None or name in found or name in NO_PAGE:
            continue
        answer = page.request.get(f"{site}{address}", timeout=180_000)
        if not answer.ok or "text/html" not in answer.headers.get("content-type", ""):
            continue
        found[name] = address
        left.extend(_links(answer.text(), address))
    return found


def unclassified(page: Page, site: str, found: dict[str, str]) -> Iterator[str]:
    """Yield the names that no link leads to, that are no action either, and of which `NO_PAGE` says nothing."""
    for name, pattern in site_map().items():
        if name in found or name in NO_PAGE:
            continue
        sample = ARGUMENT.sub(lambda argument: SAMPLES[argument[1] or "str"], pattern)
        if page.request.get(f"{site}/{sample}", max_redirects=0).status != 405:
            yield name


def _links(html: str, base: str) -> Iterator[str]:
    for found in LINK.findall(html):
        parts = urlsplit(urljoin(base, unescape(found)))
        if not parts.netloc:
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def _name(address: str) -> str | None:
    try:
        return resolve(urlsplit(address).path).url_name
    except Resolver404:
        return None
