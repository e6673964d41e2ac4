"""A rule as its form has it: condition, value, times and notes; from and to the document. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from itfm.web.allocation.dimensions import conditions
from itfm.web.allocation.dimensions.conditions import GroupFields, TestFields

TRANSFORMS: Final = (
    ("trim", "Trim spaces"),
    ("lower", "Lower case"),
    ("regex", "Keep what a pattern finds (RE2)"),
    ("lookup", "Look up, keep what is not listed"),
    ("lookup_none", "Look up, nothing for what is not listed"),
    ("prefix", "Put a text before it"),
)
PLACES: Final = (("tag", "Tag"), ("column", "Column"))
MOST: Final = 30
_PLAIN: Final = ("name", "valid_from", "valid_to", "owner", "note")


@dataclass(frozen=True, kw_only=True)
class RowFields:
    """One place to take a text from (tag or column and its key), or one transform and its argument."""

    kind: str
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class RuleFields:
    """Everything the form of a rule has."""

    name: str = ""
    when: GroupFields = field(default_factory=lambda: GroupFields(path="when", parts=(TestFields(path="when.0"),)))
    value_kind: str = "fixed"
    value_text: str = ""
    places: tuple[RowFields, ...] = (RowFields(kind="tag"),)
    transforms: tuple[RowFields, ...] = ()
    valid_from: str = ""
    valid_to: str = ""
    owner: str = ""
    note: str = ""

    @property
    def has_more(self) -> bool:
        """Whether any of the seldom used fields is filled."""
        return bool(self.valid_from or self.valid_to or self.owner or self.note)


def from_document(rule: Mapping[str, Any]) -> RuleFields:
    """Return the fields of a rule."""
    value = rule["value"]
    common = RuleFields(
        when=conditions.from_document(rule["when"], path="when"),
        name=str(rule.get("name") or ""),
        valid_from=str(rule.get("valid_from") or ""),
        valid_to=str(rule.get("valid_to") or ""),
        owner=str(rule.get("owner") or ""),
        note=str(rule.get("note") or ""),
    )
    if not isinstance(value, Mapping):
        return replace(common, value_kind="fixed", value_text=str(value))
    places = value.get("first_of") or [value]
    return replace(
        common,
        value_kind="taken",
        places=tuple(
            RowFields(kind="tag", key=place["tag"])
            if place.get("tag")
            else RowFields(kind="column", key=place["column"])
            for place in places
        ),
        transforms=tuple(_transform(one) for one in value.get("transforms", ())),
    )


def from_post(data: Mapping[str, str]) -> RuleFields:
    """Return the fields that a form sent."""
    return RuleFields(
        when=conditions.from_post(data, path="when"),
        value_kind="taken" if data.get("value_kind") == "taken" else "fixed",
        value_text=data.get("value_text", ""),
        places=_rows(data, "place", dict(PLACES)),
        transforms=_rows(data, "transform", dict(TRANSFORMS)),
        name=data.get("name", "").strip(),
        valid_from=data.get("valid_from", "").strip(),
        valid_to=data.get("valid_to", "").strip(),
        owner=data.get("owner", "").strip(),
        note=data.get("note", "").strip(),
    )


def to_document(fields: RuleFields) -> dict[str, Any]:
    """Return the rule as the document has it; empty fields are absent."""
    plain = {name: getattr(fields, name) for name in _PLAIN if getattr(fields, name)}
    return {**plain, "when": conditions.to_document(fields.when), "value": _value_document(fields)}


def edited(fields: RuleFields, command: str) -> RuleFields:
    """Return the fields after a button such as `add-test:when.1`, `remove:when.0`, `add:place` or `drop:place.2`."""
    verb, _, at = command.partition(":")
    if at.startswith("when"):
        return replace(fields, when=conditions.edited(fields.when, command=verb, at=at))
    if at == "place" and verb == "add":
        return replace(fields, places=(*fields.places, RowFields(kind="tag")), value_kind="taken")
    if at == "transform" and verb == "add":
        return replace(fields, transforms=(*fields.transforms, RowFields(kind="trim")), value_kind="taken")
    name, _, number = at.partition(".")
    if verb == "drop" and number.isdecimal() and name in {"place", "transform"}:
        rows = getattr(fields, f"{name}s")
        kept = tuple(row for place, row in enumerate(rows) if place != int(number))
        return replace(fields, places=kept) if name == "place" else replace(fields, transforms=kept)
    return fields


def suggested(*, tag: str = "", column: str = "", equals: str = "") -> RuleFields:
    """Return the fields of a rule that a suggestion or an address begins with."""
    if tag:
        test = TestFields(path="when.0", kind="tag", key=tag, operator="present")
        group = GroupFields(path="when", parts=(test,))
        return RuleFields(
            name=f"by {tag} tag", when=group, value_kind="taken", places=(RowFields(kind="tag", key=tag),),
            transforms=(RowFields(kind="trim"),),
        )  # fmt: skip
    if column:
        test = TestFields(path="when.0", kind="column", key=column, texts=equals)
        return RuleFields(when=GroupFields(path="when", parts=(test,)), name=equals)
    return RuleFields()


def _rows(data: Mapping[str, str], name: str, kinds: Mapping[str, str]) -> tuple[RowFields, ...]:
    found = []
    for number in range(MOST):
        kind = data.get(f"{name}.{number}-kind")
        if kind is None:
            break
        found.append(
            RowFields(kind=kind if kind in kinds else next(iter(kinds)), key=data.get(f"{name}.{number}-key", ""))
        )
    return tuple(found)


def _value_document(fields: RuleFields) -> Any:
    if fields.value_kind == "fixed":
        return fields.value_text.strip()
    places = [{row.kind: row.key.strip()} for row in fields.places]
    taken: dict[str, Any] = dict(places[0]) if len(places) == 1 else {"first_of": places}
    transforms = [_transform_document(row) for row in fields.transforms]
    return taken | ({"transforms": transforms} if transforms else {})


def _transform(plain: Any) -> RowFields:
    if not isinstance(plain, Mapping):
        return RowFields(kind=str(plain))
    if "lookup" in plain:
        kind = "lookup_none" if plain.get("otherwise") == "none" else "lookup"
        return RowFields(kind=kind, key=plain["lookup"])
    return next(RowFields(kind=kind, key=plain[kind]) for kind in ("regex", "prefix") if kind in plain)


def _transform_document(row: RowFields) -> Any:
    if row.kind in {"trim", "lower"}:
        return row.kind
    if row.kind == "lookup_none":
        return {"lookup": row.key.strip(), "otherwise": "none"}
    return {row.kind: row.key.strip() if row.kind == "lookup" else row.key}
