"""A provider's API on this machine: answers in JSON over HTTP, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.tls import Certificate


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request. `query` has a list of values for each name; `body` is the JSON or, as text by name, the form posted."""

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
    """An answer that is not just JSON with status 200. `body` goes as JSON, or as it is when it is text or bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Any]
"""Returns what is sent as JSON, or `Told`. Numbers that must keep their digits are written as text by `Told`."""


@dataclass
class FakeService:
    """A running API: its address and the requests that came."""

    url: str
    asked: list[Asked] = field(default_factory=list)


def _parsed(content: bytes, *, content_type: str) -> Any:
    if not content:
        return None
    if content_type.startswith("application/x-www-form-urlencoded"):
        return {name: values[-1] for name, values in parse_qs(content.decode()).items()}
    return json.loads(content)


@contextmanager
def service(answer: Answer, *, tls: Certificate | None = None) -> Iterator[FakeService]:
    """Run an API that answers every request by `answer`, over HTTPS where there is a certificate."""

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
                body=_parsed(content, content_type=self.headers.get("Content-Type") or ""),
            )
            running.asked.append(asked)
            told = answer(asked)
            if not isinstance(told, Told):
                told = Told(body=told)
            body = told.body if isinstance(told.body, str | bytes) else json.dumps(told.body)
            content = body.encode() if isinstance(body, str) else body
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    running = FakeService(url=f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
