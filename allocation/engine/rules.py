"""The rule set: one YAML document in, one frozen value out, and back. Pure.

`docs/rules.md` gives the form; `references` checks what the parts say about each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from allocation.engine import documents, references
from allocation.engine.account_tags import AccountTags, VirtualTags
from allocation.engine.dimensions import CostCenter, Dimension
from allocation.engine.drivers import Driver
from allocation.engine.schema import Flag, Key, Model, Text
from allocation.engine.splits import Split, StageRule
from allocation.engine.tag_aliases import Spellings, TagAliases

_LINE_BREAKS: Final = re.compile("[\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Writes texts so that they are read back the same, and no aliases, which are not read."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Left bare, these would be folded into spaces like the end of a line.
    style = '"' if _LINE_BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


class RuleSetError(ValueError):
    """A document is not a rule set; each of `problems` reads "path: message"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _version(given: object) -> object:
    return int(given) if given == "1" else given


class RuleSet(Model):
    """Dimensions, splits, drivers and cost centers that are published, approved and exported together."""

    version: Annotated[Literal[1], BeforeValidator(_version)]
    tag_keys: tuple[Text, ...] | None = None
    tag_aliases: TagAliases = Field(default_factory=dict)
    similar_tag_keys: Flag = False
    virtual_tags: VirtualTags = Field(default_factory=dict)
    cost_centers: tuple[CostCenter, ...] = ()
    lookups: dict[Key, dict[Text, Text]] = Field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = ()
    stages: tuple[StageRule, ...] = ()
    splits: tuple[Split, ...] = ()
    drivers: tuple[Driver, ...] = ()

    def is_reciprocal(self, stage: int) -> bool:
        """Return whether the pools of a stage serve each other."""
        return any(one.reciprocal for one in self.stages if one.number == stage)

    def spellings(self) -> Spellings:
        """Return which spellings of tag keys count as one."""
        return Spellings(self.tag_aliases, similar=self.similar_tag_keys)

    def account_tags(self) -> AccountTags:
        """Return the tags that charges inherit from their accounts."""
        return AccountTags(self.virtual_tags, self.spellings())

    def days_back(self) -> int:
        """Return how many days before the billing period the splits can look at drivers."""
        return max((split.days_back() for split in self.splits), default=0)


_LONG: Final[Mapping[str, TypeAdapter[Any]]] = {
    "dimensions": TypeAdapter(tuple[Dimension, ...]),
    "drivers": TypeAdapter(tuple[Driver, ...]),
}
"""Parts of a rule set that may have tens of thousands of rules or values."""


def parse(text: str) -> RuleSet:
    """Return the rule set a YAML text holds.

    :raises RuleSetError: with every problem found.
    """
    try:
        document = documents.read(text)
    except documents.DocumentError as error:
        raise RuleSetError(error.problems) from error
    if not isinstance(document, dict):
        raise RuleSetError(["document: a rule set is a mapping with the key version"])
    return from_document(document)


def from_document(document: Mapping[str, Any]) -> RuleSet:
    """Return the rule set of plain lists, mappings and texts, as `parse` and forms make them.

    :raises RuleSetError: with every problem found.
    """
    try:
        rule_set = RuleSet.model_validate(dict(document))
    except ValidationError as error:
        raise RuleSetError([_problem(found) for found in error.errors()]) from error
    problems = list(references.problems(rule_set))
    if problems:
        raise RuleSetError(problems)
    return rule_set


def dump(rule_set: RuleSet) -> str:
    """Return YAML that `parse` reads back as the same rule set."""
    document = to_document(rule_set)
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def to_document(rule_set: RuleSet) -> dict[str, Any]:
    """Return the rule set as plain lists, mappings and texts, without what is absent."""
    plain = rule_set.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _with_kinds({"version": 1, **plain}, rule_set)


def fingerprint(rule_set: RuleSet) -> str:
    """Return the SHA-256 that names this content, whatever the layout of the YAML it came from."""
    return sha256(to_json(rule_set).encode()).hexdigest()


def to_json(rule_set: RuleSet) -> str:
    """Return `to_document` as JSON without spaces. What is long is written without making a document of it."""
    document = to_document(rule_set.model_copy(update=dict.fromkeys(_LONG, ())))
    parts = []
    for name in RuleSet.model_fields:
        if name in _LONG and getattr(rule_set, name):
            written = _LONG[name].dump_json(getattr(rule_set, name), by_alias=True, exclude_defaults=True).decode()
        elif name in document:
            written = json.dumps(document[name], ensure_ascii=False, separators=(",", ":"))
        else:
            continue
        parts.append(f'"{name}":{written}')
    return "{" + ",".join(parts) + "}"


def tag_keys(rule_set: RuleSet) -> tuple[str, ...]:
    """Return the tag keys attribute sets must hold: the listed ones, else all that the rules name, sorted.

    Each comes with its listed spellings; which keys are similar to them only a bill can tell.
    """
    keys = named_tag_keys(rule_set) if rule_set.tag_keys is None else rule_set.tag_keys
    spellings = rule_set.spellings()
    return tuple(sorted({spelling for key in keys for spelling in spellings.listed(key)}))


def named_tag_keys(rule_set: RuleSet) -> tuple[str, ...]:
    """Return the tag keys that the rules name, sorted."""
    named = {subject.key for _, subject in references.subjects_looked_at(rule_set) if subject.kind == "tag"}
    return tuple(sorted(named))


def _with_kinds(document: dict[str, Any], rule_set: RuleSet) -> dict[str, Any]:
    """Put back `kind`, which has a default in each method and window but tells them apart in the document."""
    for plain, split in zip(document.get("splits", ()), rule_set.splits, strict=bool(document.get("splits"))):
        plain["method"] = {"kind": split.method.kind, **plain.get("method", {})}
        plain["window"] = {"kind": split.window.kind, **plain.get("window", {})}
        plain["fallback"] = {"kind": split.fallback.kind, **plain.get("fallback", {})}
    return document


def _problem(found: Any) -> str:
    """Return a validation error as "path: message"."""
    path = ""
    for part in found["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("#"):
            path += f".{part}" if path else part
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        message = "this key is not known here"
    elif found["type"] == "string_type":
        message = "write a text"
    elif found["type"] == "missing":
        message = "this key is missing"
    return f"{path or 'document'}: {message}"
