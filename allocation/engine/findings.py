"""What a run has to say about its inputs: data, never exceptions. Pure."""

from __future__ import annotations

from typing import Final

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
    """How a driver's rows of the period met a split's receivers, and the days the split asked for.

    `days_filled` counts the days not measured for which others stand in; no days: proofs older than the counting, and
    prices.
    """

    split: str
    driver: str
    received: int
    matched: int
    unmatched: int
    unmatched_quantity: Quantity
    days_needed: int = 0
    days_measured: int = 0
    days_filled: int = 0


UNMATCHED: Final = "unmatched_driver_values"
"""The finding about rows of a driver that name no receiver."""

MESSAGES: Final = {
    "negative_weight": "A weight is below zero; the split is not made.",
    "no_receivers": "There is nobody to receive; the amount stays in its pool.",
    "no_weight": "Every weight is zero; the amount stays in its pool.",
    "previous_unknown": "The shares of the period before are not known; the amount stays in its pool.",
    "weight_too_large": "The weights total 10^20 or more; the amount stays in its pool.",
    "driver_days_missing": "Days of a driver were not measured; the amount stays in its pool.",
    "missing_price": "There is no price; the amount stays in its pool. Add the price in the pool's currency.",
    "missing_fee": "There is no fee in the pool's currency; the amount stays in its pool. Add the fee.",
    "nothing_to_recover": "The pool is zero or less, so no price is charged; the amount stays in its pool.",
    "circular_pools": "These pools serve each other only, so their cost reaches nobody; it stays in its pool.",
    "unused_capacity": "Capacity was not used up; its cost stays with the pool's owner.",
    "under_recovery": "The standard prices recover less than the pool; the rest stays in it.",
    "over_recovery": "The standard prices recover more than the pool, which stands below zero by it.",
    "over_capacity": "More was used than the capacity; shared by use alone.",
    "fees_exceed_pool": "The fees exceed the pool; shared evenly by those present.",
    "fee_not_charged": "The pool is zero or less; no fee is charged, and it is shared by the driver alone.",
}
"""What the code of a finding says."""


def first_values(values: set[str]) -> tuple[str, ...]:
    """Return the first twenty, sorted."""
    return tuple(sorted(values)[:20])
