"""Spellings of tag keys: the changes that forms make to them, and which rules name a key. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from allocation.drafts.operations import Document, OperationError
from allocation.engine.conditions import Subject, subjects
from allocation.engine.dimensions import Rule
from allocation.engine.rules import RuleSet
from allocation.engine.tag_aliases import Spellings
from allocation.engine.values import Taken


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """A rule or split that names a tag key in any spelling; `words` is its name on the pages."""

    words: str
    dimension: str = ""
    number: int = 0
    """Of the rule, from 0."""
    split: str = ""


def uses(rules: RuleSet, key: str) -> Iterator[KeyUse]:
    """Yield the rules and splits that name a tag key in any spelling, in the order in which they are asked."""
    spellings = rules.spellings()
    for dimension in rules.dimensions:
        for number, rule in enumerate(dimension.rules):
            named = f"{dimension.name}, rule {number + 1}" + (f" ({rule.name})" if rule.name else "")
            if _names(looked_at(rule), key, spellings):
                yield KeyUse(words=named, dimension=dimension.key, number=number)
    for split in rules.splits:
        if _names(subjects(split.pool), key, spellings):
            yield KeyUse(words=f"Split {split.name}", split=split.key)


def looked_at(rule: Rule) -> set[Subject]:
    """Return everything a rule looks at, to decide and to take its value from."""
    return subjects(rule.when) | (set(rule.value.subjects) if isinstance(rule.value, Taken) else set())


def _names(found: Iterable[Subject], key: str, spellings: Spellings) -> bool:
    return any(subject.kind == "tag" and spellings.are_one(key, subject.key) for subject in found)


@dataclass(frozen=True, kw_only=True)
class PutTagAliases:
    """Give a tag key these other spellings, in the place of those of the key it was ("" for a new one)."""

    was: str
    key: str
    spellings: tuple[str, ...]

    @property
    def summary(self) -> str:
        return f"Set the spellings of tag key {self.key}: {', '.join(self.spellings) or 'none'}"

    def change(self, document: Document) -> None:
        """Change the document in place; the key keeps its place.

        :raises OperationError: the key it was is gone, or the key it is to be is there already.
        """
        aliases = dict(document.get("tag_aliases", {}))
        if self.was and self.was not in aliases:
            raise OperationError(f"'{self.was}' has no listed spellings any more. Load the page again.")
        if self.key != self.was and self.key in aliases:
            raise OperationError(f"'{self.key}' has listed spellings already. Open it and add to them.")
        if self.was:
            aliases = {self.key if key == self.was else key: listed for key, listed in aliases.items()}
        document["tag_aliases"] = {**aliases, self.key: list(self.spellings)}


@dataclass(frozen=True, kw_only=True)
class DeleteTagAliases:
    """Let every spelling of a tag key be a key of its own again."""

    key: str

    @property
    def summary(self) -> str:
        return f"Removed the spellings of tag key {self.key}"

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: the key has none.
        """
        if self.key not in document.get("tag_aliases", {}):
            raise OperationError(f"'{self.key}' has no listed spellings any more. Load the page again.")
        del document["tag_aliases"][self.key]


@dataclass(frozen=True, kw_only=True)
class PutSimilarTagKeys:
    """Let keys that differ only in case, `-`, `_` and spaces count as one, or no longer."""

    is_on: bool

    @property
    def summary(self) -> str:
        return f"Made similar tag keys count as {'one' if self.is_on else 'different keys'}"

    def change(self, document: Document) -> None:
        """Change the document in place."""
        document["similar_tag_keys"] = self.is_on
