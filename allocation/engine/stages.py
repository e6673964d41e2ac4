"""One stage of splits: who is in which pool, who receives with what weight, and the moves that follow.

Python decides on profiles and segments, which are few; the relational engine multiplies cells, which are many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pyarrow as pa

from allocation.engine import relations, shares
from allocation.engine.backends import Session
from allocation.engine.cells import CHARGE_CATEGORY, Cells
from allocation.engine.conditions import All, AnyOf, Not, Subject, Test, subjects
from allocation.engine.findings import MESSAGES, DriverMatch, Finding, Held
from allocation.engine.inputs import RunInputs
from allocation.engine.matching import holds
from allocation.engine.shared_rows import SharedRows, WeightRows
from allocation.engine.splits import METHODS, Split
from allocation.engine.weighing import COSTS, KEPT, Params
from allocation.engine.weights import Decision, PoolGroup, Receivers, Standing, Weigher, asks_who_stands_where
from itfm.core import money

_KINDS = {
    "decimal(38, 18)": pa.decimal128(38, 18), "date": pa.date32(), "string": pa.string(), "int8": pa.int8(),
}  # fmt: skip

Pair = tuple[int, int]
"""A profile and a segment: what a split can see of a cell."""
Values = tuple[str | None, ...]


@dataclass
class Report:
    """What the stages of a run have to say."""

    findings: list[Finding] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    matches: list[DriverMatch] = field(default_factory=list)

    def add(self, decision: Decision) -> None:
        """Take up what one split has to say."""
        self.findings += decision.findings
        self.held += decision.held
        self.matches += decision.matches


@dataclass
class Pool:
    """One split at work: its pool pairs and everybody else's place, by partition."""

    split: Split
    number: int
    members: dict[Pair, int] = field(default_factory=dict)
    standing: dict[Pair, tuple[str, int]] = field(default_factory=dict)
    candidates: frozenset[str] = frozenset()


class Again(Protocol):
    """Knows what of a stage has to be shared anew, and the rest from a run before."""

    def pools(self, found: Sequence[Pool]) -> list[Pool]:
        """Return those of a stage's pools that are shared anew."""

    def pairs(self, stage: int, splits: Sequence[tuple[int, Split]], given: set[Pair]) -> set[Pair]:
        """Return which pairs receive something from a stage that has run, where these do anew."""


class Stage:
    """Runs the splits of one stage against what the stages before left."""

    def __init__(
        self, session: Session, *, inputs: RunInputs, cells: Cells, before: tuple[int, ...], again: Again | None = None
    ) -> None:
        self.session, self.inputs, self.cells, self.before, self.again = session, inputs, cells, before, again
        self._partitions: dict[tuple[str | None, ...], int] = {}
        self._found_last_day: date | None = None

    def run(self, number: int, splits: Sequence[tuple[int, Split]], report: Report) -> None:
        """Store `moves_<number>` for the splits, each with its number in the rule set."""
        pools = self.pools(splits, report)
        if self.again is not None:
            pools = self.again.pools(pools)
        rows = SharedRows(self.cells.segments)
        if pools:
            self._share(number, pools, rows, report)
        received = rows.pairs()
        self.cells.pairs.update(received if self.again is None else self.again.pairs(number, splits, received))

    def _share(self, number: int, pools: Sequence[Pool], rows: SharedRows, report: Report) -> None:
        groups = self.find_pool({pair: (pool.number, at) for pool in pools for pair, at in pool.members.items()})
        decisions = self.decide(pools, groups)
        for pool in pools:
            decision = decisions[pool.number]
            report.add(decision)
            rows.add(pool.number, decision.shared, dimension=pool.split.receivers.dimension, members=pool.members)
        self._move(number, rows)
        if rows.keeps:
            self.report_kept(number, report)

    def pools(self, splits: Sequence[tuple[int, Split]], report: Report) -> list[Pool]:
        """Return the splits at work, each with its pool and with who may receive."""
        pools = [Pool(split, split_number) for split_number, split in splits]
        self._assign(pools, report)
        for pool in pools:
            self._find_receivers(pool)
        return pools

    def find_pool(
        self, members: Mapping[Pair, tuple[int, int]], *, after: tuple[int, ...] = ()
    ) -> dict[int, list[PoolGroup]]:
        """Store what is in the pools, by pair with split number and partition, and return its groups by split."""
        self.session.load("members", _numbers(list(relations.MEMBERS_SCHEMA), [(*p, *at) for p, at in members.items()]))
        self.session.store("pool", relations.pool((*self.before, *after)))
        return self._groups()

    def decide(self, pools: Sequence[Pool], groups: Mapping[int, Sequence[PoolGroup]]) -> dict[int, Decision]:
        """Return what becomes of each pool's groups, by split number."""
        standing = self._standing(pools)
        decisions = {}
        for pool in pools:
            asked = [standing.get(at, []) for at in self._standing_numbers(pool)]
            decisions[pool.number] = self._weigher(pool, asked).decide(groups.get(pool.number, []))
        return decisions

    def _assign(self, pools: Sequence[Pool], report: Report) -> None:
        """Put each pair into the first pool that catches it; a second one is a finding."""
        overlaps: dict[tuple[str, str], int] = defaultdict(int)
        taken: dict[Pair, str] = {}
        pairs = sorted(self.cells.pairs)
        for pool in pools:
            partition = self.partitioning(pool.split)
            for pair in self._caught(pool.split.pool, pairs):
                if pair in taken:
                    overlaps[taken[pair], pool.split.key] += 1
                else:
                    taken[pair] = pool.split.key
                    pool.members[pair] = partition(pair)
        for (first, second), count in sorted(overlaps.items()):
            message = f"{count} kinds of cells of its pool belong to '{first}', which stands first in the stage."
            report.findings.append(Finding(code="overlapping_pools", split=second, message=message))

    def _caught(self, condition: All | AnyOf | Not | Test, pairs: Sequence[Pair]) -> list[Pair]:
        """Return the pairs that a condition catches, asked once for all that are alike to it."""
        if isinstance(condition, All):
            for each in condition.all:
                pairs = self._caught(each, pairs)
            return list(pairs)
        answers, values = self.answering(condition), self.cells.segments.values
        asked = {subject.kind == "dimension" for subject in subjects(condition)}
        if asked == {True}:
            caught = {segment for segment in {pair[1] for pair in pairs} if answers(0, values[segment])}
            return [pair for pair in pairs if pair[1] in caught]
        if asked == {False}:
            caught = {profile for profile in {pair[0] for pair in pairs} if answers(profile, values[0])}
            return [pair for pair in pairs if pair[0] in caught]
        return [pair for pair in pairs if answers(pair[0], values[pair[1]])]

    def answering(self, condition: All | AnyOf | Not | Test) -> Callable[[int, Values], bool]:
        """Return the function that answers a condition for a profile and a segment's values."""
        at = sorted(subjects(condition))
        matches = holds(condition, {subject: place for place, subject in enumerate(at)})
        known: dict[Values, bool] = {}

        def answer(profile: int, values: Values) -> bool:
            row = tuple(self.text(profile, values, subject) for subject in at)
            if row not in known:
                known[row] = matches(row)
            return known[row]

        return answer

    def _text(self, pair: Pair, subject: Subject) -> str | None:
        return self.text(pair[0], self.cells.segments.values[pair[1]], subject)

    def text(self, profile: int, values: Values, subject: Subject) -> str | None:
        """Return what a subject is in a profile and a segment's values."""
        if subject.kind == "dimension":
            return self.cells.segments.value_of(values, subject.key)
        return self.cells.profiles[profile].get(subject)

    def partitioning(self, split: Split) -> Callable[[Pair], int]:
        """Return the function that tells the number of the partition of a split that a pair is in."""
        dimensions = self.cells.segments.dimensions
        by = [Subject("dimension" if name in dimensions else "column", name) for name in split.partition_by]

        if not by:
            everywhere = self._partitions.setdefault((split.key,), len(self._partitions))
            return lambda _: everywhere

        def partition(pair: Pair) -> int:
            texts = tuple(self._text(pair, subject) for subject in by)
            return self._partitions.setdefault((split.key, *texts), len(self._partitions))

        return partition

    def _find_receivers(self, pool: Pool) -> None:
        """Name the candidates and where they stand outside the pool."""
        split, dimension = pool.split, pool.split.receivers.dimension
        segments = {segment for _, segment in self.cells.pairs}
        value = {segment: self.cells.segments.value(segment, dimension) for segment in segments}
        known = set(value.values())
        named = split.method.named_receivers()
        chosen: set[str | None]
        if named is not None:
            chosen = set(named)
        elif split.receivers.one_of is not None:
            chosen = set(split.receivers.one_of)
        elif split.receivers.where is not None:
            matches = holds(split.receivers.where, {Subject("value"): 0})
            chosen = {one for one in known if one is not None and matches((one,))}
        else:
            tested = Subject("dimension", dimension) in subjects(split.pool)
            chosen = known - {value[segment] for _, segment in pool.members if tested}
        pool.candidates = frozenset(one for one in chosen if one is not None)
        if not split.partition_by and not any(map(asks_who_stands_where, split.methods())):
            return
        standing = {segment: one for segment, one in value.items() if one is not None and one in pool.candidates}
        partition = self.partitioning(split)
        for pair in sorted(pair for pair in self.cells.pairs if pair[1] in standing and pair not in pool.members):
            pool.standing[pair] = (standing[pair[1]], partition(pair))

    def _last_day(self) -> date:
        """Return the last day with cost, asked once and only for splits that read drivers."""
        if self._found_last_day is None:
            (row,) = self.session.rows(relations.last_day(len(self.inputs.revisions))).to_pylist()
            self._found_last_day = row["last_day"] or self.inputs.period
        return self._found_last_day

    def _weigher(self, pool: Pool, standing: Sequence[Sequence[Standing]]) -> Weigher:
        by_partition: dict[int, set[str]] | None = None
        if pool.split.partition_by:
            by_partition = defaultdict(set)
            for receiver, partition in pool.standing.values():
                by_partition[partition].add(receiver)
        return Weigher(
            pool.split,
            period=self.inputs.period,
            last_day=self._last_day() if pool.split.reads() else self.inputs.period,
            receivers=Receivers(
                pool.candidates,
                None if by_partition is None else {at: frozenset(found) for at, found in by_partition.items()},
            ),
            standing=standing,
            drivers={one.driver: self.inputs.driver_values(one.driver) for one in pool.split.reads()},
            previous=self.inputs.previous_weights.get(pool.split.key),
        )

    def _groups(self) -> dict[int, list[PoolGroup]]:
        found: dict[int, list[PoolGroup]] = defaultdict(list)
        for row in self.session.rows(relations.pool_groups()).to_pylist():
            sums = tuple(row[cost] for cost in COSTS)
            group = PoolGroup(
                row["charge_date"], row["billing_currency"], row["partition_number"], sums, row["largest"]
            )
            found[row["split_number"]].append(group)
        return found

    def _standing(self, pools: Sequence[Pool]) -> dict[int, list[Standing]]:
        """Return who stands where, summed by the engine, by the numbers of `_standing_numbers`."""
        receivers = sorted({receiver for pool in pools for receiver, _ in pool.standing.values()})
        number = {receiver: at for at, receiver in enumerate(receivers)}
        asked: list[tuple[int | bool, ...]] = []
        for pool in pools:
            by_day = self._by_day(pool)
            for at, method in zip(self._standing_numbers(pool), pool.split.methods(), strict=True):
                costs = self._cost_numbers(method) if asks_who_stands_where(method) else ()
                asked += [
                    (*pair, at, partition, number[receiver], costs[pair[0]], by_day)
                    for pair, (receiver, partition) in (pool.standing.items() if costs else ())
                ]
        found: dict[int, list[Standing]] = defaultdict(list)
        if not asked:
            return found
        self.session.load("standing", _numbers(list(relations.STANDING_SCHEMA), asked))
        for row in self.session.rows(relations.standing(self.before)).to_pylist():
            found[row["split_number"]].append(
                Standing(
                    row["charge_date"],
                    row["billing_currency"],
                    row["partition_number"],
                    receivers[row["receiver_number"]],
                    row["own_cost"],
                )
            )
        return found

    def _standing_numbers(self, pool: Pool) -> tuple[int, ...]:
        """Return numbers for what a split's method asks and for what the one it falls back on asks."""
        numbers = (pool.number, pool.number + len(self.inputs.rule_set.splits))
        return numbers[: len(pool.split.methods())]

    def _by_day(self, pool: Pool) -> bool:
        return pool.split.window.kind != "billing_period"

    def _cost_numbers(self, method: Params) -> Sequence[int]:
        """Return which cost column of each profile weighs, -1 when none does."""
        basis = method.cost_basis()
        if basis is None:
            return [-1] * len(self.cells.profiles)
        column, counted = COSTS.index(basis.column), basis.charge_categories
        return [column if profile.get(CHARGE_CATEGORY) in counted else -1 for profile in self.cells.profiles]

    def _move(self, number: int, rows: SharedRows) -> None:
        """Store what leaves each pool and what each receiver gets."""
        self.load(rows)
        self.session.load("targets", rows.targets_table())
        name = f"moves_{number}"
        self.session.store(name, relations.outgoing())
        self.session.append(name, relations.incoming(keeps=rows.keeps))
        if rows.is_multiplied:
            self.session.append(name, relations.kept(number))
        self.append_by_hand(name, rows)

    def load(self, rows: WeightRows) -> None:
        """Store the weights, and the parts of each distinct amount in the pools by them."""
        self.session.load("shared", rows.shared_table())
        self.session.load("weights", rows.weights_table())
        self._store_parts(rows)

    def append_by_hand(self, name: str, rows: SharedRows) -> None:
        """Append what is shared in Python."""
        if rows.by_hand:
            self.session.load("by_hand", self._shared_by_hand(rows))
            self.session.append(name, relations.incoming_by_hand())

    def _store_parts(self, rows: WeightRows) -> None:
        """Store the parts of each distinct amount."""
        self.session.store("amounts", relations.amounts(is_multiplied=rows.is_multiplied))
        self.session.store("parts", relations.even_parts())
        if rows.largest_total:
            largest = money.units_of(rows.largest_amount) // money.UNITS_PER_QUANTUM
            division = shares.division(
                largest_quanta=largest, largest_total=rows.largest_total, receivers=rows.most_receivers
            )
            self.session.append("parts", relations.weighted_parts(division))
        self.session.store("shared_amounts", relations.shared_amounts())

    def _shared_by_hand(self, rows: SharedRows) -> pa.Table:
        """Share in Python what has weights too long for 128 bits."""
        dimensions = {at: split.receivers.dimension for at, split in enumerate(self.inputs.rule_set.splits)}
        found: list[dict[str, object]] = []
        for row in self.session.rows(relations.pool_by_hand()).to_pylist():
            key = (row["split_number"], row["charge_date"], row["billing_currency"], row["partition_number"])
            shared = rows.by_hand[key]
            parts = {cost: shared.parts(row[cost]) for cost in COSTS}
            for receiver, weight in shared.weights.items():
                dimension = dimensions[row["split_number"]]
                target = rows.target(row["segment_id"], dimension=dimension, receiver=receiver)
                found.append({
                    **row, **{cost: parts[cost][receiver] for cost in COSTS}, "segment_id": target,
                    "entry": relations.KEPT if receiver == KEPT else relations.IN,
                    "pool_segment_id": row["segment_id"], "driver_quantity": weight, "driver_total": shared.total,
                })  # fmt: skip
        return moves_table(found)

    def report_kept(self, number: int, report: Report) -> None:
        """Report what methods left in the pools of a stage, as held and as findings."""
        for row in self.session.rows(relations.kept_sums(number)).to_pylist():
            split = self.inputs.rule_set.splits[row["split_number"]]
            reasons = METHODS[row["fallback"] or split.method.kind].kept
            if reasons is None:
                continue
            reason, currency = reasons[1] if row["is_below"] else reasons[0], row["billing_currency"]
            costs = {cost: row[cost] for cost in COSTS}
            report.held.append(Held(split=split.key, reason=reason, billing_currency=currency, costs=costs))
            finding = Finding(code=reason, split=split.key, message=MESSAGES[reason])
            if finding not in report.findings:
                report.findings.append(finding)


def moves_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return rows made in Python as entries of a stage: `relations.MOVES_SCHEMA`."""
    kinds = {name: _KINDS.get(kind, pa.int32()) for name, kind in relations.MOVES_SCHEMA.items()}
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})


def _numbers(names: Sequence[str], rows: Sequence[tuple[int | bool, ...]]) -> pa.Table:
    kinds = {"by_day": pa.bool_()}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(
        {name: pa.array(column, kinds.get(name, pa.int32())) for name, column in zip(names, columns, strict=True)}
    )
