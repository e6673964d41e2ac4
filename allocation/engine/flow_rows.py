"""What pools of a reciprocal stage hand to each other, as small tables for the relational engine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa

from allocation.engine import relations
from allocation.engine.reciprocal import Chains, Flow, Pair
from allocation.engine.shared import Shared
from allocation.engine.shared_rows import GroupKey, WeightRows, small_table
from allocation.engine.weighing import KEPT
from allocation.engine.weights import PoolGroup


class _Shown(NamedTuple):
    """The weight of a flow as the ledger shows it: that of the split that hands it on."""

    quantity: Decimal
    total: Decimal
    fallback: str | None


class _Ends(NamedTuple):
    """Who hands on from which segment to which."""

    split_number: int
    giver_segment: int
    target_segment: int


class FlowRows(WeightRows):
    """Collects the flows that each group of pool rows sets off; a group's partition is the kind of its chain."""

    def __init__(self, chains: Chains, kinds: Mapping[Pair, tuple[int, int]]) -> None:
        super().__init__()
        self.chains, self.kinds = chains, kinds
        self._flows: dict[tuple[int, int, str], int] = {}
        self._shown: dict[tuple[int, int], _Shown] = {}
        self._names: dict[GroupKey, list[tuple[str, int, _Shown]]] = {}
        self._ends: dict[tuple[int, int], _Ends] | None = None
        self._of_kind: dict[int, list[tuple[int, int, str]]] | None = None

    def add(
        self,
        split_number: int,
        group: PoolGroup,
        given: Shared,
        *,
        flows: Sequence[Flow],
        shares: Sequence[Shared | None],
    ) -> None:
        """Add a group's flows, named by their order in `given`; `shares` are the weights of its chain's nodes."""
        names = [name for name in sorted(given.weights) if name != KEPT]
        numbers = {name: self._flow(group.partition, flow) for name, flow in zip(names, flows, strict=True)}
        shown = {name: _shown(flow, shares) for name, flow in zip(names, flows, strict=True)}
        key = (split_number, group.charge_date, group.billing_currency, group.partition)
        among = (group.partition, *shown.values())
        number = self.add_group(key, given, largest=group.largest, among=among, numbers=numbers)
        self._names[key] = [(name, numbers[name], shown[name]) for name in names]
        self._shown |= {(number, numbers[name]): shown[name] for name in names}

    def flow_targets_table(self) -> pa.Table:
        """Return, for each segment of a pool row and each flow, its ends: `relations.FLOW_TARGETS_SCHEMA`."""
        kinds = dict.fromkeys(relations.FLOW_TARGETS_SCHEMA, pa.int32())
        return small_table(kinds, [(*at, *ends) for at, ends in self._all_ends().items()])

    def flow_weights_table(self) -> pa.Table:
        """Return what the ledger shows of each flow: `relations.FLOW_WEIGHTS_SCHEMA`."""
        money = pa.decimal128(38, 18)
        types = (pa.int32(), pa.int32(), money, money, pa.string())
        kinds = dict(zip(relations.FLOW_WEIGHTS_SCHEMA, types, strict=True))
        return small_table(kinds, [(*at, *shown) for at, shown in self._shown.items()])

    def entries_by_hand(self, key: GroupKey, segment: int) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield the name of each flow of a pool row, and the entry that books it, but for its costs."""
        for name, flow, shown in self._names[key]:
            ends = self._all_ends()[segment, flow]
            yield (
                name,
                {
                    "entry": relations.IN,
                    "split_number": ends.split_number,
                    "pool_segment_id": ends.giver_segment,
                    "segment_id": ends.target_segment,
                    "driver_quantity": shown.quantity,
                    "driver_total": shown.total,
                    "fallback": shown.fallback,
                },
            )

    def reached(self, starts: Iterable[Pair]) -> set[Pair]:
        """Return the pairs at which flows from some pairs arrive."""
        return {target for start in starts for _, _, _, target in self._flows_from(start)}

    def _flow(self, kind: int, flow: Flow) -> int:
        return self._flows.setdefault((kind, flow.giver, flow.receiver), len(self._flows))

    def _all_ends(self) -> dict[tuple[int, int], _Ends]:
        if self._ends is None:
            self._ends = {
                (pair[1], number): _Ends(split_number, giver[1], target[1])
                for pair in self.kinds
                for number, split_number, giver, target in self._flows_from(pair)
            }
        return self._ends

    def _flows_from(self, start: Pair) -> Iterator[tuple[int, int, Pair, Pair]]:
        """Yield the number and split of each flow in the chain from a pair, with who gives and who takes."""
        kind = self.kinds[start][1]
        members, nodes = self.chains.members[start], self.chains.kinds[kind]
        for number, giver, receiver in self._by_kind().get(kind, ()):
            target = members[dict(nodes[giver].leads)[receiver]]
            yield number, nodes[giver].split_number, members[giver], target

    def _by_kind(self) -> Mapping[int, Sequence[tuple[int, int, str]]]:
        if self._of_kind is None:
            self._of_kind = {}
            for (kind, giver, receiver), number in self._flows.items():
                self._of_kind.setdefault(kind, []).append((number, giver, receiver))
        return self._of_kind


def _shown(flow: Flow, shares: Sequence[Shared | None]) -> _Shown:
    giver = shares[flow.giver]
    if giver is None:
        raise ValueError("A flow comes from a pool that hands nothing on.")
    return _Shown(giver.weights[flow.receiver], giver.total, giver.fallback)
