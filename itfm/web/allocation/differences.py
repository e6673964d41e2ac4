"""What differs between two rule sets, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from allocation.drafts.wording import rule_words, split_words
from allocation.engine.dimensions import Dimension, Rule
from allocation.engine.rules import RuleSet
from itfm.web.allocation.page import ChangeLine

_SHOWN: Final = 20


def differences(before: RuleSet, after: RuleSet) -> tuple[ChangeLine, ...]:
    """Return what has been added, removed, changed and moved, in the order of the pages."""
    return (
        *_dimensions(before, after),
        *_keyed("Split", before.splits, after.splits, words=lambda one: f"{one.name}: {split_words(one)}"),
        *_order("splits", before.splits, after.splits),
        *_stages(before, after),
        *_keyed("Driver", _bare(before), _bare(after), words=_driver_words),
        *_lookups(before, after),
        *_rest(before, after),
    )


def _dimensions(before: RuleSet, after: RuleSet) -> Iterator[ChangeLine]:
    old = {one.key: one for one in before.dimensions}
    new = {one.key: one for one in after.dimensions}
    for key, dimension in old.items():
        if key not in new:
            yield ChangeLine(sign="removed", place=f"Dimension {dimension.name}", before=_counted(dimension))
    for key, dimension in new.items():
        if key not in old:
            yield ChangeLine(sign="added", place=f"Dimension {dimension.name}", after=_counted(dimension))
            continue
        if old[key].name != dimension.name:
            yield ChangeLine(sign="changed", place=f"Name of {key}", before=old[key].name, after=dimension.name)
        yield from _rules(dimension.name, old[key].rules, dimension.rules)
    yield from _order("dimensions", before.dimensions, after.dimensions)


def _rules(name: str, before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[ChangeLine]:
    """Compare rules by name where they have one, else by content: rules have no key."""
    left, right = list(before), list(after)
    kept = [rule for rule in left if rule in right]
    removed = [rule for rule in left if rule not in right]
    added = [rule for rule in right if rule not in left]
    for rule in list(removed):
        same = next((one for one in added if rule.name and one.name == rule.name), None)
        if same is not None:
            removed.remove(rule)
            added.remove(same)
            yield ChangeLine(
                sign="changed", place=f"{name}, rule {rule.name}", before=rule_words(rule), after=rule_words(same)
            )
    for rule in removed:
        yield ChangeLine(sign="removed", place=_place(name, rule, left), before=rule_words(rule))
    for rule in added:
        yield ChangeLine(sign="added", place=_place(name, rule, right), after=rule_words(rule))
    if kept != [rule for rule in right if rule in left]:
        yield ChangeLine(sign="moved", place=f"{name}: order of the rules")


def _place(name: str, rule: Rule, listed: Sequence[Rule]) -> str:
    return f"{name}, rule {listed.index(rule) + 1}" + (f" ({rule.name})" if rule.name else "")


def _stages(before: RuleSet, after: RuleSet) -> Iterator[ChangeLine]:
    for number in sorted({one.number for one in (*before.stages, *after.stages)}):
        old, new = (
            "its pools serve each other" if rules.is_reciprocal(number) else "each pool by itself"
            for rules in (before, after)
        )
        if old != new:
            yield ChangeLine(sign="changed", place=f"Stage {number}", before=old, after=new)


def _keyed(
    noun: str, before: Sequence[Any], after: Sequence[Any], *, words: Callable[[Any], str]
) -> Iterator[ChangeLine]:
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    for key, one in old.items():
        if key not in new:
            yield ChangeLine(sign="removed", place=f"{noun} {one.name}", before=words(one))
    for key, one in new.items():
        if key not in old:
            yield ChangeLine(sign="added", place=f"{noun} {one.name}", after=words(one))
        elif old[key] != one:
            yield ChangeLine(sign="changed", place=f"{noun} {one.name}", before=words(old[key]), after=words(one))


def _order(noun: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[ChangeLine]:
    old, new = [one.key for one in before], [one.key for one in after]
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield ChangeLine(sign="moved", place=f"Order of the {noun}", before=", ".join(old), after=", ".join(new))


def _bare(rules: RuleSet) -> list[Any]:
    return [driver.model_copy(update={"values": ()}) for driver in rules.drivers]


def _driver_words(driver: Any) -> str:
    return f"{driver.name}, {driver.unit} by {driver.dimension}"


def _lookups(before: RuleSet, after: RuleSet) -> Iterator[ChangeLine]:
    for key in sorted({*before.lookups, *after.lookups}):
        old, new = before.lookups.get(key, {}), after.lookups.get(key, {})
        if old != new:
            changed = [text for text in sorted({*old, *new}) if old.get(text) != new.get(text)]
            yield ChangeLine(
                sign="changed" if old and new else "added" if new else "removed",
                place=f"Lookup {key}",
                before=_entries(old, [text for text in changed if text in old]),
                after=_entries(new, [text for text in changed if text in new]),
            )


def _account_tags(before: RuleSet, after: RuleSet) -> Iterator[ChangeLine]:
    for account in sorted({*before.virtual_tags, *after.virtual_tags}):
        old, new = before.virtual_tags.get(account, {}), after.virtual_tags.get(account, {})
        if old != new:
            yield ChangeLine(
                sign="changed" if old and new else "added" if new else "removed",
                place=f"Tags of account {account}",
                before=", ".join(f"{key}: {text}" for key, text in old.items()),
                after=", ".join(f"{key}: {text}" for key, text in new.items()),
            )


def _spellings(before: RuleSet, after: RuleSet) -> Iterator[ChangeLine]:
    for key in sorted({*before.tag_aliases, *after.tag_aliases}):
        old, new = before.tag_aliases.get(key, ()), after.tag_aliases.get(key, ())
        if old != new:
            yield ChangeLine(
                sign="changed" if old and new else "added" if new else "removed",
                place=f"Spellings of tag key {key}",
                before=", ".join(old),
                after=", ".join(new),
            )
    yield from _account_tags(before, after)
    if before.similar_tag_keys != after.similar_tag_keys:
        old_words, new_words = (
            "count as one" if rules.similar_tag_keys else "are different keys" for rules in (before, after)
        )
        yield ChangeLine(sign="changed", place="Similar tag keys", before=old_words, after=new_words)


def _entries(table: Mapping[str, str], texts: Sequence[str]) -> str:
    """Return the first rows in words: a file may change thousands."""
    hidden = len(texts) - _SHOWN
    listed = "; ".join(f"{text} → {table[text]}" for text in texts[:_SHOWN])
    return f"{listed}; and {hidden:,} more" if hidden > 0 else listed


def _rest(before: RuleSet, after: RuleSet) -> Iterator[ChangeLine]:
    yield from _spellings(before, after)
    if before.tag_keys != after.tag_keys:
        old, new = before.tag_keys, after.tag_keys
        yield ChangeLine(
            sign="changed",
            place="Tag keys that rules may look at",
            before="all" if old is None else ", ".join(old),
            after="all" if new is None else ", ".join(new),
        )
    if before.cost_centers != after.cost_centers:
        yield ChangeLine(sign="changed", place="Cost-center tree")


def _counted(dimension: Dimension) -> str:
    return f"{len(dimension.rules)} rule{'' if len(dimension.rules) == 1 else 's'}"
