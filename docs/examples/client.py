"""A small client of the ITFM API that needs nothing but Python's standard library.

export ITFM_API=https://costs.example.com/api/v1 ITFM_KEY=itfm_...
python client.py 2026-10 service_name
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

MOST_TRIES = 5


class ProblemError(Exception):
    """The API could not answer; `code` stays the same whatever the words."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.code: str = problem["code"]
        self.errors: list[dict[str, str]] = problem.get("errors", [])


class Client:
    """Asks one organization's API with a key."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address.rstrip("/")
        self.key = key

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands at an address."""
        return self._ask("GET", path, query=query)[0]

    def rows(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield every row of a list, page after page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]

    def put(self, path: str, body: Any, *, etag: str | None = None) -> Any:
        """Put something in the place of what is there. A second try has no second effect."""
        return self._ask("PUT", path, body=body, headers={"If-Match": etag} if etag else {})[0]

    def post(self, path: str, body: Any = None) -> Any:
        """Start or make something. A second try has no second effect."""
        return self._ask("POST", path, body={} if body is None else body)[0]

    def change(self, path: str, edit: Any, *, method: str = "PUT") -> Any:
        """Read, edit and send back; fails with `version_differs` when somebody was faster."""
        found, headers = self._ask("GET", path)
        return self._ask(method, path, body=edit(found), headers={"If-Match": headers["ETag"]})[0]

    def delete(self, path: str) -> None:
        """Take something away."""
        self._ask("DELETE", path)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[Any, Any]:
        address = f"{self.address}/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        request = Request(address, method=method, headers={"Authorization": f"Bearer {self.key}", **(headers or {})})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("Idempotency-Key", str(uuid.uuid4()))
        for attempt in range(1, MOST_TRIES + 1):
            try:
                with urlopen(request, timeout=60) as response:
                    return json.loads(response.read() or b"null"), response.headers
            except HTTPError as error:
                if error.code != 429 or attempt == MOST_TRIES:
                    raise ProblemError(json.loads(error.read())) from error
                time.sleep(int(error.headers["Retry-After"]))
        raise AssertionError("unreachable")


def invite(client: Client, email: str, role: str, *scopes: tuple[str, str]) -> Any:
    """Ask somebody in, and return the invitation; its letter carries the link."""
    named = [{"dimension": dimension, "value": value} for dimension, value in scopes]
    return client.post("invitations", {"email": email, "role": role, "scopes": named})


def share_view(client: Client, name: str, question: str) -> str:
    """Keep a question for everybody in the organization, and return where it opens on the site."""
    return str(client.post("views", {"name": name, "question": question, "is_shared": True})["address"])


def put_values(client: Client, driver: str, values: list[dict[str, str]]) -> Any:
    """Send metric values and tell of those that match nothing."""
    intake = client.put(f"drivers/{driver}/values", {"values": values})
    if intake["unmatched"]:
        print("matches nothing:", *intake["unmatched_values"], file=sys.stderr)
    return intake


def main(period: str, *by: str) -> None:
    """Print the allocated costs of a billing period."""
    client = Client(os.environ["ITFM_API"], os.environ["ITFM_KEY"])
    print(client.get("me")["organization"]["name"], period)
    for row in client.get("costs/statement", period=period, by=by)["rows"]:
        # Amounts are texts: Decimal(row["effective_cost"]) keeps every digit, float would not.
        print(*(row[name] or "unallocated" for name in by), row["currency"], row["effective_cost"], sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
