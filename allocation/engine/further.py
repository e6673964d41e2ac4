"""What rules look at beyond the attribute sets that a bill comes with: further columns, and tag keys left out. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from allocation.engine.conditions import Subject, subjects
from allocation.engine.rules import RuleSet
from allocation.engine.tag_aliases import Spellings
from ingestion.focus import attributes
from ingestion.focus.expressions import literal, quoted
from itfm.core.periods import period_name


@dataclass(frozen=True)
class Further:
    """Columns of a bill's charges, and tag keys, by which its attribute sets are widened; each sorted."""

    columns: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether the attribute sets that the bill comes with are enough."""
        return not self.columns and not self.tags

    def with_(self, other: Further) -> Further:
        """Return both together."""
        return Further(
            columns=tuple(sorted({*self.columns, *other.columns})), tags=tuple(sorted({*self.tags, *other.tags}))
        )

    @property
    def name(self) -> str:
        """A name for these columns and keys, the same wherever they are needed."""
        return sha256(json.dumps([self.columns, self.tags]).encode()).hexdigest()[:32]

    @property
    def words(self) -> tuple[str, ...]:
        """How people call them."""
        return (*self.columns, *(f"tag {key}" for key in self.tags))

    def texts(self) -> dict[str, str]:
        """Return by column of the widened sets the SQL that reads its text from a row of `charges`.

        A tag key has a column by its number, which no column of a bill can be called.
        """
        columns = {name: f"nullif(CAST(charges.{quoted(name)} AS VARCHAR), '')" for name in self.columns}
        return columns | {f"tag {at}": _tag(key) for at, key in enumerate(self.tags)}


NOTHING = Further()


def looked_at(rule_set: RuleSet, *, period: date) -> frozenset[Subject]:
    """Return the columns and tag keys that splits, and rules valid in a billing period, look at."""
    month = period_name(period)
    found = {subject for split in rule_set.splits for subject in subjects(split.pool)}
    for dimension in rule_set.dimensions:
        for rule in dimension.rules:
            if rule.is_valid_in(month):
                found |= rule.looks_at
    return frozenset(subject for subject in found if subject.kind in {"column", "tag"})


def further(
    asked: Iterable[Subject], *, has: Collection[str] | None, left_out: Collection[str], spellings: Spellings
) -> Further:
    """Return what a bill's attribute sets lack of what is asked for.

    `has` are the columns of the bill's charges: one that is not there is absent in every charge, with or without
    widening. None means that they are not known. `left_out` are the tag keys that its charges have and its attribute
    sets have not.
    """
    named = sorted(set(asked))
    columns = [subject.key for subject in named if subject.kind == "column" and subject.key not in attributes.COLUMNS]
    tags: set[str] = set()
    for subject in named if left_out else ():
        if subject.kind == "tag":
            tags |= set(spellings.of(subject.key, among=left_out)).intersection(left_out)
    return Further(columns=tuple(one for one in columns if has is None or one in has), tags=tuple(sorted(tags)))


def _tag(key: str) -> str:
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return f"nullif(json_extract_string(charges.tags, {literal(pointer)}), '')"
