"""Databricks' SQL Statement Execution API on this machine: runs a statement for a while and answers it in chunks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.fakes.service import Asked, FakeService, Told, service

TOKEN = "dapi-sesame"
PLACE = "/api/2.0/sql/statements"
LIMIT = (
    "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most 26214400"
    " bytes."
)
Row = Sequence[str | None]


@dataclass(kw_only=True)
class Workspace:
    """What the API has, and how it behaves.

    A statement over usage is answered with those `rows` whose usage date it asks for, one in each chunk. It is not done
    when asked `running` times, is refused as too long over more than `most_days`, and always with `failure`. `changed`
    replaces fields of the manifest; `failing` is told in place of the first chunks asked for.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    has_account_prices: bool = False
    running: int = 0
    most_days: int = 31
    failure: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    failing: list[Told] = field(default_factory=list)
    statements: dict[str, str] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Any:
        """Answer a request."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Told(401, {"error_code": "401", "message": "Credential was not sent or was of an unsupported type."})
        if asked.method == "POST":
            assert asked.path == PLACE
            assert (asked.body["format"], asked.body["disposition"]) == ("JSON_ARRAY", "INLINE")
            name = f"01f0-{len(self.statements)}"
            self.statements[name], self.left[name] = asked.body["statement"], self.running
            return self.state(name)
        name, *rest = asked.path.removeprefix(f"{PLACE}/").split("/")
        if not rest:
            return self.state(name)
        return self.failing.pop(0) if self.failing else self.chunk(name, self.found(name), int(rest[-1]))

    def state(self, name: str) -> Any:
        """Return how far a statement is, with its result when it is done."""
        if self.left[name]:
            self.left[name] -= 1
            return {"statement_id": name, "status": {"state": "PENDING" if self.left[name] else "RUNNING"}}
        if self.statements[name].startswith("SHOW TABLES"):
            tables = [["billing", "account_prices"]] if self.has_account_prices else []
            return self.done(name, ["database", "tableName"], tables)
        first, end = map(date.fromisoformat, self.days(name))
        if self.failure or (end - first).days > self.most_days:
            error = {"error_code": "BAD_REQUEST", "message": self.failure or LIMIT}
            return {"statement_id": name, "status": {"state": "FAILED", "error": error}}
        return self.done(name, self.columns, self.found(name), **self.changed)

    def days(self, name: str) -> list[str]:
        """Return the first day that a statement asks for, and the day after the last."""
        return re.findall(r"DATE '([0-9-]{10})'", self.statements[name])

    def found(self, name: str) -> list[Row]:
        """Return the rows that a statement asks for."""
        first, end = self.days(name)
        place = list(self.columns).index("usage_date")
        return [row for row in self.rows if first <= str(row[place]) < end]

    def done(self, name: str, titles: Sequence[str], rows: Sequence[Row], **changed: Any) -> Any:
        """Return a result with its first chunk."""
        columns = [{"name": title, "position": place, "type_name": "STRING"} for place, title in enumerate(titles)]
        manifest = {"format": "JSON_ARRAY", "schema": {"columns": columns}, "total_row_count": len(rows)}
        return {
            "statement_id": name,
            "status": {"state": "SUCCEEDED"},
            "manifest": {**manifest, "truncated": False, **changed},
            "result": self.chunk(name, rows, 0) if rows else {},
        }

    def chunk(self, name: str, rows: Sequence[Row], number: int) -> Any:
        """Return a row, and where the next is."""
        told: dict[str, Any] = {"chunk_index": number, "data_array": [rows[number]]}
        if number + 1 < len(rows):
            told["next_chunk_internal_link"] = f"{PLACE}/{name}/result/chunks/{number + 1}?row_index={number + 1}"
        return told


@contextmanager
def databricks(columns: Sequence[str], *rows: Row, **behavior: Any) -> Iterator[FakeService]:
    """Run the API of a workspace; `behavior` are further fields of `Workspace`."""
    with service(Workspace(columns=columns, rows=rows, **behavior).answer) as fake:
        yield fake
