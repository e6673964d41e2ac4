"""What a run has to say about its inputs: data, never exceptions. Pure."""

from __future__ import annotations

from allocation.engine.schema import Model, Quantity


class Finding(Model):
    """One thing to look at. `code` is stable; `values` names what it is about, sorted and at most twenty."""

    code: str
    split: str
    message: str
    values: tuple[str, ...] = ()


class Held(Model):
    """Cost of one currency that a split left in its pool, and the finding that says why."""

    split: str
    reason: str
    billing_currency: str
    costs: dict[str, Quantity]


class DriverMatch(Model):
    """How a driver's rows of the period met a split's receivers."""

    split: str
    driver: str
    received: int
    matched: int
    unmatched: int
    unmatched_quantity: Quantity


def first_values(values: set[str]) -> tuple[str, ...]:
    """Return the first twenty, sorted."""
    return tuple(sorted(values)[:20])
