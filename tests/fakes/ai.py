"""OpenAI's and Anthropic's admin APIs on this machine: the key is looked at, lists come in pages.

A report is given as its buckets, a fake page holds `per_page` of them. What is in `faults` is told, once each, in place
of the answer to the next request for its path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.service import Asked, Told

KEY = "sk-admin-sesame"


@dataclass
class AdminApi(ABC):
    """What the API knows, by path below `/v1/`."""

    reports: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    lists: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    objects: Mapping[str, Any] = field(default_factory=dict)
    faults: dict[str, list[Told]] = field(default_factory=dict)
    per_page: int = 1

    def answer(self, asked: Asked) -> Any:
        """Answer as the API does."""
        assert asked.method == "GET"
        assert asked.path.startswith("/v1/")
        path = asked.path.removeprefix("/v1/")
        if not self.knows(asked.headers):
            return Told(401, {"type": "error", "error": {"message": "invalid x-api-key"}})
        if faults := self.faults.get(path):
            return faults.pop(0)
        if path in self.objects:
            return self.objects[path]
        if path in self.lists:
            return self._list(self.lists[path], asked)
        if path in self.reports:
            return self._report(self.reports[path], asked)
        return Told(404, {"error": {"message": f"Invalid URL ({path})"}})

    @abstractmethod
    def knows(self, headers: Mapping[str, str]) -> bool:
        """Return whether the key is right."""

    cursor = "after"

    def _list(self, entries: Sequence[Mapping[str, Any]], asked: Asked) -> Any:
        assert asked.one("include_archived") == "true"
        ids = [entry["id"] for entry in entries]
        after = asked.one(self.cursor)
        start = ids.index(after) + 1 if after else 0
        page = entries[start : start + self.per_page]
        return {
            "data": list(page),
            "has_more": start + len(page) < len(entries),
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        }

    def _report(self, buckets: Sequence[Mapping[str, Any]], asked: Asked) -> Any:
        assert asked.one("bucket_width") == "1d"
        assert 1 <= int(asked.one("limit") or 0) <= 31
        token = asked.one("page")
        start = int(token.removeprefix("page_")) if token else 0
        following = start + self.per_page
        has_more = following < len(buckets)
        return Told(
            body={
                "data": list(buckets[start:following]),
                "has_more": has_more,
                "next_page": f"page_{following}" if has_more else None,
            }
        )


class OpenAI(AdminApi):
    """OpenAI's."""

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Return whether the key is right."""
        return headers.get("authorization") == f"Bearer {KEY}"


class Anthropic(AdminApi):
    """Anthropic's, which also wants to be told the version."""

    cursor = "after_id"

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Return whether the key is right."""
        assert headers.get("anthropic-version") == "2023-06-01"
        return headers.get("x-api-key") == KEY
