"""Dimensions, their rules, lookups and the cost-center tree, as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from pydantic import Field, model_validator

from allocation.engine.conditions import Condition, Subject, subjects
from allocation.engine.schema import Key, Model, Period, Text
from allocation.engine.values import Taken, Value


class CycleError(ValueError):
    """Dimensions look at each other in a circle; `path` names it, first and last alike."""

    def __init__(self, path: list[str]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


class Rule(Model):
    """Gives its value to the charges that meet its condition and that no earlier rule caught."""

    name: Text | None = None
    when: Condition
    value: Value
    valid_from: Period | None = None
    valid_to: Period | None = None
    owner: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Rule:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        return self

    def is_valid_in(self, period: str) -> bool:
        """Return whether the rule applies to a billing period (`2026-10`), both ends inclusive."""
        return (self.valid_from or period) <= period <= (self.valid_to or period)

    @cached_property
    def looks_at(self) -> frozenset[Subject]:
        """Everything the rule tests or takes its value from."""
        return frozenset(subjects(self.when)).union(self.value.subjects if isinstance(self.value, Taken) else ())


class Dimension(Model):
    """An ordered list of rules; the first that catches a charge gives its value."""

    key: Key
    name: Text
    rules: tuple[Rule, ...] = ()

    def dimensions_looked_at(self) -> set[str]:
        """Return the other dimensions the rules test."""
        return {subject.key for rule in self.rules for subject in rule.looks_at if subject.kind == "dimension"}


class CostCenter(Model):
    """A node of the cost-center tree."""

    code: Text
    name: Text
    children: tuple[CostCenter, ...] = Field(default=())


def evaluation_order(dimensions: Iterable[Dimension]) -> list[str]:
    """Return the keys so that a dimension comes after those it looks at; ties in document order.

    :raises CycleError: they look at each other in a circle.
    """
    needs = {dimension.key: sorted(dimension.dimensions_looked_at()) for dimension in dimensions}
    order: list[str] = []
    for start in needs:
        _visit(start, needs, order, path=[])
    return order


def _visit(key: str, needs: Mapping[str, list[str]], order: list[str], *, path: list[str]) -> None:
    if key in order or key not in needs:
        return
    if key in path:
        raise CycleError([*path[path.index(key) :], key])
    for needed in needs[key]:
        _visit(needed, needs, order, path=[*path, key])
    order.append(key)
