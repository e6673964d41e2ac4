"""The rules a run stood on, from the file it kept: what splits and rules are called, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

from allocation.engine.conditions import All, AnyOf, Not, Subject, Test
from allocation.engine.dimensions import Rule
from allocation.engine.methods import capacity, rate_card, tiered
from allocation.engine.rules import RuleSet, from_document
from allocation.engine.splits import METHODS, Split
from allocation.engine.tag_aliases import Spellings
from allocation.engine.values import Lookup, Prefix, Regex, Taken
from allocation.explain.answer import SplitFacts

RULES_FILE: Final = "rules.json"
"""In the folder of a run: the rules with the driver values that it stood on."""
_WORDS: Final = {
    "equals": "is",
    "one_of": "is one of",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "contains": "contains",
    "matches": "matches",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
}
_LISTED: Final = 5


@lru_cache(maxsize=64)
def rules_of(file: Path) -> RuleSet:
    """Return the rules of a run without the values of its drivers; the file never changes."""
    document = json.loads(file.read_text(encoding="utf-8"))
    for driver in document.get("drivers", ()):
        driver.pop("values", None)
    return from_document(document)


def split_facts(rule_set: RuleSet, number: int) -> SplitFacts:
    """Return a split by its number in the run's files."""
    split = rule_set.splits[number]
    names = {dimension.key: dimension.name for dimension in rule_set.dimensions}
    return SplitFacts(
        key=split.key,
        name=split.name,
        stage=split.stage,
        method=METHODS[split.method.kind].label,
        weight=_weight(split, rule_set),
        window=_window(split),
        dimension=names[split.receivers.dimension],
    )


def kept_words(rule_set: RuleSet, number: int, *, kept: Decimal | None) -> str:
    """Return what it is that a split left in its pool: `unused capacity`; nothing when it left nothing."""
    if kept is None:
        return ""
    kinds = [METHODS[method.kind] for method in rule_set.splits[number].methods()]
    reasons = next((kind.kept for kind in kinds if kind.kept is not None), ("", ""))
    return reasons[1 if kept < 0 else 0].replace("_", " ")


def _weight(split: Split, rule_set: RuleSet) -> str:
    method, names = split.method, {driver.key: f"{driver.name}, {driver.unit}" for driver in rule_set.drivers}
    key, basis = method.driver_key(), method.cost_basis()
    if isinstance(method, capacity.Params):
        return f"{names[method.driver]}, of the capacity {names[method.capacity]}"
    if isinstance(method, tiered.Params):
        fees = " or ".join(f"{fee:f} {currency}" for currency, fee in method.fee.items())
        return f"charge: {fees} each, the rest by {names[method.driver]}"
    if isinstance(method, rate_card.Params):
        return f"charge: {names[method.driver]}, {_price_words(method, names)}"
    if key is not None:
        return names[key]
    if basis is not None:
        return f"own {basis.column.replace('_', ' ')} of {', '.join(basis.charge_categories)}"
    return "percent" if split.method.named_receivers() is not None else "receivers"


def _price_words(method: rate_card.Params, names: Mapping[str, str]) -> str:
    if method.price_drivers:
        return "at " + " or ".join(f"{names[key]} in {currency}" for currency, key in method.price_drivers.items())
    return "at " + " or ".join(f"{one.price:f} {one.currency}{_valid(one)}" for one in method.prices)


def _valid(price: rate_card.Price) -> str:
    since = f" from {price.valid_from}" if price.valid_from else ""
    return since + (f" to {price.valid_to}" if price.valid_to else "")


def _window(split: Split) -> str:
    if split.window.kind == "trailing":
        return f"the {split.window.days} days up to the charge's own"
    return "the charge's own day" if split.window.kind == "day" else "the billing period"


def condition_words(condition: All | AnyOf | Not | Test, *, spellings: Spellings) -> str:
    """Return a condition as a sentence: `tag team exists and not service_name is one of EC2, S3`."""
    if isinstance(condition, Test):
        return _test_words(condition, spellings)
    if isinstance(condition, Not):
        return f"not ({condition_words(condition.negated, spellings=spellings)})"
    parts = condition.all if isinstance(condition, All) else condition.any
    joined = (" and " if isinstance(condition, All) else " or ").join(
        condition_words(part, spellings=spellings) for part in parts
    )
    return joined if len(parts) == 1 else f"({joined})"


def _test_words(test: Test, spellings: Spellings) -> str:
    subject, operand = subject_words(test.subject, spellings=spellings), getattr(test, test.operator)
    if test.operator == "exists":
        return f"{subject} exists" if operand else f"{subject} is absent"
    if test.operator == "one_of":
        rest = f" and {len(operand) - _LISTED} more" if len(operand) > _LISTED else ""
        return f"{subject} is one of {', '.join(operand[:_LISTED])}{rest}"
    return f"{subject} {_WORDS[test.operator]} {operand}"


def subject_words(subject: Subject, *, spellings: Spellings) -> str:
    """Return what is looked at: `service_name`, `tag team`, `tag team (also squad, similar keys)`."""
    if subject.kind == "column":
        return subject.key
    if subject.kind != "tag":
        return f"{subject.kind} {subject.key}".strip()
    others = [one for one in spellings.listed(subject.key) if one != subject.key]
    also = ", ".join([*others, "similar keys"] if spellings.similar else others)
    return f"tag {subject.key}" + (f" (also {also})" if also else "")


def value_words(rule: Rule, *, spellings: Spellings) -> str:
    """Return what a rule gives: its text, or where the text is taken from."""
    if not isinstance(rule.value, Taken):
        return rule.value
    places = " or ".join(subject_words(subject, spellings=spellings) for subject in rule.value.subjects)
    steps = [_step_words(step) for step in rule.value.transforms]
    return ", ".join([f"the text of {places}", *steps])


def _step_words(step: Regex | Lookup | Prefix | str) -> str:
    if isinstance(step, Regex):
        return f"its part {step.regex}"
    if isinstance(step, Lookup):
        return f"looked up in {step.lookup}"
    if isinstance(step, Prefix):
        return f"with {step.prefix} before it"
    return {"trim": "trimmed", "lower": "in lower case"}[step]
