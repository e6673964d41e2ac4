"""Datadog's usage metering API on this machine: the cost of each organization's products by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fakes.service import Asked, FakeService, Told, service

KEYS = {"dd-api-key": "sesame", "dd-application-key": "open"}
Organizations = Sequence[Mapping[str, Any]]


@contextmanager
def datadog(
    *, historical: Mapping[str, Organizations], estimated: Mapping[str, Organizations], busy: int = 0
) -> Iterator[FakeService]:
    """Run the API with the organizations' attributes by month such as 2026-10.

    It answers the first `busy` requests that there were too many.
    """
    told = {"/api/v2/usage/historical_cost": historical, "/api/v2/usage/estimated_cost": estimated}
    left = [busy]

    def answer(asked: Asked) -> Any:
        if any(asked.headers.get(name) != key for name, key in KEYS.items()):
            return Told(403, {"errors": ["Forbidden"]})
        if left[0]:
            left[0] -= 1
            return Told(429, {"errors": ["Rate limit of 30 requests in 60 seconds reached."]}, {"Retry-After": "0"})
        assert asked.one("view") == "sub-org"
        assert asked.one("start_month") == asked.one("end_month")
        found = told[asked.path].get(asked.one("start_month") or "", [])
        return {"data": [{"type": "cost_by_org", "id": "7", "attributes": attributes} for attributes in found]}

    with service(answer) as running:
        yield running
