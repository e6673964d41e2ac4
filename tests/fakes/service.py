"""A provider's API on this machine: answers in JSON over HTTP, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request. `query` has a list of values for each name; `body` is the JSON or form that was posted."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any = None

    def one(self, name: str) -> str | None:
        """Return the only value of a name in the query."""
        values = self.query.get(name, [])
        assert len(values) <= 1, (name, values)
        return values[0] if values else None


@dataclass(frozen=True)
class Told:
    """An answer that is not just JSON with status 200. `body` goes as JSON, or as it is when it is text."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Any]
"""Returns what is sent as JSON, or `Told`. Numbers that must keep their digits are written as text by `Told`."""


def _read(content: bytes, kind: str) -> Any:
    if kind.startswith("application/x-www-form-urlencoded"):
        return parse_qs(content.decode())
    return json.loads(content) if content else None


@dataclass
class FakeService:
    """A running API: its address and the requests that came."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def service(answer: Answer) -> Iterator[FakeService]:
    """Run an API that answers every request by `answer`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            asked = Asked(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query, keep_blank_values=True),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=_read(content, self.headers.get("Content-Type", "")),
            )
            running.asked.append(asked)
            told = answer(asked)
            if not isinstance(told, Told):
                told = Told(body=told)
            body = told.body if isinstance(told.body, str) else json.dumps(told.body)
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = FakeService(url=f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
