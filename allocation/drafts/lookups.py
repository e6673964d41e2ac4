"""Lookup tables: the changes that forms make to one, and which rules look up in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from allocation.drafts.operations import Document, OperationError
from allocation.engine.dimensions import Dimension
from allocation.engine.rules import RuleSet
from allocation.engine.values import Lookup, Taken


@dataclass(frozen=True, kw_only=True)
class LookupUse:
    """A rule that looks up in a table; `number` is from 0."""

    dimension: str
    dimension_name: str
    number: int
    rule: str

    @property
    def words(self) -> str:
        """`Team, rule 2 (by tag)`."""
        return f"{self.dimension_name}, rule {self.number + 1}" + (f" ({self.rule})" if self.rule else "")


def uses(rules: RuleSet, key: str) -> Iterator[LookupUse]:
    """Yield the rules that look up in a table, in the order in which they are asked."""
    for dimension in rules.dimensions:
        for number, rule in enumerate(dimension.rules):
            steps = rule.value.transforms if isinstance(rule.value, Taken) else ()
            if any(isinstance(step, Lookup) and step.lookup == key for step in steps):
                yield LookupUse(
                    dimension=dimension.key, dimension_name=dimension.name, number=number, rule=rule.name or ""
                )


def looked_up(rules: RuleSet, dimension: Dimension) -> set[str]:
    """Return the values that rules of a dimension give by a lookup as their last step, before any charge has them."""
    last = (
        rule.value.transforms[-1] for rule in dimension.rules if isinstance(rule.value, Taken) and rule.value.transforms
    )
    return {value for step in last if isinstance(step, Lookup) for value in rules.lookups[step.lookup].values()}


@dataclass(frozen=True, kw_only=True)
class RowEdit:
    """A row as a form sends it: what it looked up before ("" for a new one), and what it looks up and gives now."""

    was: str
    text: str
    gives: str


@dataclass(frozen=True, kw_only=True)
class AddLookup:
    """Add a table without rows, or with those of a file."""

    key: str
    table: Mapping[str, str]

    @property
    def summary(self) -> str:
        return f"Added lookup {self.key} with {_rows(len(self.table))}"

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: there is such a table already.
        """
        lookups = document.setdefault("lookups", {})
        if self.key in lookups:
            raise OperationError(f"There is a lookup '{self.key}' already. Open it, or choose another key.")
        lookups[self.key] = dict(self.table)


@dataclass(frozen=True, kw_only=True)
class MergeLookup:
    """Add the rows of a file to a table and change those it has; the others stay, or go with `is_whole`."""

    key: str
    table: Mapping[str, str]
    is_whole: bool = False

    @property
    def summary(self) -> str:
        verb = "Replaced" if self.is_whole else "Added to"
        return f"{verb} lookup {self.key}: {_rows(len(self.table))} of a file"

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: there is no such table.
        """
        table = _table(document, self.key)
        if self.is_whole:
            table.clear()
        table.update(self.table)


@dataclass(frozen=True, kw_only=True)
class EditLookup:
    """Change, add and remove single rows; a row whose two texts are empty is removed."""

    key: str
    edits: tuple[RowEdit, ...]

    @property
    def summary(self) -> str:
        removed = [edit for edit in self.edits if not (edit.text or edit.gives)]
        if len(removed) == len(self.edits) == 1:
            return f"Deleted the row {removed[0].was} of lookup {self.key}"
        return f"Changed {_rows(len(self.edits))} of lookup {self.key}"

    def change(self, document: Document) -> None:
        """Change the document in place; every row keeps its place.

        :raises OperationError: a row is half empty, gone, or looks up what another one does.
        """
        table = _table(document, self.key)
        changed = {edit.was: edit for edit in self.edits if edit.was}
        gone = [was for was in changed if was not in table]
        if gone:
            raise OperationError(f"There is no row '{gone[0]}' any more. Load the page again.")
        listed = [(edit.text, edit.gives) for edit in (changed.get(was) or _kept(was, table[was]) for was in table)]
        listed += [(edit.text, edit.gives) for edit in self.edits if not edit.was]
        rows = [row for row in listed if any(row)]
        for text, gives in rows:
            if not text:
                raise OperationError(f"A row that gives '{gives}' says not what it looks up. Write it, or clear both.")
            if not gives:
                raise OperationError(f"The row '{text}' gives nothing. Write what it gives, or delete the row.")
        seen: set[str] = set()
        for text, _ in rows:
            if text in seen:
                raise OperationError(f"Two rows look up '{text}'. Keep one of them.")
            seen.add(text)
        table.clear()
        table.update(rows)


@dataclass(frozen=True, kw_only=True)
class DeleteLookup:
    """Remove a table; refused while a rule looks up in it."""

    key: str

    @property
    def summary(self) -> str:
        return f"Deleted lookup {self.key}"

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: there is no such table.
        """
        _table(document, self.key)
        del document["lookups"][self.key]


def _kept(text: str, gives: str) -> RowEdit:
    return RowEdit(was=text, text=text, gives=gives)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _table(document: Document, key: str) -> dict[str, str]:
    try:
        return document["lookups"][key]  # type: ignore[no-any-return]
    except KeyError as error:
        raise OperationError(f"There is no lookup '{key}' any more. Load the page again.") from error
