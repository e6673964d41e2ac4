"""Which days and splits of a ledger depend on which: what a run may leave as it was. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from allocation.engine.cells import looked_at_by_splits
from allocation.engine.conditions import Subject, subjects
from allocation.engine.rules import RuleSet
from allocation.engine.splits import CELL_COLUMNS, Previous, Split
from allocation.engine.streams import FILLS, days_up_to
from allocation.engine.weights import asks_who_stands_where
from itfm.core.periods import next_period


def has_lasting_numbers(rules: RuleSet) -> bool:
    """Return whether cells are told apart by what they show alone, so that they are known again in another run."""
    return all(
        subject.kind == "source" or (subject.kind == "column" and subject.key in CELL_COLUMNS)
        for subject in looked_at_by_splits(rules)
    )


def is_of_single_days(rules: RuleSet) -> bool:
    """Return whether what the rules put on a day depends on no other day's charges."""
    return not any(one.reciprocal for one in rules.stages) and all(map(_is_of_single_days, rules.splits))


def _is_of_single_days(split: Split) -> bool:
    methods = split.methods()
    asks = any(map(asks_who_stands_where, methods)) or any(method.pool_cost() for method in methods)
    if split.window.kind != "day" and asks:
        return False
    return has_lasting_receivers(split) or (_only_those_present_receive(split) and not _excludes_by_days(split))


def has_lasting_receivers(split: Split) -> bool:
    """Return whether who may receive does not depend on what has cost where on some day: they are named."""
    return _names_receivers(split) and (not split.partition_by or _only_those_present_receive(split))


def _names_receivers(split: Split) -> bool:
    return split.receivers.one_of is not None or split.method.named_receivers() is not None


def _only_those_present_receive(split: Split) -> bool:
    """Return whether nobody receives who has no cost in the window, so that it does not matter who else is known."""
    return all(map(asks_who_stands_where, split.methods())) and not split.reads()


def _excludes_by_days(split: Split) -> bool:
    """Return whether somebody may be kept from receiving by what is in the pool on some other day.

    All but the pool's own values may receive. Which these are, a pool says by itself that looks at their dimension
    alone, or not at it at all.
    """
    dimension, looked_at = Subject("dimension", split.receivers.dimension), set(subjects(split.pool))
    is_open = not _names_receivers(split) and split.receivers.where is None
    return is_open and dimension in looked_at and looked_at != {dimension}


def days_read(split: Split, days: Iterable[date], *, period: date, last_day: date | None = None) -> frozenset[date]:
    """Return the days whose driver values count for a split's pools on some days; up to the last day of the bills."""
    whole = days_up_to(next_period(period) - timedelta(days=1), count=(next_period(period) - period).days)
    until = max(period, min(last_day or period, whole[-1]))
    asked = list(days)
    if split.window.kind == "billing_period":
        found = set(whole) if asked else set()
    else:
        found = {one for day in asked for one in days_up_to(day, count=split.window.days or 1)}
    return frozenset(day for day in found if day <= until)


def days_reached(rules: RuleSet, changed: Mapping[str, Collection[date]]) -> frozenset[date] | None:
    """Return the days on which other values of drivers on some days count; None where those cannot be told."""
    found: set[date] = set()
    for split in rules.splits:
        for read in split.reads():
            days = changed.get(read.driver, ())
            if days and (split.missing in FILLS or read.role == "price" or split.window.kind == "billing_period"):
                return None
            length = split.window.days or 1
            found |= {day + timedelta(days=ahead) for day in days for ahead in range(length)}
    return frozenset(found)


def changed_splits(before: RuleSet, after: RuleSet) -> frozenset[str] | None:
    """Return the splits that share otherwise by one rule set than by another, where nothing else differs; else None."""
    if len(before.splits) != len(after.splits):
        return None
    bare = [rules.model_copy(update={"splits": ()}) for rules in (before, after)]
    if bare[0] != bare[1] or any(one.reciprocal for one in after.stages):
        return None
    found = set()
    for old, new in zip(before.splits, after.splits, strict=True):
        if old == new:
            continue
        if any(getattr(old, name) != getattr(new, name) for name in ("key", "stage", "pool", "partition_by")):
            return None
        found.add(new.key)
    first = min((one.stage for one in after.splits if one.key in found), default=0)
    # Whom splits after it may give to is known from what it moved.
    reached = [one for one in after.splits if one.key in found or one.stage > first]
    is_chained = any(isinstance(one.fallback, Previous) for one in after.splits if one.key in found)
    return frozenset(found) if found and not is_chained and all(map(has_lasting_receivers, reached)) else None
