"""A stage whose pools serve each other: what they hand to each other first, then what each hands to all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import gcd

import pyarrow as pa

from allocation.engine import relations
from allocation.engine.conditions import Subject, subjects
from allocation.engine.findings import MESSAGES, Finding
from allocation.engine.flow_rows import FlowRows
from allocation.engine.reciprocal import Chains, Pair, Place, Solution, chains, solved
from allocation.engine.shared import Shared, shared
from allocation.engine.shared_rows import SharedRows
from allocation.engine.splits import Split
from allocation.engine.stages import Pool, Report, Stage, moves_table
from allocation.engine.weighing import COSTS, Weighed
from allocation.engine.weights import Decision, PoolGroup, held_cost
from itfm.core import money

Kinds = Mapping[Pair, tuple[int, int]]
"""Split number and kind of chain of each place."""
Groups = Mapping[int, Sequence[PoolGroup]]


class ReciprocalStage(Stage):
    """Runs the splits of one stage together: no pool of it stands before another."""

    def run(self, number: int, splits: Sequence[tuple[int, Split]], report: Report) -> None:
        """Store `moves_<number>` for the splits, each with its number in the rule set."""
        pools = self.pools(splits, report)
        places = self._places(pools)
        groups = self.find_pool({pair: (place.split_number, place.partition) for pair, place in places.items()})
        decisions = self.decide(pools, _everywhere(groups, places))
        for pool in pools:
            decision = decisions[pool.number]
            decision.held = [one for one in decision.held if any(one.costs.values())]
            report.add(decision)
        solver = _Solver(chains(places), decisions)
        kinds = {pair: (place.split_number, solver.chains.number[pair]) for pair, place in places.items()}
        starts = [pair for pair in places if pair in self.cells.pairs]
        flows = self._exchange(number, kinds, solver, report)
        self._hand_out(number, kinds, solver, report)
        # Not every place: a pool that others might have served, and did not, stands nowhere afterwards.
        self.cells.pairs.update(flows.reached(starts))

    def _places(self, pools: Sequence[Pool]) -> dict[Pair, Place]:
        """Return every pair in a pool, or reached from one, with the pools that its receivers are."""
        leads = _Leads(self, pools)
        partitions = {pool.number: self.partitioning(pool.split) for pool in pools}
        waiting = [(pair, pool) for pool in pools for pair in sorted(pool.members)]
        at = dict(waiting)
        found: dict[Pair, Place] = {}
        for pair, pool in waiting:
            targets = {}
            for receiver, other in leads.of(pair, pool):
                dimension = pool.split.receivers.dimension
                target = (pair[0], self.cells.segments.moved(pair[1], dimension=dimension, value=receiver))
                targets[receiver] = target
                if target not in at:
                    at[target] = other
                    waiting.append((target, other))
            found[pair] = Place(pool.number, partitions[pool.number](pair), targets)
        return found

    def _exchange(self, number: int, kinds: Kinds, solver: _Solver, report: Report) -> FlowRows:
        """Store what the pools hand to each other and return it; report the pools whose cost reaches nobody."""
        groups = self.find_pool(kinds)
        rows = FlowRows(solver.chains, kinds)
        stuck: dict[tuple[int, str, str], list[PoolGroup]] = {}
        for split_number, group in _listed(groups):
            solution = solver.of(group)
            if solution is None:
                continue
            if solution.outside is None:
                stuck.setdefault((split_number, group.billing_currency, "circular_pools"), []).append(group)
                continue
            if solution.flows:
                fractions = {f"{at:06}": flow.fraction for at, flow in enumerate(solution.flows)}
                kept = 1 - sum(fractions.values(), Fraction(0))
                found = shared(Weighed(fractions, kept=kept), fallback=None, largest=group.largest)
                if isinstance(found, Shared):
                    rows.add(split_number, group, found, flows=solution.flows, shares=solver.shares(group))
                else:
                    solver.hold(group)
                    stuck.setdefault((split_number, group.billing_currency, "weight_too_large"), []).append(group)
        self._report_stuck(stuck, report)
        self.session.load("given", moves_table([]))
        self.load(rows)
        self.session.load("flow_targets", rows.flow_targets_table())
        self.session.load("flow_weights", rows.flow_weights_table())
        self.session.append("given", relations.flowing())
        if rows.by_hand:
            self.session.load("by_hand", self._flowing_by_hand(rows))
            self.session.append("given", relations.incoming_by_hand())
        self.session.store(f"moves_{number}", relations.paired())
        return rows

    def _hand_out(self, number: int, kinds: Kinds, solver: _Solver, report: Report) -> None:
        """Append what each pool then hands to those outside; first what rounding left to pools on the way there."""
        dimensions = {at: split.receivers.dimension for at, split in enumerate(self.inputs.rule_set.splits)}
        keeps = False
        left = self.find_pool(kinds, after=(number,))
        for steps in reversed(range(1 + solver.farthest(left))):
            rows = SharedRows(self.cells.segments)
            for split_number, found in left.items():
                shares = {group: one for group in found if (one := solver.outgoing(group, steps=steps)) is not None}
                members = {pair: kind for pair, (at, kind) in kinds.items() if at == split_number}
                rows.add(split_number, shares, dimension=dimensions[split_number], members=members)
            self.load(rows)
            self.session.load("targets", rows.targets_table())
            self.session.append("given", relations.incoming(keeps=rows.keeps))
            self.append_by_hand("given", rows)
            self.session.store(f"moves_{number}", relations.paired())
            self.cells.pairs.update(rows.pairs())
            keeps |= rows.keeps
            if steps:
                left = self.find_pool(kinds, after=(number,))
        if keeps:
            self.report_kept(number, report)

    def _report_stuck(self, stuck: Mapping[tuple[int, str, str], Sequence[PoolGroup]], report: Report) -> None:
        for (split_number, currency, code), groups in sorted(stuck.items()):
            key = self.inputs.rule_set.splits[split_number].key
            report.held.append(held_cost(key, code, currency, groups))
            finding = Finding(code=code, split=key, message=MESSAGES[code])
            if finding not in report.findings:
                report.findings.append(finding)

    def _flowing_by_hand(self, rows: FlowRows) -> pa.Table:
        """Share in Python what has weights too long for 128 bits."""
        found: list[dict[str, object]] = []
        for row in self.session.rows(relations.pool_by_hand()).to_pylist():
            key = (row["split_number"], row["charge_date"], row["billing_currency"], row["partition_number"])
            given = rows.by_hand[key]
            parts = {cost: given.parts(row[cost]) for cost in COSTS}
            for name, entry in rows.entries_by_hand(key, row["segment_id"]):
                found.append({**row, **{cost: parts[cost][name] for cost in COSTS}, **entry})
        return moves_table(found)


class _Leads:
    """Answers which receivers of a pair are pools of the stage; pairs that look alike to all pools are asked once."""

    def __init__(self, stage: Stage, pools: Sequence[Pool]) -> None:
        self.stage, self.pools = stage, pools
        self._catches = [stage.answering(pool.split.pool) for pool in pools]
        self._looked_at: list[Subject] = sorted({one for pool in pools for one in subjects(pool.split.pool)})
        self._known: dict[tuple[object, ...], list[tuple[str, Pool]]] = {}

    def of(self, pair: Pair, pool: Pool) -> list[tuple[str, Pool]]:
        """Return the receivers that are another pool, with that pool."""
        segments = self.stage.cells.segments
        values = segments.values[pair[1]]
        seen = values if segments.following else ()
        key = (pool.number, seen, *(self.stage.text(pair[0], values, one) for one in self._looked_at))
        if key not in self._known:
            self._known[key] = list(self._asked(pair, pool))
        return self._known[key]

    def _asked(self, pair: Pair, pool: Pool) -> Iterator[tuple[str, Pool]]:
        named = {one for method in pool.split.methods() for one in method.named_receivers() or ()}
        for receiver in sorted(pool.candidates | named):
            dimension = pool.split.receivers.dimension
            values = self.stage.cells.segments.moved_values(pair[1], dimension=dimension, value=receiver)
            for other, catches in zip(self.pools, self._catches, strict=True):
                if catches(pair[0], values):
                    if other is not pool:
                        yield receiver, other
                    break


class _Solver:
    """Answers what comes of each group, whose partition is the kind of its chain; equal weights are solved once."""

    def __init__(self, found: Chains, decisions: Mapping[int, Decision]) -> None:
        self.chains = found
        self._shared = {
            (number, group.charge_date, group.billing_currency, group.partition): one
            for number, decision in decisions.items()
            for group, one in decision.shared.items()
        }
        self._solutions: dict[tuple[object, ...], Solution] = {}
        self._of: dict[tuple[int, date, str], Solution | None] = {}

    def shares(self, group: PoolGroup) -> list[Shared | None]:
        """Return the weights of each node of a group's chain."""
        place = (group.charge_date, group.billing_currency)
        nodes = self.chains.kinds[group.partition]
        return [self._shared.get((node.split_number, *place, node.partition)) for node in nodes]

    def of(self, group: PoolGroup) -> Solution | None:
        """Return the solution of a group; None where it is held already."""
        at = (group.partition, group.charge_date, group.billing_currency)
        if at not in self._of:
            shares = self.shares(group)
            weights = [None if one is None else one.whole_weights() for one in shares]
            key = (group.partition, *(None if one is None else tuple(one.items()) for one in weights))
            if key not in self._solutions:
                self._solutions[key] = solved(self.chains.kinds[group.partition], weights)
            self._of[at] = None if shares[0] is None else self._solutions[key]
        return self._of[at]

    def hold(self, group: PoolGroup) -> None:
        """Leave a group in its pool."""
        self._of[group.partition, group.charge_date, group.billing_currency] = None

    def farthest(self, groups: Groups) -> int:
        """Return how many steps from those outside the farthest of some groups is."""
        solutions = [self.of(group) for _, group in _listed(groups)]
        return max((one.steps for one in solutions if one is not None and one.outside is not None), default=0)

    def outgoing(self, group: PoolGroup, *, steps: int) -> Shared | None:
        """Return by what weights a group is handed out so many steps from those outside; None when it is not."""
        solution, own = self.of(group), self.shares(group)[0]
        if solution is None or own is None or solution.outside is None or solution.steps != steps:
            return None
        receivers = sorted(solution.outside) if not steps else [solution.through]
        whole = own.whole_weights()
        common = gcd(*(whole[receiver] for receiver in receivers))
        return own._replace(
            weights={receiver: own.weights[receiver] for receiver in receivers},
            whole={receiver: whole[receiver] // common for receiver in receivers},
        )


def _everywhere(groups: Groups, places: Mapping[Pair, Place]) -> dict[int, list[PoolGroup]]:
    """Return the groups with one for every place on every day in every currency that any pool of the stage has."""
    when = sorted({(one.charge_date, one.billing_currency) for found in groups.values() for one in found})
    known = {(number, *group[:3]): group for number, group in _listed(groups)}
    nothing = (Decimal(0),) * len(COSTS)
    found: dict[int, list[PoolGroup]] = {}
    for number, partition in sorted({(place.split_number, place.partition) for place in places.values()}):
        for day, currency in when:
            empty = PoolGroup(day, currency, partition, nothing, money.decimal_of(0))
            found.setdefault(number, []).append(known.get((number, day, currency, partition), empty))
    return found


def _listed(groups: Groups) -> Iterator[tuple[int, PoolGroup]]:
    for number in sorted(groups):
        for group in groups[number]:
            yield number, group
