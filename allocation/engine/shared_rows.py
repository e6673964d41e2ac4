"""The weights of a stage as small tables for the relational engine. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import pyarrow as pa

from allocation.engine import relations, shares
from allocation.engine.segments import Segments
from allocation.engine.shared import Shared
from allocation.engine.weighing import KEPT
from allocation.engine.weights import PoolGroup

_UNITS, _MONEY = pa.decimal128(38, 0), pa.decimal128(38, 18)


GroupKey = tuple[int, date, str, int]
"""Split number, charge date, billing currency and partition of a group of pool rows."""


class WeightRows:
    """Collects the weights of groups of pool rows; equal sets of weights are stored once.

    `by_hand`: weights too long for the engine, by group; its `is_even` is null. `largest_total`, `largest_amount`,
    `most_receivers`: of the sets whose weights differ, 0 without any. `keeps`: whether something stays in a pool;
    `is_multiplied`: whether somewhere more than the pool is handed out.
    """

    def __init__(self) -> None:
        self.by_hand: dict[GroupKey, Shared] = {}
        self.largest_total = 0
        self.largest_amount = Decimal(0)
        self.most_receivers = 0
        self.keeps = self.is_multiplied = False
        self._sets: dict[tuple[object, ...], int] = {}
        self._totals: list[int] = []
        self._weights: list[tuple[int, int, int, int, Decimal, Decimal]] = []
        self._shared: list[tuple[object, ...]] = []

    def add_group(
        self, key: GroupKey, one: Shared, *, largest: Decimal, among: object, numbers: Mapping[str, int]
    ) -> int:
        """Add a group and return the number of its set of weights: of equal ones `among` the same receivers."""
        number = self._set(one, among, numbers)
        total = self._totals[number]
        fits, is_even = total <= shares.MAX_TOTAL_WEIGHT, total == len(one.weights)
        if not fits:
            self.by_hand[key] = one
        elif not is_even:
            self.largest_total = max(self.largest_total, total)
            self.largest_amount = max(self.largest_amount, one.multiplied(largest))
            self.most_receivers = max(self.most_receivers, len(one.weights))
        self.keeps |= KEPT in one.weights
        self.is_multiplied |= one.multiple > 1 and fits
        sizes = (Decimal(total if fits else 0), is_even if fits else None, Decimal(one.multiple))
        self._shared.append((*key, number, *sizes, one.fallback))
        return number

    def shared_table(self) -> pa.Table:
        """Return, for each group of pool rows, its weights: `relations.SHARED_SCHEMA`."""
        kinds = {
            "split_number": pa.int32(), "charge_date": pa.date32(), "billing_currency": pa.string(),
            "partition_number": pa.int32(), "weights_number": pa.int32(), "total": _UNITS, "is_even": pa.bool_(),
            "multiple": _UNITS, "fallback": pa.string(),
        }  # fmt: skip
        return small_table(kinds, self._shared)

    def weights_table(self) -> pa.Table:
        """Return each set's receivers in key order: `relations.WEIGHTS_SCHEMA`."""
        kinds = {
            "weights_number": pa.int32(), "receiver_number": pa.int32(), "position": pa.int32(), "weight": _UNITS,
            "driver_quantity": _MONEY, "driver_total": _MONEY,
        }  # fmt: skip
        rows = (
            (*row[:3], Decimal(row[3]), *row[4:])
            for row in self._weights
            if self._totals[row[0]] <= shares.MAX_TOTAL_WEIGHT
        )
        return small_table(kinds, rows)

    def _set(self, one: Shared, among: object, numbers: Mapping[str, int]) -> int:
        weights, whole = one.weights, one.whole_weights()
        exact = None if one.whole is None else tuple(sorted(whole.items()))
        key = (among, tuple(sorted(weights.items())), one.total, one.multiple, exact)
        if key not in self._sets:
            number = self._sets[key] = len(self._sets)
            self._totals.append(sum(whole.values()))
            for position, receiver in enumerate(sorted(weights)):
                at = relations.POOL_ITSELF if receiver == KEPT else numbers[receiver]
                self._weights.append((number, at, position, whole[receiver], weights[receiver], one.total))
        return self._sets[key]


class SharedRows(WeightRows):
    """Collects what each split shares, and where its receivers book it."""

    def __init__(self, segments: Segments) -> None:
        super().__init__()
        self.segments = segments
        self._receivers: dict[str, dict[str, int]] = defaultdict(dict)
        self._receiver_count = 0
        self._targets: dict[tuple[int, int], int] = {}
        self._pairs: set[tuple[int, int]] = set()

    def add(
        self,
        split_number: int,
        shared: Mapping[PoolGroup, Shared],
        *,
        dimension: str,
        members: Mapping[tuple[int, int], int],
    ) -> None:
        """Add one split's shared groups; `members` are its pool's pairs with their partition."""
        receiving: dict[int, set[str]] = defaultdict(set)
        for group, one in shared.items():
            key = (split_number, group.charge_date, group.billing_currency, group.partition)
            numbers = self._numbered(dimension, one.weights)
            self.add_group(key, one, largest=group.largest, among=dimension, numbers=numbers)
            receiving[group.partition].update(one.weights)
        for (profile, segment), partition in sorted(members.items()):
            for receiver in sorted(receiving.get(partition, ())):
                self._target(profile, segment, dimension, receiver)

    def target(self, segment: int, *, dimension: str, receiver: str) -> int:
        """Return the segment a receiver books to what comes from a pool segment."""
        return self._targets[segment, self._receiver(dimension, receiver)]

    def pairs(self) -> set[tuple[int, int]]:
        """Return the profiles and segments that receive something."""
        return self._pairs

    def targets_table(self) -> pa.Table:
        """Return where a receiver books what comes from a pool segment: `relations.TARGETS_SCHEMA`."""
        kinds = {"segment_id": pa.int32(), "receiver_number": pa.int32(), "target_segment_id": pa.int32()}
        return small_table(kinds, ((*place, target) for place, target in self._targets.items()))

    def _numbered(self, dimension: str, receivers: Iterable[str]) -> Mapping[str, int]:
        """Return the numbers of a dimension's receivers, these among them."""
        numbers = self._receivers[dimension]
        for receiver in receivers:
            if receiver not in numbers and receiver != KEPT:
                numbers[receiver] = self._receiver_count
                self._receiver_count += 1
        return numbers

    def _receiver(self, dimension: str, receiver: str) -> int:
        """Return the number of a receiver; the pool itself has one that says so."""
        return relations.POOL_ITSELF if receiver == KEPT else self._receivers[dimension][receiver]

    def _target(self, profile: int, segment: int, dimension: str, receiver: str) -> None:
        place = (segment, self._receiver(dimension, receiver))
        if place not in self._targets:
            is_kept = receiver == KEPT
            self._targets[place] = (
                segment if is_kept else self.segments.moved(segment, dimension=dimension, value=receiver)
            )
        self._pairs.add((profile, self._targets[place]))


def small_table(kinds: Mapping[str, pa.DataType], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    """Return rows as a table of these columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)})
