"""Which rule of each dimension catches a charge, and the value it gives. Pure.

The same classifier answers for one charge in a form and for every attribute set of a month: rules are found by what
they demand of a charge's texts (`candidates`), so thousands of them cost little more than a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from allocation.engine.account_tags import ACCOUNT, is_free
from allocation.engine.candidates import Candidates, in_order
from allocation.engine.conditions import Subject
from allocation.engine.dimensions import Dimension, evaluation_order
from allocation.engine.matching import Lookups, Row, holds, taken
from allocation.engine.rules import RuleSet
from itfm.core.periods import period_name


class Caught(NamedTuple):
    """The value a dimension gives a charge, and the index of the rule in the dimension that caught it."""

    value: str
    rule: int


_Ready = tuple[Callable[[Row], bool] | None, Callable[[Row], str | None]]
"""What is left to ask of a row whose demands are met (None: nothing), and the value it gets."""


class DimensionClassifier:
    """One dimension's rules that are valid in a period, ready to be asked. A row follows `subjects`."""

    def __init__(self, dimension: Dimension, *, period: date, lookups: Lookups) -> None:
        self.key = dimension.key
        month = period_name(period)
        self._numbers = [number for number, rule in enumerate(dimension.rules) if rule.is_valid_in(month)]
        self._rules = [dimension.rules[number] for number in self._numbers]
        looked_at = {subject for rule in self._rules for subject in rule.looks_at}
        self.subjects: tuple[Subject, ...] = tuple(sorted(looked_at))
        self._at = {subject: position for position, subject in enumerate(self.subjects)}
        self._lookups = lookups
        self._candidates = Candidates(self._rules, self._at)
        self._ready: dict[int, _Ready] = {}

    def caught(self, row: Row) -> Caught | None:
        """Return what the first matching rule that has a value for the row gives; None when no rule catches it."""
        for number in in_order(self._candidates.of(row)):
            matches, value_of = self._ready.get(number) or self._made_ready(number)
            if matches is None or matches(row):
                value = value_of(row)
                if value is not None:
                    return Caught(value, self._numbers[number])
        return None

    def _made_ready(self, number: int) -> _Ready:
        """Return a rule as functions, which most of thousands never need."""
        rule = self._rules[number]
        matches = None if number in self._candidates.certain else holds(rule.when, self._at)
        self._ready[number] = matches, taken(rule.value, self._at, self._lookups)
        return self._ready[number]


class Classifier:
    """Every dimension of a rule set in one billing period, in an order in which each finds the others it needs."""

    def __init__(self, rule_set: RuleSet, *, period: date) -> None:
        by_key = {dimension.key: dimension for dimension in rule_set.dimensions}
        self.spellings = rule_set.spellings()
        self.account_tags = rule_set.account_tags()
        self.dimensions = [
            DimensionClassifier(by_key[key], period=period, lookups=rule_set.lookups)
            for key in evaluation_order(rule_set.dimensions)
        ]

    @property
    def following(self) -> tuple[DimensionClassifier, ...]:
        """The dimensions that look at other dimensions and nothing else, each after those it looks at."""
        return tuple(
            one for one in self.dimensions if one.subjects and all(at.kind == "dimension" for at in one.subjects)
        )

    def seen(self, facts: Mapping[Subject, str]) -> dict[Subject, str]:
        """Return one charge as the rules see it: each tag key they name with the text of its first spelling.

        Where it has none, it has that of its account.
        """
        if self.spellings.are_plain and not self.account_tags.by_account:
            return dict(facts)
        tags = {subject.key: text for subject, text in facts.items() if subject.kind == "tag"}
        asked = {subject for dimension in self.dimensions for subject in dimension.subjects if subject.kind == "tag"}
        texts = {subject: self._text(subject.key, tags, account=facts.get(ACCOUNT)) for subject in asked}
        return {**facts, **{subject: text for subject, text in texts.items() if text is not None}}

    def _text(self, key: str, tags: Mapping[str, str], *, account: str | None) -> str | None:
        own = self.spellings.text(key, tags)
        return self.account_tags.text(key, account=account) or own if is_free(own) else own

    def caught(self, facts: Mapping[Subject, str]) -> dict[str, Caught]:
        """Return, by dimension key, what caught one charge; a dimension that caught nothing is absent."""
        known, result = self.seen(facts), {}
        for dimension in self.dimensions:
            found = dimension.caught(tuple(known.get(subject) for subject in dimension.subjects))
            if found is not None:
                result[dimension.key] = found
                known[Subject("dimension", dimension.key)] = found.value
        return result


def facts(columns: Mapping[str, str | None], *, tags: Mapping[str, str | None], source: str) -> dict[Subject, str]:
    """Return one charge as a classifier reads it; absent and empty texts are left out."""
    return dict(_facts(columns, tags, source))


def _facts(
    columns: Mapping[str, str | None], tags: Mapping[str, str | None], source: str
) -> Iterator[tuple[Subject, str]]:
    yield Subject("source"), source
    yield from ((Subject("column", name), text) for name, text in columns.items() if text)
    yield from ((Subject("tag", key), text) for key, text in tags.items() if text)
