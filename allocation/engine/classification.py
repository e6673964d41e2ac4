"""Which rule of each dimension catches a charge, and the value it gives. Pure.

The same classifier answers for one charge in a form and for every attribute set of a month: rules that demand an
equality are found through an index, so a thousand of them cost little more than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from allocation.engine.conditions import Subject, subjects
from allocation.engine.dimensions import Dimension, evaluation_order
from allocation.engine.matching import Lookups, Reading, Row, holds, probes, taken
from allocation.engine.rules import RuleSet
from allocation.engine.values import Taken
from itfm.core.periods import period_name


class Caught(NamedTuple):
    """The value a dimension gives a charge, and the index of the rule in the dimension that caught it."""

    value: str
    rule: int


@dataclass
class _Index:
    """The rules that demand one subject, read one way, to be some text."""

    position: int
    reading: Reading
    rules: dict[str, list[int]] = field(default_factory=dict)


class DimensionClassifier:
    """One dimension's rules that are valid in a period, ready to be asked. A row follows `subjects`."""

    def __init__(self, dimension: Dimension, *, period: date, lookups: Lookups) -> None:
        self.key = dimension.key
        valid = [(index, rule) for index, rule in enumerate(dimension.rules) if rule.is_valid_in(period_name(period))]
        looked_at: set[Subject] = set()
        for _, rule in valid:
            looked_at |= subjects(rule.when)
            looked_at |= set(rule.value.subjects) if isinstance(rule.value, Taken) else set()
        self.subjects: tuple[Subject, ...] = tuple(sorted(looked_at))
        at = {subject: position for position, subject in enumerate(self.subjects)}
        self._rules = [(index, holds(rule.when, at), taken(rule.value, at, lookups)) for index, rule in valid]
        self._unindexed: list[int] = []
        self._indexes: list[_Index] = []
        by_reading: dict[tuple[Subject, Reading], _Index] = {}
        for number, (_, rule) in enumerate(valid):
            demanded = probes(rule.when)
            if demanded is None:
                self._unindexed.append(number)
                continue
            for probe in sorted(demanded):
                place = (probe.subject, probe.reading)
                if place not in by_reading:
                    by_reading[place] = _Index(at[probe.subject], probe.reading)
                    self._indexes.append(by_reading[place])
                by_reading[place].rules.setdefault(probe.text, []).append(number)

    def caught(self, row: Row) -> Caught | None:
        """Return what the first matching rule that has a value for the row gives; None when no rule catches it."""
        for number in self._candidates(row):
            index, matches, value_of = self._rules[number]
            if matches(row):
                value = value_of(row)
                if value is not None:
                    return Caught(value, index)
        return None

    def _candidates(self, row: Row) -> list[int]:
        """Return the rules that could match, in rule order."""
        found: list[int] = []
        for index in self._indexes:
            text = row[index.position]
            if text:
                found += index.rules.get(index.reading.read(text), ())
        return sorted({*found, *self._unindexed}) if found else self._unindexed


class Classifier:
    """Every dimension of a rule set in one billing period, in an order in which each finds the others it needs."""

    def __init__(self, rule_set: RuleSet, *, period: date) -> None:
        by_key = {dimension.key: dimension for dimension in rule_set.dimensions}
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

    def caught(self, facts: Mapping[Subject, str]) -> dict[str, Caught]:
        """Return, by dimension key, what caught one charge; a dimension that caught nothing is absent."""
        known, result = dict(facts), {}
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
