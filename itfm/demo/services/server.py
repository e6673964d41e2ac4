"""The server of the made-up company's services: one WSGI application, a path for each service.

`/openai/v1/organization/costs` is OpenAI's `/v1/organization/costs`. Every answer says that it is sample data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from itfm.demo.organization import NAME
from itfm.demo.services import anthropic, databricks, datadog, github, openai, snowflake
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError, json_text

HOST: Final = "127.0.0.1"
LABEL: Final = f"Sample data of {NAME}: none of it is true, and no service wrote it."
MOST_BYTES: Final = 1 << 20
Start = Callable[[str, list[tuple[str, str]]], Any]
SERVICES: Final[Mapping[str, Callable[[Asked, Data], Any]]] = {
    openai.KEY: openai.answer,
    anthropic.KEY: anthropic.answer,
    datadog.KEY: datadog.answer,
    github.KEY: github.answer,
    snowflake.KEY: snowflake.answer,
    databricks.KEY: databricks.answer,
}


def application(folder: Path) -> Callable[[Mapping[str, Any], Start], Iterable[bytes]]:
    """Return the application that answers from the data in a company's folder, which may come later."""

    def answer(environ: Mapping[str, Any], start: Start) -> Iterable[bytes]:
        status, told = _told(environ, folder / FOLDER)
        content = json_text(told).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("X-Sample-Data", LABEL),
        ]
        start(f"{status} {HTTPStatus(status).phrase}", headers)
        return [content]

    return answer


def _told(environ: Mapping[str, Any], folder: Path) -> tuple[int, Any]:
    name, _, path = environ.get("PATH_INFO", "").lstrip("/").partition("/")
    if not name:
        return 200, {"about": LABEL, "services": sorted(SERVICES)}
    if name not in SERVICES:
        return 404, {"error": {"message": f"There is no such service. {LABEL}"}}
    try:
        return 200, SERVICES[name](_asked(environ, path), Data(folder / name))
    except RefusedError as error:
        return error.status, {"error": {"message": str(error)}}


def _asked(environ: Mapping[str, Any], path: str) -> Asked:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MOST_BYTES:
        raise RefusedError(413, "The question is too long.")
    content = environ["wsgi.input"].read(length) if length else b""
    try:
        body = json.loads(content) if content else None
    except ValueError as error:
        raise RefusedError(400, "The question is no JSON.") from error
    return Asked(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
        headers={
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        },
        body=body,
    )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Say nothing: what was asked stands in the log of the imports."""


def server(folder: Path, *, port: int) -> WSGIServer:
    """Return a server on a port of this machine, 0 for any that is free."""
    return make_server(HOST, port, application(folder), server_class=_Server, handler_class=_Handler)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve from a thread, and yield the address."""
    running = server(folder, port=0)
    thread = Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
