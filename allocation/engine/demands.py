"""What a charge must show for a rule to catch it at all, read off the rule's condition. Pure.

Not every condition can be turned round this way: what is left of it is asked of the charge itself (`matching`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final, Literal, NamedTuple

from allocation.engine.conditions import All, AnyOf, Not, Subject, Test
from allocation.engine.dimensions import Rule
from allocation.engine.matching import Reading, pattern_of, reading
from allocation.engine.values import Taken

AS_IT_IS: Final = Reading(ignore_case=False, trim=False, loose=False)


class Clue(NamedTuple):
    """One test of one subject: the text, read so, passes with any of the operands; presence and absence need none."""

    subject: Subject
    reading: Reading
    operator: Literal[
        "one_of", "starts_with", "ends_with", "contains", "matches", "present", "absent", "gt", "gte", "lt", "lte"
    ]
    operands: tuple[str, ...] = ("",)


Demand = tuple[Clue, ...]
"""Clues of which at least one must be there."""


class Demands(NamedTuple):
    """Demands that all have to be met; `is_whole` says whether meeting them is enough."""

    listed: list[Demand]
    is_whole: bool


def demands(rule: Rule) -> Demands:
    """Return demands that every charge meets which the rule catches; with `is_whole` its condition asks no more."""
    found = _holding(rule.when)
    if isinstance(rule.value, Taken) and not found.listed:
        found.listed.append(tuple(_present(subject) for subject in rule.value.subjects))
    return found


def _holding(condition: All | AnyOf | Not | Test) -> Demands:
    """Return what is demanded when the condition holds."""
    if isinstance(condition, Test):
        return Demands([(_clue(condition),)], is_whole=True)
    if isinstance(condition, Not):
        return _failing(condition.negated)
    if isinstance(condition, All):
        return _both([_holding(part) for part in condition.all])
    return _either([_holding(part) for part in condition.any])


def _failing(condition: All | AnyOf | Not | Test) -> Demands:
    """Return what is demanded when the condition does not hold."""
    if isinstance(condition, Test):
        if condition.exists is None:
            # Nearly every text fails any other test, so that it fails tells too little.
            return Demands([], is_whole=False)
        return Demands([(_whether(condition.subject, is_present=not condition.exists),)], is_whole=True)
    if isinstance(condition, Not):
        return _holding(condition.negated)
    if isinstance(condition, AnyOf):
        return _both([_failing(part) for part in condition.any])
    return _either([_failing(part) for part in condition.all])


def _both(parts: Sequence[Demands]) -> Demands:
    return Demands(
        list(chain.from_iterable(part.listed for part in parts)), is_whole=all(part.is_whole for part in parts)
    )


def _either(branches: Sequence[Demands]) -> Demands:
    """Return demands that each have one of every branch: whichever branch holds, one of its clues is among them."""
    if not all(branch.listed for branch in branches):
        return Demands([], is_whole=False)
    longest = max(len(branch.listed) for branch in branches)
    return Demands(
        [
            tuple(chain.from_iterable(branch.listed[min(place, len(branch.listed) - 1)] for branch in branches))
            for place in range(longest)
        ],
        is_whole=longest == 1 and all(branch.is_whole for branch in branches),
    )


def _clue(test: Test) -> Clue:
    operator, how = test.operator, reading(test)
    if operator == "exists":
        return _whether(test.subject, is_present=bool(test.exists))
    if operator == "matches":
        return Clue(test.subject, how, "matches", (pattern_of(test),))
    if operator == "one_of":
        return Clue(test.subject, how, "one_of", tuple({how.read(text) for text in test.one_of or ()}))
    operand = getattr(test, operator)
    if operator == "equals":
        return Clue(test.subject, how, "one_of", (how.read(operand),))
    # A bound is compared as a number or date, whatever the text's reading.
    is_bound = operator in ("gt", "gte", "lt", "lte")
    return Clue(test.subject, how, operator, (operand if is_bound else how.read(operand),))  # type: ignore[arg-type]


def _whether(subject: Subject, *, is_present: bool) -> Clue:
    return _present(subject) if is_present else Clue(subject, AS_IT_IS, "absent")


def _present(subject: Subject) -> Clue:
    return Clue(subject, AS_IT_IS, "present")
