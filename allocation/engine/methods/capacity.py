"""Shares by use of a capacity; what is not used stays with the pool's owner. Pure."""

from __future__ import annotations

from typing import Literal

from allocation.engine import weighing
from allocation.engine.schema import Key, Text
from itfm.core import money


class Params(weighing.Params):
    """Which driver is the use, and which the capacity: every value of it, or one alone."""

    kind: Literal["capacity"] = "capacity"
    driver: Key
    capacity: Key
    capacity_value: Text | None = None

    def driver_key(self) -> str:
        return self.driver

    def reads(self) -> tuple[weighing.Reads, ...]:
        return (*super().reads(), weighing.Reads("capacity", self.capacity, role="capacity"))

    def can_be_partitioned(self) -> bool:
        return False


def weights(params: Params, ask: weighing.Ask) -> weighing.Weights:
    """Return each receiver's use, and what is left of the capacity for the pool."""
    if ask.has_negative_use:
        return ask.driver
    of = None if params.capacity_value is None else frozenset({params.capacity_value})
    measured = ask.streams[params.capacity].within(ask.days, of=of)
    if any(quantity < 0 for quantity in measured.values()):
        return weighing.Refused("negative_weight", tuple(measured))
    if not measured or not ask.driver:
        return {}
    capacity, used = money.total(measured.values()), money.total(ask.driver.values())
    if used > capacity:
        return weighing.Weighed(ask.driver, notes=("over_capacity",))
    return weighing.Weighed(ask.driver, kept=money.CONTEXT.subtract(capacity, used))


KIND = weighing.MethodKind(
    label="By use of a capacity",
    params=Params,
    weights=weights,
    kept=("unused_capacity", "unused_capacity"),
)
