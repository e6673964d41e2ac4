"""Checks that the parts of a rule set name each other rightly. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from allocation.engine import account_tags, tag_aliases
from allocation.engine.conditions import Subject, tests
from allocation.engine.dimensions import CostCenter, CycleError, evaluation_order
from allocation.engine.splits import CELL_COLUMNS, Split
from allocation.engine.values import Lookup, Taken
from allocation.engine.weighing import Params
from ingestion.focus import attributes

if TYPE_CHECKING:
    from allocation.engine.rules import RuleSet


def problems(rule_set: RuleSet) -> Iterator[str]:
    """Yield "path: message" for every reference that leads nowhere, and for every key that stands twice."""
    yield from _duplicates("dimensions", (dimension.key for dimension in rule_set.dimensions))
    yield from _duplicates("splits", (split.key for split in rule_set.splits))
    yield from _duplicates("stages", (str(stage.number) for stage in rule_set.stages))
    yield from _duplicates("drivers", (driver.key for driver in rule_set.drivers))
    yield from _duplicates("cost_centers", _codes(rule_set.cost_centers))
    yield from tag_aliases.problems(rule_set.tag_aliases, similar=rule_set.similar_tag_keys)
    yield from account_tags.problems(rule_set.virtual_tags, spellings=rule_set.spellings())
    unlisted = _unlisted_tag_keys(rule_set)
    for path, subject in subjects_looked_at(rule_set):
        yield from _subject_problems(rule_set, path, subject, unlisted=unlisted)
    yield from _lookup_problems(rule_set)
    for index, split in enumerate(rule_set.splits):
        yield from _split_problems(rule_set, f"splits[{index}]", split)
    known = {dimension.key for dimension in rule_set.dimensions}
    for index, driver in enumerate(rule_set.drivers):
        if driver.dimension not in known:
            yield f"drivers[{index}].dimension: {_unknown('dimension', driver.dimension, known)}"
    try:
        evaluation_order(rule_set.dimensions)
    except CycleError as error:
        yield f"dimensions: they look at each other in a circle: {error}"


def subjects_looked_at(rule_set: RuleSet) -> Iterator[tuple[str, Subject]]:
    """Yield the path and subject of every test and every value taken from a charge."""
    for number, dimension in enumerate(rule_set.dimensions):
        for index, rule in enumerate(dimension.rules):
            path = f"dimensions[{number}].rules[{index}]"
            for test in tests(rule.when):
                yield f"{path}.when", test.subject
            if isinstance(rule.value, Taken):
                for subject in rule.value.subjects:
                    yield f"{path}.value", subject
    for index, split in enumerate(rule_set.splits):
        for test in tests(split.pool):
            yield f"splits[{index}].pool", test.subject
        if split.receivers.where is not None:
            for test in tests(split.receivers.where):
                yield f"splits[{index}].receivers.where", test.subject


def _unlisted_tag_keys(rule_set: RuleSet) -> set[str]:
    """Return the tag keys that rules name and `tag_keys` lists in none of their spellings."""
    if rule_set.tag_keys is None:
        return set()
    named = {subject.key for _, subject in subjects_looked_at(rule_set) if subject.kind == "tag"}
    return set(rule_set.spellings().missing(named, among=rule_set.tag_keys))


def _subject_problems(rule_set: RuleSet, path: str, subject: Subject, *, unlisted: set[str]) -> Iterator[str]:
    known = {dimension.key for dimension in rule_set.dimensions}
    on_values = path.endswith(".receivers.where")
    if on_values != (subject.kind == "value"):
        yield f"{path}: value: true tests a receiver's value, and is the only test there"
    elif subject.kind == "column" and not attributes.may_be_looked_at(subject.key):
        known_columns = (*attributes.COLUMNS, *attributes.FURTHER)
        yield f"{path}: {_unknown('column', subject.key, known_columns)}; and a source's own, which begin with x_"
    elif subject.kind == "tag" and subject.key in unlisted:
        yield f"{path}: {_unknown('tag key', subject.key, rule_set.tag_keys or ())}; add it to tag_keys"
    elif subject.kind == "dimension" and subject.key not in known:
        yield f"{path}: {_unknown('dimension', subject.key, known)}"


def _lookup_problems(rule_set: RuleSet) -> Iterator[str]:
    for number, dimension in enumerate(rule_set.dimensions):
        for index, rule in enumerate(dimension.rules):
            for transform in rule.value.transforms if isinstance(rule.value, Taken) else ():
                if isinstance(transform, Lookup) and transform.lookup not in rule_set.lookups:
                    path = f"dimensions[{number}].rules[{index}].value.transforms"
                    yield f"{path}: {_unknown('lookup', transform.lookup, rule_set.lookups)}"


def _split_problems(rule_set: RuleSet, path: str, split: Split) -> Iterator[str]:
    known = {dimension.key for dimension in rule_set.dimensions}
    if split.receivers.dimension not in known:
        yield f"{path}.receivers.dimension: {_unknown('dimension', split.receivers.dimension, known)}"
    for name in split.partition_by:
        if name not in known and name not in CELL_COLUMNS:
            yield f"{path}.partition_by: {_unknown('dimension or column', name, [*known, *CELL_COLUMNS])}"
        elif name == split.receivers.dimension:
            yield f"{path}.partition_by: '{name}' is the receivers' own dimension"
    yield from _driver_problems(rule_set, path, split)
    for one in split.methods():
        if one.pool_cost() is not None and rule_set.is_reciprocal(split.stage):
            place = "method" if one is split.method else "fallback"
            yield (
                f"{path}.{place}: {one.kind} depends on how much is in the pool, which a reciprocal stage"
                " works out; put the split into another stage"
            )


def _driver_problems(rule_set: RuleSet, path: str, split: Split) -> Iterator[str]:
    drivers = {driver.key: driver for driver in rule_set.drivers}
    places = [("method", split.method)]
    if isinstance(split.fallback, Params):
        places.append(("fallback", split.fallback))
    for place, method in places:
        for one in method.reads():
            at = f"{path}.{place}.{one.parameter}"
            if one.driver not in drivers:
                yield f"{at}: {_unknown('driver', one.driver, drivers)}"
            elif one.role != "capacity" and drivers[one.driver].dimension != split.receivers.dimension:
                measured = drivers[one.driver].dimension
                yield f"{at}: '{one.driver}' measures {measured}, the receivers are of {split.receivers.dimension}"


def _codes(centers: Iterable[CostCenter]) -> Iterator[str]:
    for center in centers:
        yield center.code
        yield from _codes(center.children)


def _duplicates(path: str, keys: Iterable[str]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{path}: '{key}' stands {count} times"


def _unknown(noun: str, given: str, known: Iterable[str]) -> str:
    return f"{noun} '{given}' is not known; known: {', '.join(sorted(known)) or 'none'}"
