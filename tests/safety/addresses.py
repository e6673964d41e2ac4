"""Every address of ours with its arguments, to be tried with any id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.http import HttpResponse
from django.test import Client

from tests.architecture.test_layout import own_views

ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
TOKENS = re.compile(rb'(name="csrfmiddlewaretoken" value="|nonce-)[^"\']+')
BEARERS = "api/"
"""Addresses under it are for programs with a key, and tried with keys by the tests of the API."""


@dataclass(frozen=True)
class Address:
    """An address; `arguments` are (kind, name) in order."""

    pattern: str
    policy: str
    arguments: tuple[tuple[str, str], ...]

    def path(self, value: object) -> str:
        """Return the address with one id in every place that takes one, and a word in the others."""
        return "/" + ARGUMENT.sub(lambda found: _argument(found[1] or "str", value), self.pattern)

    @property
    def takes_an_id(self) -> bool:
        """Whether an id stands in the path."""
        return any(kind in {"uuid", "str", "slug"} for kind, _ in self.arguments)


def _argument(kind: str, value: object) -> str:
    return "1" if kind == "int" else str(value)


def addresses() -> list[Address]:
    """Return every address of ours for people, health checks left out."""
    return [
        Address(pattern=pattern, policy=view.policy, arguments=tuple(ARGUMENT.findall(pattern)))
        for pattern, view in own_views()
        if not pattern.startswith((BEARERS, "healthz", "readyz"))
    ]


def paths(address: Address, planted: Mapping[str, models.Model]) -> Iterator[str]:
    """Yield the address with each row it may be about: of models named like its argument, else of every one."""
    stems = [name.removesuffix("_id")[:6] for _, name in address.arguments]
    named = [row for label, row in planted.items() if any(stem in label.lower() for stem in stems)]
    for row in (named or planted.values()) if address.arguments else [None]:
        yield address.path(row.pk if row else "")


def body(response: HttpResponse, *ids: UUID) -> bytes:
    """Return what an answer says, without form tokens and without the ids that were asked for."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    for one in ids:
        for written in (str(one), one.hex):
            content = content.replace(written.encode(), b"ID")
    return TOKENS.sub(rb"\1", content)


def fresh(client: Client) -> Client:
    """Forget what a former answer left to be said."""
    client.cookies.pop("messages", None)
    return client
