"""GitHub's billing API on this machine: usage of an organization, or of an enterprise and its cost centers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fakes.service import Asked, FakeService, Told, service

TOKEN = "ghp_sesame"
Items = Sequence[Mapping[str, Any]]


@contextmanager
def github(
    usage: Mapping[str, Items], *, centers: Mapping[str, Items] | None = None, busy: int = 0
) -> Iterator[FakeService]:
    """Run the API. `usage` has items by month such as 2026-10; `centers` likewise those of a cost center by its id.

    It answers the first `busy` requests for usage that it has too much to do.
    """
    left = [busy]

    def answer(asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Told(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
        assert asked.headers["x-github-api-version"] == "2022-11-28"
        assert asked.headers["accept"] == "application/vnd.github+json"
        if asked.path == "/enterprises/north/settings/billing/cost-centers":
            return {"costCenters": [{"id": key, "name": f"Center {key}", "state": "active"} for key in centers or {}]}
        if asked.path not in {
            "/organizations/acme/settings/billing/usage",
            "/enterprises/north/settings/billing/usage",
        }:
            return Told(404, {"message": "Not Found"})
        if left[0]:
            left[0] -= 1
            return Told(429, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "0"})
        month = f"{asked.one('year')}-{int(asked.one('month') or 0):02}"
        center = asked.one("cost_center_id")
        return {"usageItems": (centers or {})[center] if center else usage.get(month, [])}

    with service(answer) as running:
        yield running
