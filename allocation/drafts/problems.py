"""What is wrong with a rule set, told by the names on its pages rather than by paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_PATH: Final = re.compile(r"(dimensions|splits|drivers)\[([0-9]+)\](?:\.rules\[([0-9]+)\])?\.?(.*)")
_TAG_KEY: Final = "tag_aliases."
_ACCOUNT: Final = "virtual_tags."
_TAG_KEY_MESSAGES: Final = {"add at least one": "write at least one other spelling"}
_ACCOUNT_MESSAGES: Final = {"Dictionary should have at least 1 item after validation, not 0": "write at least one tag"}
_NOUNS: Final = {"dimensions": "Dimension", "splits": "Split", "drivers": "Driver"}
_FIELDS: Final = {
    "when": "condition",
    "value": "value",
    "valid_from": "valid from",
    "valid_to": "valid to",
    "receivers.dimension": "receivers",
    "method.driver": "driver",
    "partition_by": "shared within",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to put right: where it stands in the document, where on the pages, and what to do."""

    path: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class DraftError(ValueError):
    """A change would leave the rules in a state that cannot be published; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def all_readable(problems: Iterable[str], document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return every problem, without those that only say that a list holds a part with a problem of its own."""
    found = [readable(problem, document) for problem in problems]
    return tuple(
        one
        for one in found
        if not (
            one.message == "add at least one"
            and any(other.path.startswith(one.path) and other.path != one.path for other in found)
        )
    )


_MESSAGES: Final = (
    ("String should have at least 1 character", "write a text"),
    ("Tuple should have at least 1 item", "add at least one"),
    ("String should have at most", "shorten the text: it is too long"),
    ("Field required", "this is missing"),
    ("String should match pattern '^[a-z]", "write small letters, digits and _ only, beginning with a letter"),
    ("String should match pattern '^20", "write a month as YYYY-MM, for example 2026-10"),
)
"""What the engine's library says, and what that asks of a person."""


def readable(problem: str, document: Mapping[str, Any]) -> Problem:
    """Return an engine's "path: message" with the name of the dimension, rule, split or driver it is about."""
    path, _, said = problem.partition(": ")
    message = next((words for start, words in _MESSAGES if said.startswith(start)), said)
    found = _PATH.fullmatch(path)
    if found is None and path.startswith(_TAG_KEY):
        key = path.removeprefix(_TAG_KEY).rsplit("[", 1)[0]
        return Problem(path=path, place=f"Tag key {key}", message=_TAG_KEY_MESSAGES.get(message, message))
    if found is None and path.startswith(_ACCOUNT):
        account = path.removeprefix(_ACCOUNT)
        place = next((one for one in document.get("virtual_tags", {}) if f"{account}.".startswith(f"{one}.")), account)
        return Problem(path=path, place=f"Account {place}", message=_ACCOUNT_MESSAGES.get(message, message))
    if found is None:
        return Problem(path=path, place="" if path == "document" else path.replace("_", " "), message=message)
    kind, number, rule, rest = found.groups()
    entry = _entry(document.get(kind), int(number))
    words = [f"{_NOUNS[kind]} {entry.get('name') or entry.get('key') or int(number) + 1}"]
    if rule is not None:
        name = _entry(entry.get("rules"), int(rule)).get("name")
        words.append(f"rule {int(rule) + 1}" + (f" ({name})" if name else ""))
    if rest:
        words.append(_field(rest))
    return Problem(path=path, place=", ".join(words), message=message)


def _entry(listed: Any, number: int) -> Mapping[str, Any]:
    entries = list(listed or ())
    found = entries[number] if number < len(entries) else {}
    return found if isinstance(found, Mapping) else {}


def _field(rest: str) -> str:
    """Return the name of a field; a test inside a condition is counted from one at every level."""
    head = rest.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
    if head == "when":
        numbers = [str(int(one) + 1) for one in re.findall(r"\[([0-9]+)\]", rest)]
        last = rest.rsplit(".", 1)[-1]
        field = f", {last.replace('_', ' ')}" if last not in {"when", "all", "any", "not"} and "[" not in last else ""
        return f"condition{' ' + '.'.join(numbers) if numbers else ''}{field}"
    return _FIELDS.get(rest, _FIELDS.get(head, head.replace("_", " ")))
