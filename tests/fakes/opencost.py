"""OpenCost on this machine: its allocation API, asked a day at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.fakes.service import Asked, FakeService, Told, service

Day = Callable[[str], Mapping[str, Mapping[str, Any]]]
"""Returns the allocations of a day, `2026-10-05`, by name."""


def allocation(name: str, *, namespace: str | None = None, controller: str | None = None, **fields: Any) -> dict:
    """Return an allocation as the API writes it; amounts are JSON numbers."""
    properties = {"cluster": name.split("/", maxsplit=1)[0], "namespace": namespace or name.split("/")[1]}
    if controller:
        properties |= {"controllerKind": "deployment", "controller": controller}
    if labels := fields.pop("labels", None):
        properties["labels"] = labels
    return {"name": name, "properties": properties, **fields}


@contextmanager
def opencost(day: Day, *, token: str | None = None) -> Iterator[FakeService]:
    """Run an OpenCost whose gateway asks for a token, when there is one."""

    def answer(asked: Asked) -> Any:
        if token and asked.headers.get("authorization") != f"Bearer {token}":
            return Told(401, {"code": 401, "message": "missing or bad token"})
        if asked.path != "/allocation/compute":
            return Told(404, {"code": 404, "message": "no such endpoint"})
        start, _, end = (asked.one("window") or "").partition(",")
        assert (start[10:], end[10:]) == ("T00:00:00Z", "T00:00:00Z")
        assert asked.one("includeIdle") == "true"
        return {"code": 200, "status": "success", "data": [day(start[:10])]}

    with service(answer) as running:
        yield running
