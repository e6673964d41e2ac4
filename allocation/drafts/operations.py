"""The changes that forms make to a rule set: one typed operation each, checked by the engine's own types. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

from allocation.drafts.problems import DraftError, Problem, all_readable
from allocation.engine import rules
from allocation.engine.rules import RuleSet, RuleSetError

Document = dict[str, Any]
"""A rule set as plain lists, mappings and texts."""


class OperationError(ValueError):
    """What an operation wants to change is not there; the message says what to do."""


class Operation(Protocol):
    """One change. `summary` says in the past what it did, as a list of changes shows it."""

    @property
    def summary(self) -> str: ...

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: what is to be changed is not there.
        """


def applied(operation: Operation, *, to: RuleSet) -> RuleSet:
    """Return the rule set as the operation leaves it; a tag key that rules now name is listed with the others.

    :raises OperationError: what is to be changed is not there.
    :raises DraftError: the result is not a rule set.
    """
    document = deepcopy(rules.to_document(to))
    operation.change(document)
    listed = document.pop("tag_keys", None)
    try:
        changed = rules.from_document(document)
    except RuleSetError as error:
        raise DraftError(all_readable(error.problems, document)) from error
    if listed is None:
        return changed
    missing = changed.spellings().missing(rules.named_tag_keys(changed), among=listed)
    return changed.model_copy(update={"tag_keys": (*listed, *missing)})


@dataclass(frozen=True, kw_only=True)
class AddDimension:
    """Add a dimension without rules, last."""

    key: str
    name: str

    @property
    def summary(self) -> str:
        return f"Added dimension {self.name}"

    def change(self, document: Document) -> None:
        document.setdefault("dimensions", []).append({"key": self.key, "name": self.name})


@dataclass(frozen=True, kw_only=True)
class RenameDimension:
    """Give a dimension another name; its key, which ledgers hold, stays."""

    key: str
    name: str

    @property
    def summary(self) -> str:
        return f"Renamed dimension {self.key} to {self.name}"

    def change(self, document: Document) -> None:
        _keyed(document, "dimensions", self.key)["name"] = self.name


@dataclass(frozen=True, kw_only=True)
class PutRule:
    """Put a rule in the place of the one with this number (from 0), or last without a number."""

    dimension: str
    number: int | None
    rule: Mapping[str, Any]

    @property
    def summary(self) -> str:
        named = f" ({self.rule['name']})" if self.rule.get("name") else ""
        if self.number is None:
            return f"Added a rule{named} to {self.dimension}"
        return f"Changed rule {self.number + 1}{named} of {self.dimension}"

    def change(self, document: Document) -> None:
        listed = _rules(document, self.dimension)
        if self.number is None:
            listed.append(dict(self.rule))
        else:
            _check(listed, self.number)
            listed[self.number] = dict(self.rule)


@dataclass(frozen=True, kw_only=True)
class MoveRule:
    """Move a rule to another place of its dimension, both counted from 0."""

    dimension: str
    number: int
    to: int

    @property
    def summary(self) -> str:
        return f"Moved rule {self.number + 1} of {self.dimension} to place {self.to + 1}"

    def change(self, document: Document) -> None:
        _move(_rules(document, self.dimension), self.number, to=self.to)


@dataclass(frozen=True, kw_only=True)
class DeleteRule:
    """Remove a rule, counted from 0."""

    dimension: str
    number: int

    @property
    def summary(self) -> str:
        return f"Deleted rule {self.number + 1} of {self.dimension}"

    def change(self, document: Document) -> None:
        listed = _rules(document, self.dimension)
        _check(listed, self.number)
        del listed[self.number]


KINDS = {"dimensions": "dimension", "splits": "split", "drivers": "driver"}
"""The keyed lists of a document, and what one entry is called."""


@dataclass(frozen=True, kw_only=True)
class PutEntry:
    """Put a split or driver in the place of the one with this key, or last without one."""

    kind: str
    key: str | None
    entry: Mapping[str, Any]

    @property
    def summary(self) -> str:
        verb = "Added" if self.key is None else "Changed"
        return f"{verb} {KINDS[self.kind]} {self.entry.get('name') or self.entry.get('key') or ''}".strip()

    def change(self, document: Document) -> None:
        listed = document.setdefault(self.kind, [])
        if self.key is None:
            listed.append(dict(self.entry))
        else:
            found = _keyed(document, self.kind, self.key)
            found.clear()
            found.update(self.entry)


@dataclass(frozen=True, kw_only=True)
class MoveEntry:
    """Move a dimension, split or driver to another place of its list, counted from 0."""

    kind: str
    key: str
    to: int

    @property
    def summary(self) -> str:
        return f"Moved {KINDS[self.kind]} {self.key} to place {self.to + 1}"

    def change(self, document: Document) -> None:
        found = _keyed(document, self.kind, self.key)
        _move(document[self.kind], document[self.kind].index(found), to=self.to)


@dataclass(frozen=True, kw_only=True)
class DeleteEntry:
    """Remove a dimension, split or driver; refused while others name it."""

    kind: str
    key: str

    @property
    def summary(self) -> str:
        return f"Deleted {KINDS[self.kind]} {self.key}"

    def change(self, document: Document) -> None:
        found = _keyed(document, self.kind, self.key)
        document[self.kind].remove(found)


@dataclass(frozen=True, kw_only=True)
class PutStage:
    """Let the pools of a stage serve each other, or no longer."""

    number: int
    is_reciprocal: bool

    @property
    def summary(self) -> str:
        return f"Made stage {self.number} {'reciprocal' if self.is_reciprocal else 'plain'}"

    def change(self, document: Document) -> None:
        listed = [one for one in document.pop("stages", ()) if int(one["number"]) != self.number]
        if self.is_reciprocal:
            listed.append({"number": self.number, "reciprocal": True})
        if listed:
            document["stages"] = sorted(listed, key=lambda one: int(one["number"]))


@dataclass(frozen=True, kw_only=True)
class ReplaceAll:
    """Put a whole rule set in the place of the draft's: an earlier version, or a document brought from outside."""

    rule_set: RuleSet
    origin: str

    @property
    def summary(self) -> str:
        return f"Took over {self.origin}"

    def change(self, document: Document) -> None:
        document.clear()
        document.update(rules.to_document(self.rule_set))


def problem(message: str) -> DraftError:
    """Return the error of one thing that no place in the document stands for."""
    return DraftError((Problem(path="", place="", message=message),))


def _rules(document: Document, dimension: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = _keyed(document, "dimensions", dimension).setdefault("rules", [])
    return listed


def _keyed(document: Document, kind: str, key: str) -> dict[str, Any]:
    for entry in document.get(kind, ()):
        if entry["key"] == key:
            return entry  # type: ignore[no-any-return]
    raise OperationError(f"There is no {KINDS[kind]} '{key}' any more. Load the page again.")


def _check(listed: list[Any], number: int) -> None:
    if not 0 <= number < len(listed):
        raise OperationError(f"There is no rule {number + 1} any more; there are {len(listed)}. Load the page again.")


def _move(listed: list[Any], number: int, *, to: int) -> None:
    _check(listed, number)
    moved = listed.pop(number)
    listed.insert(max(0, min(to, len(listed))), moved)
