"""Conditions, values and methods in words, as lists of rules and comparisons of versions show them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from allocation.engine.conditions import All, AnyOf, Not, Subject, Test
from allocation.engine.dimensions import Rule
from allocation.engine.methods import capacity, rate_card, tiered
from allocation.engine.splits import Split
from allocation.engine.values import Lookup, Prefix, Regex, Taken
from allocation.engine.weighing import Params

_SHOWN: Final = 3
_OPERATORS: Final = {
    "equals": "is",
    "one_of": "is one of",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "contains": "contains",
    "matches": "matches",
    "gt": "is above",
    "gte": "is at least",
    "lt": "is below",
    "lte": "is at most",
}


def subject_words(subject: Subject) -> str:
    """Return `tag team`, `service name`, `dimension env`, `the source` or `the value`."""
    if subject.kind == "column":
        return subject.key.removeprefix("x_").replace("_", " ")
    if subject.kind in {"source", "value"}:
        return f"the {subject.kind}"
    return f"{subject.kind} {subject.key}"


def condition_words(condition: All | AnyOf | Not | Test) -> str:
    """Return a condition as one phrase; what is nested stands in parentheses."""
    if isinstance(condition, Test):
        return test_words(condition)
    if isinstance(condition, Not):
        return f"not ({condition_words(condition.negated)})"
    word, parts = (" and ", condition.all) if isinstance(condition, All) else (" or ", condition.any)
    if len(parts) == 1:
        return condition_words(parts[0])
    return word.join(
        f"({condition_words(part)})" if isinstance(part, All | AnyOf) else condition_words(part) for part in parts
    )


def test_words(test: Test) -> str:
    """Return one test as a phrase; a long list is cut after its first texts."""
    subject = subject_words(test.subject)
    if test.operator == "exists":
        return f"{subject} is {'present' if test.exists else 'absent'}"
    operand = getattr(test, test.operator)
    if test.operator == "one_of":
        texts = ", ".join(operand[:_SHOWN])
        operand = f"{texts} and {len(operand) - _SHOWN} more" if len(operand) > _SHOWN else texts
    readings = [
        words
        for is_set, words in (
            (test.ignore_case, "any case"),
            (test.trim, "trimmed"),
            (test.loose, "- _ and space alike"),
        )
        if is_set
    ]
    return f"{subject} {_OPERATORS[test.operator]} {operand}" + (f" ({', '.join(readings)})" if readings else "")


def value_words(value: str | Taken) -> str:
    """Return what a rule gives, with its transforms in order."""
    if isinstance(value, str):
        return value
    places = " or else ".join(subject_words(subject) for subject in value.subjects)
    steps = [_transform_words(transform) for transform in value.transforms]
    return f"the text of {places}" + (f", {', '.join(steps)}" if steps else "")


def _transform_words(transform: Any) -> str:
    if isinstance(transform, Regex):
        return f"what {transform.regex} finds"
    if isinstance(transform, Lookup):
        return f"looked up in {transform.lookup}" + (" or nothing" if transform.otherwise == "none" else "")
    if isinstance(transform, Prefix):
        return f"with {transform.prefix} before it"
    return {"trim": "trimmed", "lower": "in lower case"}[transform]


def rule_words(rule: Rule) -> str:
    """Return a rule as one sentence."""
    return f"If {condition_words(rule.when)}: {value_words(rule.value)}"


def method_words(split: Split, *, names: Mapping[str, str] | None = None) -> str:
    """Return how a split shares, in a few words; `names` are those of drivers, by key."""
    return _method_words(split.method, names or {})


def _method_words(method: Params, names: Mapping[str, str]) -> str:
    basis, kind = method.cost_basis(), method.kind
    drivers = [names.get(one.driver, one.driver) for one in method.reads()]
    if isinstance(method, capacity.Params):
        return f"by {drivers[0]}, of the capacity {drivers[1]}"
    if isinstance(method, tiered.Params):
        fees = " or ".join(f"{fee:f} {currency}" for currency, fee in method.fee.items())
        return f"by a fee of {fees} each, the rest by {drivers[0]}"
    if isinstance(method, rate_card.Params):
        return f"by {drivers[0]} at standard prices"
    if drivers:
        return f"by {drivers[0]}"
    if basis is not None:
        return f"in proportion to own {basis.column.replace('_', ' ')}"
    return {"even": "evenly", "fixed": "by fixed percentages"}.get(kind, kind)


_MISSING: Final = {
    "carry_forward": ", days not measured count as the last that was",
    "interpolate": ", days not measured lie between those that were",
    "hold": ", and not while days are not measured",
}


def split_words(split: Split) -> str:
    """Return a split as one sentence."""
    window = {"day": "day by day", "billing_period": "over the billing period"}.get(
        split.window.kind, f"over {split.window.days} days"
    )
    shared = f"shared {method_words(split)} {window} among {receiver_words(split)}"
    return f"Where {condition_words(split.pool)}: {shared}{_MISSING.get(split.missing, '')}{_fallback_words(split)}"


def _fallback_words(split: Split) -> str:
    if isinstance(split.fallback, Params):
        return f"; without weights {_method_words(split.fallback, {})}"
    return "; without weights as in the period before" if split.fallback.kind == "previous" else ""


def receiver_words(split: Split) -> str:
    """Return who receives, in a few words."""
    receivers = split.receivers
    named = split.method.named_receivers() or receivers.one_of
    if named is not None:
        shown = ", ".join(named[:_SHOWN])
        return f"{shown} and {len(named) - _SHOWN} more" if len(named) > _SHOWN else shown
    if receivers.where is not None:
        return f"the values of {receivers.dimension} where {condition_words(receivers.where)}"
    return f"every other value of {receivers.dimension}"
