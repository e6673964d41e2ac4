"""Conditions as a form has them: groups within groups of tests, by numbered fields; from and to the document. Pure.

A field is named by its place: `when.1.0-key` is the key of the first test in the second part of the condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

MAX_DEPTH: Final = 6
MAX_PARTS: Final = 300
MODES: Final = (
    ("all", "All of these hold"),
    ("any", "At least one of these holds"),
    ("none", "None of these holds"),
    ("not_all", "Not all of these hold"),
)
KINDS: Final = (("column", "Column"), ("tag", "Tag"), ("dimension", "Dimension"), ("source", "Source"))
OPERATORS: Final = (
    ("equals", "is"),
    ("one_of", "is one of"),
    ("starts_with", "starts with"),
    ("ends_with", "ends with"),
    ("contains", "contains"),
    ("matches", "matches pattern (RE2)"),
    ("present", "is present"),
    ("absent", "is absent"),
    ("gt", "is above"),
    ("gte", "is at least"),
    ("lt", "is below"),
    ("lte", "is at most"),
)
READINGS: Final = ("ignore_case", "trim", "loose")


@dataclass(frozen=True, kw_only=True)
class TestFields:
    """One test; `texts` has a line per text."""

    __test__ = False

    path: str = ""
    kind: str = "tag"
    key: str = ""
    operator: str = "equals"
    texts: str = ""
    ignore_case: bool = False
    trim: bool = False
    loose: bool = False

    @property
    def line_count(self) -> int:
        """How many lines the field of texts shows."""
        return min(max(1, self.texts.count("\n") + 1), 10)

    @property
    def number(self) -> str:
        """`2.1`: the place as people count."""
        return ".".join(str(int(part) + 1) for part in self.path.split(".")[1:])


@dataclass(frozen=True, kw_only=True)
class GroupFields:
    """Some parts and how they go together."""

    path: str = ""
    mode: str = "all"
    parts: tuple[TestFields | GroupFields, ...] = ()

    is_group = True

    @property
    def number(self) -> str:
        """`2.1`: the place as people count; empty at the top."""
        return ".".join(str(int(part) + 1) for part in self.path.split(".")[1:])

    @property
    def may_nest(self) -> bool:
        """Whether another group fits inside."""
        return self.path.count(".") < MAX_DEPTH


Fields = TestFields | GroupFields


def from_document(condition: Mapping[str, Any], *, path: str) -> GroupFields:
    """Return the fields of a condition; a lone test stands in a group of one."""
    found = _fields(condition)
    if isinstance(found, TestFields):
        found = GroupFields(parts=(found,))
    return _numbered(found, path)  # type: ignore[return-value]


def from_post(data: Mapping[str, str], *, path: str) -> GroupFields:
    """Return the fields that a form sent; what it did not send is at its default."""
    return _numbered(_group(data, path, depth=0), path)  # type: ignore[return-value]


def to_document(fields: Fields) -> dict[str, Any]:
    """Return the condition; a group of one part that needs no group is that part."""
    if isinstance(fields, TestFields):
        return _test_document(fields)
    parts = [to_document(part) for part in fields.parts]
    alone = parts[0] if len(parts) == 1 else None
    if fields.mode in {"all", "any"}:
        return alone or {fields.mode: parts}
    return {"not": alone or {"any" if fields.mode == "none" else "all": parts}}


def edited(fields: GroupFields, *, command: str, at: str) -> GroupFields:
    """Return the fields after a button: a test or group added to the group at a place, or what stands there removed."""
    return _numbered(_edited(fields, command, at), fields.path)  # type: ignore[return-value]


def _edited(fields: GroupFields, command: str, at: str) -> GroupFields:
    if fields.path == at and command == "add-test":
        return replace(fields, parts=(*fields.parts, TestFields()))
    if fields.path == at and command == "add-group" and fields.may_nest:
        return replace(fields, parts=(*fields.parts, GroupFields(mode="any", parts=(TestFields(),))))
    kept = (part for part in fields.parts if not (command == "remove" and part.path == at))
    return replace(
        fields, parts=tuple(_edited(part, command, at) if isinstance(part, GroupFields) else part for part in kept)
    )


def _numbered(fields: Fields, path: str) -> Fields:
    if isinstance(fields, TestFields):
        return replace(fields, path=path)
    parts = tuple(_numbered(part, f"{path}.{number}") for number, part in enumerate(fields.parts))
    return replace(fields, path=path, parts=parts)


def _fields(condition: Mapping[str, Any]) -> Fields:
    for mode in ("all", "any"):
        if mode in condition:
            return GroupFields(mode=mode, parts=tuple(_fields(part) for part in condition[mode]))
    if "not" in condition:
        inner = _fields(condition["not"])
        if isinstance(inner, GroupFields) and inner.mode in {"all", "any"}:
            return replace(inner, mode="not_all" if inner.mode == "all" else "none")
        return GroupFields(mode="none", parts=(inner,))
    kind = next((name for name, _ in KINDS if name in condition), "tag")
    operator = next((name for name, _ in OPERATORS if name in condition), "equals")
    given = condition.get(operator, "")
    if "exists" in condition:
        operator, given = ("present" if condition["exists"] else "absent"), ""
    return TestFields(
        kind=kind,
        key="" if kind == "source" else str(condition.get(kind, "")),
        operator=operator,
        texts="\n".join(given) if isinstance(given, list | tuple) else str(given),
        ignore_case=bool(condition.get("ignore_case")),
        trim=bool(condition.get("trim")),
        loose=bool(condition.get("loose")),
    )


def _group(data: Mapping[str, str], path: str, *, depth: int) -> GroupFields:
    parts: list[Fields] = []
    for number in range(MAX_PARTS):
        child = f"{path}.{number}"
        kind = data.get(f"{child}-type")
        if kind is None:
            break
        if kind == "group" and depth < MAX_DEPTH:
            parts.append(_group(data, child, depth=depth + 1))
        elif kind == "test":
            parts.append(_test(data, child))
    mode = data.get(f"{path}-mode", "all")
    return GroupFields(mode=mode if mode in dict(MODES) else "all", parts=tuple(parts))


def _test(data: Mapping[str, str], path: str) -> TestFields:
    kind, operator = data.get(f"{path}-kind", "tag"), data.get(f"{path}-operator", "equals")
    return TestFields(
        kind=kind if kind in dict(KINDS) else "tag",
        key=data.get(f"{path}-key", "").strip(),
        operator=operator if operator in dict(OPERATORS) else "equals",
        texts=data.get(f"{path}-texts", "").replace("\r\n", "\n"),
        ignore_case=f"{path}-ignore_case" in data,
        trim=f"{path}-trim" in data,
        loose=f"{path}-loose" in data,
    )


def _test_document(fields: TestFields) -> dict[str, Any]:
    found: dict[str, Any] = {fields.kind: True if fields.kind == "source" else fields.key}
    if fields.operator in {"present", "absent"}:
        found["exists"] = fields.operator == "present"
    elif fields.operator == "one_of":
        found["one_of"] = [line for line in fields.texts.split("\n") if line.strip()]
    else:
        found[fields.operator] = fields.texts
    return found | dict.fromkeys((name for name in READINGS if getattr(fields, name)), True)
