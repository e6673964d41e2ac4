"""Turn conditions and values into functions of a row: the texts of some subjects, in a given order. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import re2

from allocation.engine.conditions import All, AnyOf, Not, Subject, Test, comparable
from allocation.engine.values import Lookup, Prefix, Regex, Taken

Row = tuple[str | None, ...]
"""The texts of the subjects a condition looks at; None is absent."""

Positions = Mapping[Subject, int]
Lookups = Mapping[str, Mapping[str, str]]

_LOOSE = str.maketrans("-_", "  ")
_ORDERS: Final = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


class Reading(NamedTuple):
    """How a test reads a text before it compares."""

    ignore_case: bool
    trim: bool
    loose: bool

    def read(self, text: str) -> str:
        """Return the text in the form that is compared."""
        text = text.strip() if self.trim else text
        text = text.casefold() if self.ignore_case else text
        return text.translate(_LOOSE) if self.loose else text


def reading(test: Test) -> Reading:
    """Return how a test reads texts."""
    return _reading(test.ignore_case, test.trim, test.loose)


_reading = cache(Reading)


def holds(condition: All | AnyOf | Not | Test, at: Positions) -> Callable[[Row], bool]:
    """Return the function that answers a condition for a row."""
    if isinstance(condition, Test):
        position, answer = at[condition.subject], _remembering(_answer(condition))
        return lambda row: answer(row[position])
    if isinstance(condition, Not):
        negated = holds(condition.negated, at)
        return lambda row: not negated(row)
    parts = [holds(part, at) for part in (condition.all if isinstance(condition, All) else condition.any)]
    if isinstance(condition, All):
        return lambda row: all(part(row) for part in parts)
    return lambda row: any(part(row) for part in parts)


def pattern_of(test: Test) -> str:
    """Return the pattern that a `matches` test searches for in a text as it is read."""
    # The text is case-folded before, so the pattern must not look at case either.
    return f"(?i:{test.matches})" if test.ignore_case else test.matches or ""


def taken(value: str | Taken, at: Positions, lookups: Lookups) -> Callable[[Row], str | None]:
    """Return the function that gives a rule's value for a row, None when the row has none."""
    if isinstance(value, str):
        return lambda _row: value
    positions = [at[subject] for subject in value.subjects]
    steps = [_step(transform, lookups) for transform in value.transforms]

    def transformed(text: str) -> str | None:
        result: str | None = text
        for step in steps:
            if result is None:
                return None
            result = step(result)
        return result or None

    remembered = _remembering(lambda text: transformed(text) if text else None)
    return lambda row: remembered(next((row[place] for place in positions if row[place]), None))


def _remembering(function: Callable[[str | None], Any]) -> Callable[[str | None], Any]:
    """Return the function with its answers kept: a bill repeats few texts over many rows."""
    known: dict[str | None, Any] = {}

    def answer(text: str | None) -> Any:
        if text not in known:
            known[text] = function(text)
        return known[text]

    return answer


def _answer(test: Test) -> Callable[[str | None], bool]:
    operand, read = getattr(test, test.operator), reading(test).read
    if test.operator == "exists":
        return lambda text: bool(text) == operand
    compare = _comparison(test, operand)
    return lambda text: bool(text) and compare(read(text or ""))


def _comparison(test: Test, operand: Any) -> Callable[[str], bool]:
    """Return the comparison with an operand read like the text it meets."""
    read = reading(test).read
    if test.operator == "one_of":
        texts = {read(text) for text in operand}
        return lambda text: text in texts
    if test.operator == "matches":
        pattern = re2.compile(pattern_of(test))
        return lambda text: pattern.search(text) is not None
    if test.operator in _ORDERS:
        bound: Any = comparable(operand)
        order = _ORDERS[test.operator]

        def ordered(text: str) -> bool:
            found: Any = comparable(text)
            return type(found) is type(bound) and bool(order(found, bound))

        return ordered
    wanted = read(operand)
    comparisons: dict[str, Callable[[str], bool]] = {
        "equals": lambda text: text == wanted,
        "starts_with": lambda text: text.startswith(wanted),
        "ends_with": lambda text: text.endswith(wanted),
        "contains": lambda text: wanted in text,
    }
    return comparisons[test.operator]


def _step(transform: Any, lookups: Lookups) -> Callable[[str], str | None]:
    if transform == "trim":
        return str.strip
    if transform == "lower":
        return str.lower
    if isinstance(transform, Prefix):
        return lambda text: transform.prefix + text if text else None
    if isinstance(transform, Lookup):
        table = lookups[transform.lookup]
        return lambda text: table.get(text, text if transform.otherwise == "keep" else None)
    if isinstance(transform, Regex):
        pattern = re2.compile(transform.regex)

        def captured(text: str) -> str | None:
            found = pattern.search(text)
            return None if found is None else found.group(1 if pattern.groups else 0)

        return captured
    raise AssertionError(f"no such transform: {transform!r}")
