"""Why one line of a bill has the values it has: every rule of every dimension, asked and explained. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from allocation.drafts.wording import test_words
from allocation.engine.account_tags import ACCOUNT
from allocation.engine.classification import Classifier
from allocation.engine.conditions import Subject, Test, tests
from allocation.engine.dimensions import Dimension, Rule
from allocation.engine.matching import holds, taken
from allocation.engine.rules import RuleSet
from allocation.engine.tag_aliases import Spellings
from itfm.core.periods import period_name

Verdict = Literal["caught", "no", "no_value", "not_valid", "not_asked"]


@dataclass(frozen=True, kw_only=True)
class TestTrace:
    """One test of a condition, what it found, and its answer."""

    __test__ = False

    words: str
    found: str | None
    holds: bool
    spelling: str = ""
    """The tag key that the line has, where the test names another spelling of it."""
    inherited_from: str = ""
    """The account whose tag it is, where the line has none of its own."""


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A line as it was delivered, as the rules see it, and which spellings they take for one."""

    facts: Mapping[Subject, str]
    seen: Mapping[Subject, str]
    spellings: Spellings


@dataclass(frozen=True, kw_only=True)
class RuleTrace:
    """One rule and what came of it."""

    number: int
    name: str
    verdict: Verdict
    tests: tuple[TestTrace, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DimensionTrace:
    """One dimension: the value the line gets (None: unallocated), and its rules in order."""

    key: str
    name: str
    value: str | None
    rules: tuple[RuleTrace, ...]


def traced(rules: RuleSet, facts: Mapping[Subject, str], *, period: date) -> tuple[DimensionTrace, ...]:
    """Return what every rule says of one line; dimensions in the order of the rules."""
    classifier = Classifier(rules, period=period)
    caught = classifier.caught(facts)
    values = {Subject("dimension", key): found.value for key, found in caught.items()}
    line = _Line(facts=facts, seen={**classifier.seen(facts), **values}, spellings=classifier.spellings)
    found = []
    for dimension in rules.dimensions:
        of = caught.get(dimension.key)
        found.append(
            DimensionTrace(
                key=dimension.key,
                name=dimension.name,
                value=of.value if of else None,
                rules=_rules(dimension, line, rules, caught_at=of.rule if of else None, period=period),
            )
        )
    return tuple(found)


def _rules(
    dimension: Dimension, line: _Line, rules: RuleSet, *, caught_at: int | None, period: date
) -> tuple[RuleTrace, ...]:
    found = []
    for number, rule in enumerate(dimension.rules):
        verdict: Verdict
        if caught_at is not None and number > caught_at:
            verdict = "not_asked"
        elif not rule.is_valid_in(period_name(period)):
            verdict = "not_valid"
        else:
            verdict = _verdict(rule, line.seen, rules)
        shown = () if verdict in {"not_asked", "not_valid"} else tuple(_test(one, line) for one in tests(rule.when))
        found.append(RuleTrace(number=number, name=rule.name or "", verdict=verdict, tests=shown))
    return tuple(found)


def _verdict(rule: Rule, known: Mapping[Subject, str], rules: RuleSet) -> Verdict:
    at = {subject: place for place, subject in enumerate(sorted(rule.looks_at))}
    row = tuple(known.get(subject) for subject in at)
    if not holds(rule.when, at)(row):
        return "no"
    return "no_value" if taken(rule.value, at, rules.lookups)(row) is None else "caught"


def _test(test: Test, line: _Line) -> TestTrace:
    found = line.seen.get(test.subject)
    account = _inherited_from(test.subject, found, line)
    return TestTrace(
        words=test_words(test),
        found=found,
        holds=holds(test, {test.subject: 0})((found,)),
        spelling="" if account else _spelling(test.subject, found, line),
        inherited_from=account,
    )


def _inherited_from(subject: Subject, found: str | None, line: _Line) -> str:
    """Return the account from which a line has the tag that a test sees, where it is not its own."""
    if subject.kind != "tag" or found is None:
        return ""
    own = line.spellings.text(subject.key, {one.key: text for one, text in line.facts.items() if one.kind == "tag"})
    return line.facts.get(ACCOUNT, "") if own != found else ""


def _spelling(subject: Subject, found: str | None, line: _Line) -> str:
    """Return the key under which a line has the text that a test sees, where it is not the one named."""
    if subject.kind != "tag" or found is None:
        return ""
    tags = [one.key for one in line.facts if one.kind == "tag"]
    spelled = line.spellings.of(subject.key, among=tags)
    has_it = next(one for one in spelled if line.facts.get(Subject("tag", one)) == found)
    return "" if has_it == subject.key else has_it
