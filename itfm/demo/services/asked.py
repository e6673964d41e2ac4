"""What a service is asked and how it answers: JSON whose numbers keep all their digits. Pure but for its files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "services"
"""Where the services' data lie, below the company's own folder."""


@dataclass(frozen=True)
class Asked:
    """A request to one of the services; `path` is that below the service, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: Any = None

    def one(self, name: str, default: str = "") -> str:
        """Return a value of the query."""
        return next(iter(self.query.get(name, ())), default)

    def number(self, name: str, default: int) -> int:
        """Return a whole number of the query.

        :raises RefusedError: it is none.
        """
        text = self.one(name, str(default))
        if not (text.isascii() and text.isdigit()):
            raise RefusedError(400, f"{name} must be a whole number.")
        return int(text)


class RefusedError(Exception):
    """The service answers with a status that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Data:
    """What one service knows: a JSON document for each month, and others by name."""

    folder: Path

    def document(self, name: str) -> Any:
        """Return a document, None where there is none such."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal) if path.is_file() else None

    def keep(self, name: str, document: Any) -> None:
        """Write a document."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.json").write_text(json_text(document) + "\n", encoding="utf-8")

    def months(self) -> list[str]:
        """Return the months there are, such as 2026-10, in order."""
        return sorted(path.stem for path in self.folder.glob("20??-??.json"))


def json_text(value: Any) -> str:
    """Return a value as JSON; a `Decimal` is a number with its own digits.

    >>> json_text({"amount": Decimal("0.10"), "of": [1, None, "x"]})
    '{"amount":0.10,"of":[1,null,"x"]}'
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{json_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
