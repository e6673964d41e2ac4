"""How much each resource is used in a month, as arrays of whole numbers. Pure.

Quantities are in 10^-6 pricing units and costs in 10^-12 currency units; price times quantity is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from itfm.core.periods import next_period
from itfm.demo.catalog import COST_DIGITS, QUANTITY_DIGITS
from itfm.demo.resources import Resource

Whole = npt.NDArray[np.int64]

USAGE: Final = "Usage"
COVERED: Final = "SavingsPlanCoveredUsage"
NEGATION: Final = "SavingsPlanNegation"
RESERVED: Final = "DiscountedUsage"

KINDS: Final = {
    "": (USAGE,), "savings_plan": (COVERED, NEGATION), "reservation": (RESERVED,), "plan": (RESERVED,),
}  # fmt: skip
"""The lines one use of a resource makes, by its commitment."""

BATCH_LINES: Final = 50_000
THOUSAND: Final = 1_000
GROWTH: Final = 1_018
"""Growth from month to month, in thousandths."""

WEEKDAYS: Final = (1_000, 1_020, 1_030, 1_040, 1_110, 1_190, 930)
"""Rhythm of a shop's week from Monday to Sunday, in thousandths."""

HOURS: Final = (
    520, 430, 380, 360, 390, 480, 640, 830, 990, 1_080, 1_130, 1_180,
    1_240, 1_210, 1_180, 1_170, 1_200, 1_290, 1_420, 1_510, 1_480, 1_290, 980, 720,
)  # fmt: skip

OUTAGE_TEAM: Final = "checkout"
OUTAGE_DAYS: Final = (11, 12, 13)
OUTAGE_FACTOR: Final = 18_000
LATE_SERVICE: Final = "AmazonS3"
LATE_FACTOR: Final = 1_021


@dataclass(frozen=True)
class Month:
    """One billing period to write; `age` counts months before the last one."""

    first_day: date
    age: int
    is_restated: bool = False

    @property
    def days(self) -> int:
        return (next_period(self.first_day) - self.first_day).days


@dataclass(frozen=True)
class Lines:
    """Bill lines of one batch, one entry per line. `template` counts (resource, kind) pairs in resource order."""

    template: Whole
    hour: Whole
    hours: int
    quantity: Whole
    cost: Whole
    list_cost: Whole
    commitment_cost: Whole

    def __len__(self) -> int:
        return len(self.template)


class TooFewChargesError(ValueError):
    """The charges asked for do not give each resource one line."""


def shrunk(amount: int, *, months: int) -> int:
    """Return what grows to `amount` in so many months."""
    for _ in range(months):
        amount = amount * THOUSAND // GROWTH
    return amount


def kinds(resource: Resource) -> tuple[str, ...]:
    """Return the kinds of line one use of a resource makes."""
    return KINDS[resource.meter.commitment]


def uses(resources: Sequence[Resource], *, lines: int, age: int) -> Whole:
    """Return how often each resource is used so that exactly `lines` lines come out.

    :raises TooFewChargesError: when not every resource in use gets a line.
    """
    active = np.array([resource.meter.months_old >= age for resource in resources])
    each = np.array([len(kinds(resource)) for resource in resources], dtype=np.int64)
    base, rest = divmod(lines, int(each[active].sum()))
    if base < 1:
        raise TooFewChargesError(f"{lines:,} lines are too few for {int(active.sum()):,} resources")
    counts: Whole = np.where(active, base, 0).astype(np.int64)
    singles = np.flatnonzero(active & (each == 1))
    pairs = np.flatnonzero(active & (each == 2))
    more_pairs = min(len(pairs), max(0, rest - len(singles) + 1) // 2)
    counts[pairs[:more_pairs]] += 1
    more_singles, left = divmod(rest - 2 * more_pairs, len(singles))
    counts[singles] += more_singles
    counts[singles[:left]] += 1
    return counts


def batches(resources: Sequence[Resource], counts: Whole, month: Month, random: np.random.Generator) -> Iterator[Lines]:
    """Yield the lines of a month in resource order, some 50,000 at a time."""
    meters = _Meters(resources, counts, month)
    each = np.array([len(kinds(resource)) for resource in resources], dtype=np.int64)
    start = 0
    while start < len(resources):
        reach = np.searchsorted(np.cumsum((counts * each)[start:]), BATCH_LINES, side="right")
        stop = min(len(resources), start + max(1, int(reach)))
        yield meters.lines(start, stop, random)
        start = stop


class _Meters:
    """The resources as columns, and the lines of any run of them."""

    def __init__(self, resources: Sequence[Resource], counts: Whole, month: Month) -> None:
        def column(values: list[int]) -> Whole:
            return np.array(values, dtype=np.int64)

        self.counts = counts
        self.month = month
        self.price = column([resource.meter.price for resource in resources])
        self.committed = column([r.meter.commitment_price if r.meter.commitment else 0 for r in resources])
        self.scale = column([10 ** (QUANTITY_DIGITS - resource.meter.quantity_digits) for resource in resources])
        self.is_out = np.array([r.owner == OUTAGE_TEAM and not r.meter.commitment for r in resources])
        self.is_reserved = np.array([kinds(resource) == (RESERVED,) for resource in resources])
        self.is_paired = np.array([len(kinds(resource)) == 2 for resource in resources])
        self.first_template = np.concatenate([[0], np.cumsum([len(kinds(r)) for r in resources])[:-1]]).astype(np.int64)
        late = [LATE_FACTOR if month.is_restated and r.meter.code == LATE_SERVICE else THOUSAND for r in resources]
        per_month = 10 ** (COST_DIGITS - 6)
        aimed = [
            shrunk(r.budget, months=month.age) * factor // THOUSAND for r, factor in zip(resources, late, strict=True)
        ]
        self.base = column([
            max(1, target * per_month // (price * max(1, count)))
            for target, price, count in zip(aimed, self.price.tolist(), counts.tolist(), strict=True)
        ])  # fmt: skip

    def lines(self, start: int, stop: int, random: np.random.Generator) -> Lines:
        resource = np.repeat(np.arange(start, stop), self.counts[start:stop])
        count = self.counts[resource]
        ahead = np.cumsum(self.counts[start:stop]) - self.counts[start:stop]
        turn = np.arange(len(resource)) - ahead[resource - start]
        is_hourly = bool(self.counts.max() > self.month.days)
        steps = self.month.days * (24 if is_hourly else 1)
        # Each resource starts at its own phase, so that those with few lines do not all skip the same days.
        hour = (turn * steps + resource * 7_919 % steps) // count * (1 if is_hourly else 24)
        noise = random.integers(880, 1_121, size=len(resource), dtype=np.int64)
        rhythm = self._rhythm(hour, is_hourly=is_hourly)
        # Commitments are bought for what runs all the time, so what they cover hardly follows the week.
        rhythm = np.where(self.committed[resource] > 0, (rhythm + 7 * THOUSAND) // 8, rhythm)
        quantity = np.maximum(1, self.base[resource] * rhythm // THOUSAND * noise // THOUSAND)
        quantity = np.where(self._outage(resource, hour), quantity * OUTAGE_FACTOR // THOUSAND, quantity)
        listed = quantity * self.price[resource]
        single = Lines(
            template=self.first_template[resource],
            hour=hour,
            hours=1 if is_hourly else 24,
            quantity=quantity * self.scale[resource],
            cost=np.where(self.is_reserved[resource], 0, listed),
            list_cost=listed,
            commitment_cost=quantity * self.committed[resource],
        )
        return _with_negations(single, self.is_paired[resource])

    def _rhythm(self, hour: Whole, *, is_hourly: bool) -> Whole:
        weekday = (hour // 24 + self.month.first_day.weekday()) % 7
        by_day = np.array(WEEKDAYS, dtype=np.int64)[weekday]
        return by_day * np.array(HOURS, dtype=np.int64)[hour % 24] // THOUSAND if is_hourly else by_day

    def _outage(self, resource: Whole, hour: Whole) -> npt.NDArray[np.bool_]:
        if self.month.age != 0:
            return np.zeros(len(resource), dtype=bool)
        is_out: npt.NDArray[np.bool_] = self.is_out[resource] & np.isin(hour // 24, OUTAGE_DAYS)
        return is_out


def _with_negations(lines: Lines, is_paired: npt.NDArray[np.bool_]) -> Lines:
    """Put after each covered line the one that takes its on-demand cost away."""
    order = np.repeat(np.arange(len(lines)), np.where(is_paired, 2, 1))
    is_negation = np.concatenate([[False], order[1:] == order[:-1]])
    zero = np.int64(0)
    return Lines(
        template=lines.template[order] + is_negation,
        hour=lines.hour[order],
        hours=lines.hours,
        quantity=lines.quantity[order],
        cost=np.where(is_negation, -lines.cost[order], lines.cost[order]),
        list_cost=np.where(is_negation, zero, lines.list_cost[order]),
        commitment_cost=np.where(is_negation, zero, lines.commitment_cost[order]),
    )
