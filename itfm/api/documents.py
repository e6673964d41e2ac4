"""Reading JSON strictly: exact numbers, each key once, no depth that hurts, only text that can be stored. Pure."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final, NoReturn

from itfm.core.money import AmountError, amount

MOST_BYTES: Final = 1_000_000
MOST_DEPTH: Final = 50
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_MOST_DIGITS: Final = 60


class DocumentError(ValueError):
    """A body is not JSON of the form read here; the message says why."""


def read(body: bytes) -> Any:
    """Return the JSON document of a body, its numbers as Decimal.

    :raises DocumentError: it is too long, too deep, not UTF-8 or not JSON, has NaN or Infinity or a key twice.
    """
    if len(body) > MOST_BYTES:
        raise DocumentError(f"The body is longer than {MOST_BYTES:,} bytes.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError("The body is not UTF-8.") from error
    _refuse_depth(text)
    try:
        document = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise DocumentError(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from error
    _refuse_unstorable(document)
    return document


def _refuse_depth(text: str) -> None:
    """Count brackets outside of strings, before a parser that recurses sees them."""
    depth = 0
    for bracket in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        mark = bracket[0]
        if mark in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise DocumentError(f"The body is nested deeper than {MOST_DEPTH} levels.")
        elif mark in "]}":
            depth -= 1


def _number(text: str) -> Decimal:
    if len(text) > _MOST_DIGITS:
        raise DocumentError(f"A number has more than {_MOST_DIGITS} characters.")
    try:
        return amount(text)
    except AmountError as error:
        raise DocumentError(str(error)) from error


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not a number that JSON knows.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DocumentError(f"The key '{key[:60]}' stands twice in one object.")
        found[key] = value
    return found


def _refuse_unstorable(document: Any) -> None:
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if _UNSTORABLE.search(one):
                raise DocumentError("A text holds a null character or half of a character pair.")
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
