"""From a split's method, window and fallback to the weights of each group of pool rows. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from allocation.engine.coverage import driver_match, stream_of, unmatched_finding
from allocation.engine.drivers import DriverValue
from allocation.engine.findings import MESSAGES, DriverMatch, Finding, Held, first_values
from allocation.engine.shared import Shared, shared
from allocation.engine.splits import METHODS, Hold, Previous, Split
from allocation.engine.streams import days_up_to
from allocation.engine.weighing import COSTS, Ask, Params, Refused, Weighed
from itfm.core import money
from itfm.core.periods import next_period, period_name


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


Place = tuple[date | None, str, int]
"""Day (None: the whole period), currency and partition that share one window."""


class Weigher:
    """Answers the weights of one split's groups; each window is summed once.

    `standing` is asked for by the method and by the method it falls back on, in the order of `split.methods()`.
    `last_day` is that of the bills: later days of the period need no driver yet.
    """

    def __init__(
        self,
        split: Split,
        *,
        period: date,
        last_day: date,
        receivers: Receivers,
        standing: Sequence[Iterable[Standing]],
        drivers: Mapping[str, Sequence[DriverValue]],
        previous: Mapping[str, Decimal] | None,
    ) -> None:
        self.split, self.period, self.receivers, self.previous = split, period, receivers, previous
        self.drivers = drivers
        self._days = days_up_to(next_period(period) - timedelta(days=1), count=(next_period(period) - period).days)
        until = max(period, min(last_day, self._days[-1]))
        self._streams = {
            one.driver: stream_of(one, drivers[one.driver], split=split, until=until) for one in split.reads()
        }
        self._standing: list[dict[tuple[int, date | None], list[Standing]]] = []
        for rows in standing:
            found = defaultdict(list)
            for row in rows:
                found[row.partition, row.charge_date].append(row)
            self._standing.append(found)
        self._pools: dict[Place, list[Decimal]] = {}
        self._asked: dict[tuple[Place, int], Ask] = {}
        self._named: dict[str, set[str]] = defaultdict(set)
        self._notes: Counter[str] = Counter()

    def decide(self, groups: Sequence[PoolGroup]) -> Decision:
        """Decide every group of the split. A negative weight anywhere holds them all."""
        decision = Decision()
        self._match_drivers(decision, groups)
        for group in groups:
            before = self._pools.get(self._place(group), [Decimal(0)] * len(COSTS))
            self._pools[self._place(group)] = [money.CONTEXT.add(*two) for two in zip(before, group.sums, strict=True)]
        outcomes = {group: self._shared(group) for group in groups}
        if "negative_weight" in outcomes.values():
            outcomes = dict.fromkeys(groups, "negative_weight")
            self._notes.clear()
        held: dict[tuple[str, str], list[PoolGroup]] = defaultdict(list)
        for group, outcome in outcomes.items():
            if isinstance(outcome, Shared):
                decision.shared[group] = outcome
            else:
                held[outcome, group.billing_currency].append(group)
        for (reason, currency), kept in sorted(held.items()):
            decision.held.append(held_cost(self.split.key, reason, currency, kept))
        for reason in sorted({reason for reason, _ in held}):
            named = first_values(self._named[reason])
            decision.findings.append(Finding(code=reason, split=self.split.key, message=MESSAGES[reason], values=named))
        self._report_notes(decision)
        self._report_fallbacks(decision)
        return decision

    def _shared(self, group: PoolGroup) -> Shared | str:
        """Return the weights of a group, or the reason why it is held."""
        if not self.receivers.of(group.partition) and self.split.method.named_receivers() is None:
            return "no_receivers"
        found = self._weighed(group, at=0)
        return self._fallen_back(group) if found is None else found

    def _fallen_back(self, group: PoolGroup) -> Shared | str:
        fallback = self.split.fallback
        if isinstance(fallback, Hold):
            return "no_weight"
        if isinstance(fallback, Previous):
            known = Weighed(self.previous or {})
            return shared(known, fallback="previous", largest=group.largest) or "previous_unknown"
        return self._weighed(group, at=1) or "no_weight"

    def _weighed(self, group: PoolGroup, *, at: int) -> Shared | str | None:
        """Return the weights of the method, or of the one fallen back on; None when every weight is zero."""
        params: Params = self.split.methods()[at]
        ask = self._ask(group, params, at=at)
        if self.split.missing == "hold" and self._is_unmeasured(ask, params):
            return "driver_days_missing"
        found = METHODS[params.kind].weights(params, ask)
        if isinstance(found, Refused):
            self._named[found.reason].update(found.values)
            return found.reason
        weighed = found if isinstance(found, Weighed) else Weighed(found)
        negative = {receiver for receiver, weight in weighed.weights.items() if weight < 0}
        if negative:
            self._named["negative_weight"] |= negative
            return "negative_weight"
        self._notes.update(weighed.notes)
        return shared(weighed, fallback=params.kind if at else None, largest=group.largest)

    def _is_unmeasured(self, ask: Ask, params: Params) -> bool:
        measured = [ask.streams[one.driver] for one in params.reads() if one.role != "price"]
        return any(stream.is_missing(day) for stream in measured for day in ask.days)

    def _place(self, group: PoolGroup) -> Place:
        whole = self.split.window.kind == "billing_period"
        return None if whole else group.charge_date, group.billing_currency, group.partition

    def _ask(self, group: PoolGroup, params: Params, *, at: int) -> Ask:
        place = self._place(group)
        if (place, at) not in self._asked:
            days, may_receive = self._window(place[0]), self.receivers.of(group.partition)
            present, own = self._present(place, may_receive, at=at)
            key, column = params.driver_key(), params.pool_cost()
            self._asked[place, at] = Ask(
                present=present,
                own_cost=own,
                driver={} if key is None else self._streams[key].within(days, of=may_receive),
                may_receive=may_receive,
                days=days,
                streams=self._streams,
                period=period_name(self.period),
                currency=group.billing_currency,
                pool=Decimal(0) if column is None else self._pools[place][COSTS.index(column)],
            )
        return self._asked[place, at]

    def _present(
        self, place: Place, may_receive: frozenset[str], *, at: int
    ) -> tuple[frozenset[str], dict[str, Decimal]]:
        """Return who has cost in a window, and how much of its own."""
        own: dict[str, Decimal] = defaultdict(Decimal)
        present = set()
        last, currency, partition = place
        for day in [None] if last is None else self._window(last):
            for one in self._standing[at].get((partition, day), ()) if at < len(self._standing) else ():
                if one.receiver in may_receive:
                    present.add(one.receiver)
                    if one.billing_currency == currency and one.own_cost is not None:
                        own[one.receiver] = money.CONTEXT.add(own[one.receiver], one.own_cost)
        return frozenset(present), own

    def _window(self, last: date | None) -> tuple[date, ...]:
        return self._days if last is None else days_up_to(last, count=self.split.window.days or 1)

    def _match_drivers(self, decision: Decision, groups: Sequence[PoolGroup]) -> None:
        places = {self._place(group)[0] for group in groups}
        days = {day for place in places for day in self._window(place)}
        first = self.period - timedelta(days=(self.split.window.days or 1) - 1)
        for one in self.split.reads():
            values = [row for row in self.drivers[one.driver] if first <= row.date < next_period(self.period)]
            known = self.receivers.everywhere if one.role == "quantity" else None
            match = driver_match(
                one, values, split=self.split, known=known, days=days, stream=self._streams[one.driver]
            )
            decision.matches.append(match)
            if match.unmatched and known is not None:
                decision.findings.append(unmatched_finding(match, values, known=known))
            if self.split.missing != "zero" and match.days_measured < match.days_needed:
                message = (
                    f"{one.driver} was measured on {match.days_measured} of {match.days_needed} days; "
                    f"others stand in for {match.days_filled}."
                )
                decision.findings.append(Finding(code="driver_coverage", split=self.split.key, message=message))

    def _report_notes(self, decision: Decision) -> None:
        for code, count in sorted(self._notes.items()):
            message = f"{MESSAGES[code]} Groups: {count} of {len(decision.shared)}."
            decision.findings.append(Finding(code=code, split=self.split.key, message=message))

    def _report_fallbacks(self, decision: Decision) -> None:
        used = sorted({one.fallback for one in decision.shared.values() if one.fallback is not None})
        for kind in used:
            count = sum(one.fallback == kind for one in decision.shared.values())
            message = f"Every weight was zero in {count} of {len(decision.shared)} groups; shared by {kind} instead."
            decision.findings.append(Finding(code="fallback_used", split=self.split.key, message=message))


def held_cost(split: str, reason: str, currency: str, groups: Iterable[PoolGroup]) -> Held:
    """Return the cost of some groups as held."""
    kept = list(groups)
    sums = {cost: money.total(one.sums[at] for one in kept) for at, cost in enumerate(COSTS)}
    return Held(split=split, reason=reason, billing_currency=currency, costs=sums)


def asks_who_stands_where(method: Params) -> bool:
    """Return whether a method needs to know who is present, or who costs what."""
    return method.counts_presence() or method.cost_basis() is not None
