"""From a split's method, window and fallback to the weights of each group of pool rows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from allocation.engine.drivers import DriverValue
from allocation.engine.findings import DriverMatch, Finding, Held, first_values
from allocation.engine.methods import even
from allocation.engine.splits import METHODS, Hold, Previous, Split
from allocation.engine.weighing import COSTS, Ask, Params
from itfm.core import money
from itfm.core.periods import next_period

_MAX_TOTAL = Decimal(10) ** 20


class PoolGroup(NamedTuple):
    """Pool rows of one split that share one set of weights, with their sums and their largest size."""

    charge_date: date
    billing_currency: str
    partition: int
    sums: tuple[Decimal, ...]
    largest: Decimal


class Standing(NamedTuple):
    """A receiver with cost in a partition; `charge_date` is None when the whole period was asked for."""

    charge_date: date | None
    billing_currency: str
    partition: int
    receiver: str
    own_cost: Decimal | None


class Shared(NamedTuple):
    """The weights by which a group is shared, without zeros, and the fallback that gave them."""

    weights: Mapping[str, Decimal]
    fallback: str | None


@dataclass
class Decision:
    """What becomes of each group of one split: shared, or held for the reason a finding gives."""

    shared: dict[PoolGroup, Shared] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    matches: list[DriverMatch] = field(default_factory=list)


@dataclass(frozen=True)
class Receivers:
    """Who may receive: anyone of `everywhere`, or those of a partition when the split is partitioned."""

    everywhere: frozenset[str]
    by_partition: Mapping[int, frozenset[str]] | None

    def of(self, partition: int) -> frozenset[str]:
        """Return who may receive in a partition."""
        return self.everywhere if self.by_partition is None else self.by_partition.get(partition, frozenset())


class Weigher:
    """Answers the weights of one split's groups; each window is summed once."""

    def __init__(
        self,
        split: Split,
        *,
        period: date,
        receivers: Receivers,
        standing: Iterable[Standing],
        driver: Sequence[DriverValue],
        previous: Mapping[str, Decimal] | None,
    ) -> None:
        self.split, self.period, self.receivers = split, period, receivers
        self.driver, self.previous = driver, previous
        self._standing: dict[tuple[int, date | None], list[Standing]] = defaultdict(list)
        for one in standing:
            self._standing[one.partition, one.charge_date].append(one)
        self._driven: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for row in driver:
            before = self._driven[row.date][row.value]
            self._driven[row.date][row.value] = money.CONTEXT.add(before, row.quantity)
        self._asked: dict[tuple[date | None, str, int], Ask] = {}

    def decide(self, groups: Sequence[PoolGroup]) -> Decision:
        """Decide every group of the split. A negative weight anywhere holds them all."""
        decision = Decision()
        if self.split.method.driver_key() is not None:
            self._match_driver(decision)
        outcomes = {group: self._shared(group) for group in groups}
        negative = {
            receiver
            for outcome in outcomes.values()
            if isinstance(outcome, Shared)
            for receiver, weight in outcome.weights.items()
            if weight < 0
        }
        if negative:
            outcomes = dict.fromkeys(groups, "negative_weight")
        held: dict[tuple[str, str], list[PoolGroup]] = defaultdict(list)
        for group, outcome in outcomes.items():
            if isinstance(outcome, Shared):
                decision.shared[group] = outcome
            else:
                held[outcome, group.billing_currency].append(group)
        for (reason, currency), kept in sorted(held.items()):
            sums = {cost: money.total(g.sums[at] for g in kept) for at, cost in enumerate(COSTS)}
            decision.held.append(Held(split=self.split.key, reason=reason, billing_currency=currency, costs=sums))
        for reason in sorted({reason for reason, _ in held}):
            decision.findings.append(self._held_finding(reason, negative))
        self._report_fallbacks(decision)
        return decision

    def _shared(self, group: PoolGroup) -> Shared | str:
        """Return the weights of a group, or the reason why it is held."""
        ask = self._ask(group)
        if not self.receivers.of(group.partition) and self.split.method.named_receivers() is None:
            return "no_receivers"
        weights = _without_zeros(METHODS[self.split.method.kind].weights(self.split.method, ask))
        if any(weight < 0 for weight in weights.values()):
            return Shared(weights, None)
        if weights:
            return _storable(Shared(weights, None))
        return self._fallen_back(ask)

    def _fallen_back(self, ask: Ask) -> Shared | str:
        fallback = self.split.fallback
        if isinstance(fallback, Hold):
            return "no_weight"
        if isinstance(fallback, Previous):
            known = _without_zeros(self.previous or {})
            return _storable(Shared(known, "previous")) if known else "previous_unknown"
        weights = _without_zeros(METHODS[fallback.kind].weights(fallback, ask))
        return _storable(Shared(weights, fallback.kind)) if weights else "no_weight"

    def _ask(self, group: PoolGroup) -> Ask:
        whole = self.split.window.kind == "billing_period"
        key = (None if whole else group.charge_date, group.billing_currency, group.partition)
        if key not in self._asked:
            may_receive = self.receivers.of(group.partition)
            own: dict[str, Decimal] = defaultdict(Decimal)
            present = set()
            for day in [None] if whole else self._days(group.charge_date):
                for one in self._standing.get((group.partition, day), ()):
                    if one.receiver in may_receive:
                        present.add(one.receiver)
                        if one.billing_currency == group.billing_currency and one.own_cost is not None:
                            own[one.receiver] = money.CONTEXT.add(own[one.receiver], one.own_cost)
            driven = self._driven_in(None if whole else group.charge_date, may_receive)
            self._asked[key] = Ask(present=frozenset(present), own_cost=own, driver=driven)
        return self._asked[key]

    def _days(self, last: date) -> list[date]:
        return [last - timedelta(days=back) for back in range(self.split.window.days or 1)]

    def _driven_in(self, last: date | None, may_receive: frozenset[str]) -> dict[str, Decimal]:
        if last is not None:
            days = self._days(last)
        else:
            days = [day for day in self._driven if self.period <= day < next_period(self.period)]
        total: dict[str, Decimal] = defaultdict(Decimal)
        for day in days:
            for value, quantity in self._driven.get(day, {}).items():
                if value in may_receive:
                    total[value] = money.CONTEXT.add(total[value], quantity)
        return total

    def _match_driver(self, decision: Decision) -> None:
        first = self.period - timedelta(days=(self.split.window.days or 1) - 1)
        received = [row for row in self.driver if first <= row.date < next_period(self.period)]
        unmatched = [row for row in received if row.value not in self.receivers.everywhere]
        quantity = money.total(row.quantity for row in unmatched)
        key = self.split.method.driver_key() or ""
        counts = {"received": len(received), "matched": len(received) - len(unmatched), "unmatched": len(unmatched)}
        decision.matches.append(DriverMatch(split=self.split.key, driver=key, unmatched_quantity=quantity, **counts))
        if unmatched:
            decision.findings.append(
                Finding(
                    code="unmatched_driver_values",
                    split=self.split.key,
                    message=f"{len(unmatched)} of {len(received)} rows of {key} name no receiver.",
                    values=first_values({row.value for row in unmatched}),
                )
            )

    def _held_finding(self, reason: str, negative: set[str]) -> Finding:
        messages = {
            "negative_weight": "A weight is below zero; the split is not made.",
            "no_receivers": "There is nobody to receive; the amount stays in its pool.",
            "no_weight": "Every weight is zero; the amount stays in its pool.",
            "previous_unknown": "The shares of the period before are not known; the amount stays in its pool.",
            "weight_too_large": "The weights total 10^20 or more; the amount stays in its pool.",
        }
        named = first_values(negative) if reason == "negative_weight" else ()
        return Finding(code=reason, split=self.split.key, message=messages[reason], values=named)

    def _report_fallbacks(self, decision: Decision) -> None:
        used = sorted({one.fallback for one in decision.shared.values() if one.fallback is not None})
        for kind in used:
            count = sum(one.fallback == kind for one in decision.shared.values())
            message = f"Every weight was zero in {count} of {len(decision.shared)} groups; shared by {kind} instead."
            decision.findings.append(Finding(code="fallback_used", split=self.split.key, message=message))


def asks_who_stands_where(split: Split) -> bool:
    """Return whether a split needs to know who is present, or who costs what."""
    methods: list[Params] = [split.method]
    if isinstance(split.fallback, Params):
        methods.append(split.fallback)
    return any(isinstance(m, even.Params) or m.cost_basis() is not None for m in methods)


def _without_zeros(weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {receiver: weights[receiver] for receiver in sorted(weights) if weights[receiver]}


def _storable(shared: Shared) -> Shared | str:
    """Return the weights when their total fits a stored amount."""
    return "weight_too_large" if money.total(shared.weights.values()) >= _MAX_TOTAL else shared
