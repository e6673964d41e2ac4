"""What a run must give, worked out row by row in plain Python with fractions; no part of the engine is used."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

QUANTUM = Fraction(1, 10**12)
UNIT = Fraction(1, 10**18)
POOL = ""
LAST = date(2026, 10, 31)


def shares(amount, weights):
    """Return exact shares by the words of the design: truncate, then largest remainder, then the first."""
    total = sum(weights.values())
    size = abs(amount)
    exact = {key: size * weight / total for key, weight in weights.items()}
    parts = {key: (value // QUANTUM) * QUANTUM for key, value in exact.items()}
    order = sorted(parts, key=lambda key: (parts[key] - exact[key], key))
    left = size - sum(parts.values())
    for key in order:
        if left >= QUANTUM:
            parts[key] += QUANTUM
            left -= QUANTUM
    parts[order[0]] += left
    return {key: part if amount >= 0 else -part for key, part in parts.items()}


def with_pool(amount, weights, total):
    """Return exact shares where the weights are parts of a total that they need not make up; the pool has the rest.

    Where they exceed the total, so many whole amounts are shared that they do not.
    """
    given = sum(weights.values())
    times = given // total + 1 if given > total else 1
    rest = times * total - given
    parts = shares(amount * times, weights | ({POOL: rest} if rest else {}))
    parts[POOL] = amount - sum(part for key, part in parts.items() if key != POOL)
    return parts


def allocate(charges, splits, drivers, *, reciprocal=()):
    """Return {(day, account, service, currency, category, team, origin): four costs}.

    A charge is (day, account, service, currency, category, team, four costs); a split is a dict as the tests draw it;
    `drivers` are rows by driver; `reciprocal` are stages whose pools serve each other.
    """
    entries = [(*charge[:6], "direct", tuple(map(Fraction, charge[6]))) for charge in charges]
    last = min(max(charge[0] for charge in charges), LAST)
    for stage in sorted({split["stage"] for split in splits}):
        before, pools = list(entries), {}
        for split in (one for one in splits if one["stage"] == stage):
            pools.setdefault(split["pool"], split)
        context = [(split, Context(split, before, drivers, last)) for split in pools.values()]
        entries += solved(context, before) if stage in reciprocal else [
            entry for split, known in context for entry in moved(split, before, known)
        ]  # fmt: skip
    totals = defaultdict(lambda: (Fraction(0),) * 4)
    for *place, costs in entries:
        totals[tuple(place)] = plus(totals[tuple(place)], costs)
    return dict(totals)


def plus(one, other):
    return tuple(a + b for a, b in zip(one, other, strict=True))


def pool_of(team, before):
    pool = defaultdict(lambda: (Fraction(0),) * 4)
    for *place, found, _, costs in before:
        if found == team:
            pool[tuple(place)] = plus(pool[tuple(place)], costs)
    return pool


def moved(split, before, known):
    pool = pool_of(split["pool"], before)
    weighed = {place: known.weighed(place) for place in pool}
    if any(is_negative(one) for one in weighed.values()):
        return []
    found = []
    for place, costs in pool.items():
        if weighed[place] is None:
            continue
        weights, total = weighed[place]
        found.append((*place, split["pool"], split["key"], tuple(-cost for cost in costs)))
        parts = [with_pool(cost, weights, total) for cost in costs]
        for team in {*weights, POOL}:
            to = team if team != POOL else split["pool"]
            found.append((*place, to, split["key"], tuple(part.get(team, Fraction(0)) for part in parts)))
    return found


def is_negative(weighed):
    return weighed is not None and any(weight < 0 for weight in weighed[0].values())


def solved(context, before):
    """Return what the pools of a stage give when they serve each other, for every kind of cell by itself."""
    pools = {split["pool"]: known for split, known in context}
    keys = {split["pool"]: split["key"] for split, _ in context}
    cells = {team: pool_of(team, before) for team in pools}
    # Weights are asked for on every day, in every currency and partition in which any pool of the stage has cost.
    places = {place for found in cells.values() for place in found}
    asked = {(place[0], place[3]) for place in places}
    stopped = {
        team for team, known in pools.items()
        if any(is_negative(known.weighed((on, None, place[2], currency, None))) for on, currency in asked for place in places)
    }  # fmt: skip
    found = []
    for place in sorted(places, key=str):
        own = {team: cells[team].get(place, (Fraction(0),) * 4) for team in pools}
        weights = {
            team: with_unused(*known.weighed(place))
            for team, known in pools.items()
            if team not in stopped and known.weighed(place) is not None
        }
        there = {team for team in pools if place in cells[team]}
        found += serving(place, own, weights, keys, there)
    return found


def with_unused(weights, total):
    """Return the weights with the part of their total that nobody took, which stays with the pool."""
    unused = total - sum(weights.values())
    return weights | ({POOL: unused} if unused > 0 else {})


def serving(place, own, weights, keys, there):
    """`there` are the pools that have such a cell; one that has none, and is given none, stands nowhere afterwards."""
    reaching = set()
    while more := {
        team for team, given in weights.items() if team not in reaching and
        any(one not in weights or one == team or one in reaching for one in given)
    }:  # fmt: skip
        reaching |= more
    weights = {team: given for team, given in weights.items() if team in reaching}
    order = sorted(weights)
    flows = {}
    for start in order:
        gross = solution(weights, order, start)
        for giver in order:
            for taker in weights[giver]:
                if taker in weights and taker != giver and gross[giver]:
                    share = gross[giver] * weights[giver][taker] / sum(weights[giver].values())
                    flows.setdefault(start, {})[giver, taker] = share
    held = {team: own[team] for team in weights}
    entries = []
    for start in (one for one in order if one in there):
        for cost in range(4):
            named = {f"{keys[flow[0]]} {flow[1]}": (flow, share) for flow, share in flows.get(start, {}).items()}
            if named:
                parts = with_pool(own[start][cost], {name: share for name, (_, share) in named.items()}, Fraction(1))
                entries += [(flow, cost, parts[name]) for name, (flow, _) in named.items()]
    found = []
    for (giver, taker), cost, part in entries:
        costs = tuple(part if at == cost else Fraction(0) for at in range(4))
        minus = tuple(-one for one in costs)
        held[taker], held[giver] = plus(held[taker], costs), plus(held[giver], minus)
        found += [(*place, taker, keys[giver], costs), (*place, giver, keys[giver], minus)]
    there = there | {taker for (_, taker), _, _ in entries}
    return found + handed_out(place, held, weights, keys, there)


def handed_out(place, held, weights, keys, there):
    """Share what is left in each pool; pools without anybody outside hand it on towards one that has somebody."""
    outside = {
        team: {one: w for one, w in given.items() if one not in weights or one == team}
        for team, given in weights.items()
    }
    steps, way = {team: 0 for team, given in outside.items() if given}, {}
    while len(steps) < len(weights):
        near = dict(steps)
        for team in sorted(set(weights) - set(near)):
            onward = [one for one in sorted(weights[team]) if one in near]
            if onward:
                steps[team], way[team] = near[onward[0]] + 1, onward[0]
    found = []
    for team in sorted(weights, key=lambda one: (-steps[one], one)):
        if team not in there:
            continue
        given = outside[team] or {way[team]: Fraction(1)}
        parts = [shares(cost, given) for cost in held[team]]
        found.append((*place, team, keys[team], tuple(-cost for cost in held[team])))
        for one in given:
            costs = tuple(part[one] for part in parts)
            found.append((*place, team if one == POOL else one, keys[team], costs))
            if not outside[team]:
                held[one] = plus(held[one], costs)
                there = {*there, one}
    return found


def solution(weights, order, start):
    """Return the gross of each pool when one unit stands in one of them, by Cramer-free Gauss-Jordan elimination."""
    rows = []
    for team in order:
        row = [Fraction(team == other) for other in order] + [Fraction(team == start)]
        for at, giver in enumerate(order):
            if giver != team and team in weights[giver]:
                row[at] -= weights[giver][team] / sum(weights[giver].values())
        rows.append(row)
    for at in range(len(order)):
        pivot = next(number for number in range(at, len(order)) if rows[number][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for number, row in enumerate(rows):
            if number != at and row[at]:
                rows[number] = [a - row[at] * b for a, b in zip(row, rows[at], strict=True)]
    return {team: rows[at][-1] for at, team in enumerate(order)}


class Context:
    """What a split can look at: the entries before its stage, drivers and the last day with cost."""

    def __init__(self, split, before, drivers, last):
        self.split, self.before, self.drivers, self.last = split, before, drivers, last
        self.pool = pool_of(split["pool"], before)
        self.others = [one for one in before if one[5] not in (None, split["pool"])]
        self.known = {}

    def weighed(self, place):
        """Return (weights, what they are parts of), with the fallback in place of nothing; None: it is held."""
        key = (place[0], place[2], place[3])
        if key not in self.known:
            self.known[key] = self.asked(place)
        return self.known[key]

    def asked(self, place):
        split = self.split
        if not self.receivers(place) and split["method"] != "fixed":
            return None
        found = self.by(split["method"], place)
        if found == "fallback":
            found = None if split["fallback"] == "hold" else self.by(split["fallback"], place)
        return None if found in ("fallback", "held") else found

    def by(self, method, place):
        reads = split_reads(method) if self.split["missing"] == "hold" else []
        if any(self.is_missing(driver, on) for driver in reads for on in self.days(place)):
            return "held"
        found = getattr(self, method)(place)
        if found in ("held", "fallback"):
            return found
        weights, total = found
        weights = {team: weight for team, weight in weights.items() if weight}
        if any(weight < 0 for weight in weights.values()):
            return weights, total
        if not weights and not total:
            return "fallback"
        return "held" if self.is_too_large(place, weights, total) else (weights, total)

    def is_too_large(self, place, weights, total):
        """Return whether an amount would leave what a ledger stores."""
        given = sum(weights.values())
        times = given // total + 1 if given > total else 1
        largest = max(
            (abs(cost) for at, costs in self.pool.items() for cost in costs
             if (at[0], at[3]) == (place[0], place[3]) and (not self.split["partitioned"] or at[2] == place[2])),
            default=Fraction(0),
        )  # fmt: skip
        return max(total, given, total - given, given - total, times * largest) >= 10**20

    def whole(self, weights):
        return weights, sum(weights.values())

    def even(self, place):
        return self.whole({one[5]: Fraction(1) for one in self.within(place)})

    def fixed(self, _place):
        return self.whole({team: Fraction(share) for team, share in self.split["shares"].items()})

    def proportional(self, place):
        weights = defaultdict(Fraction)
        for one in self.within(place):
            if one[3] == place[3] and one[4] == "Usage" and one[6] == "direct":
                weights[one[5]] += one[7][self.split["cost"]]
        return self.whole(dict(weights))

    def metric(self, place):
        return self.whole(self.used(place))

    def capacity(self, place):
        used = self.used(place)
        if any(one < 0 for one in used.values()):
            return self.whole(used)
        rows = [quantity for on in self.days(place) for quantity in self.on("size", on).values()]
        if any(quantity < 0 for quantity in self.sums("size", place).values()):
            return {"size": Fraction(-1)}, Fraction(-1)
        if not rows or not used:
            return "fallback"
        return used, max(sum(rows), sum(used.values()))

    def tiered(self, place):
        used = self.used(place)
        if any(one < 0 for one in used.values()):
            return self.whole(used)
        fee = self.split["fees"].get(place[3])
        if fee is None:
            return "held"
        fee, pool = Fraction(fee), self.pooled(place)
        if pool <= 0:
            return self.whole(used)
        payers = {one[5] for one in self.within(place)} | {team for team, one in used.items() if one}
        rest = pool - fee * len(payers)
        if rest <= 0:
            return self.whole({team: pool / len(payers) for team in payers})
        if not sum(used.values()):
            return "fallback"
        return self.whole({team: fee + rest * used.get(team, 0) / sum(used.values()) for team in payers})

    def rate_card(self, place):
        used = self.used(place)
        if any(one < 0 for one in used.values()):
            return self.whole(used)
        if not used:
            return "fallback"
        price = self.split["prices"].get(place[3])
        if price is None or self.pooled(place) <= 0:
            return "held"
        return {team: one * Fraction(price) for team, one in used.items()}, self.pooled(place)

    def pooled(self, place):
        days = self.days(place) if self.split["window"] == "billing_period" else [place[0]]
        return sum(
            (costs[self.split["cost"]] for at, costs in self.pool.items()
             if at[0] in days and at[3] == place[3] and (not self.split["partitioned"] or at[2] == place[2])),
            Fraction(0),
        )  # fmt: skip

    def days(self, place):
        length = {"day": 1, "trailing": 3}.get(self.split["window"])
        if length is None:
            return [LAST.replace(day=number) for number in range(1, 32)]
        return [place[0] - timedelta(days=back) for back in range(length)]

    def in_partition(self, place):
        """Return what stands outside the pool in the same partition, in the whole period."""
        return [one for one in self.others if not self.split["partitioned"] or one[2] == place[2]]

    def receivers(self, place):
        if self.split["partitioned"]:
            return {one[5] for one in self.in_partition(place)}
        return {one[5] for one in self.others}

    def within(self, place):
        days = None if self.split["window"] == "billing_period" else self.days(place)
        return [one for one in self.in_partition(place) if days is None or one[0] in days]

    def used(self, place):
        known = self.receivers(place)
        return {team: quantity for team, quantity in self.sums("d", place).items() if team in known}

    def sums(self, driver, place):
        total = defaultdict(Fraction)
        for on in self.days(place):
            for team, quantity in self.on(driver, on).items():
                total[team] += quantity
        return dict(total)

    def is_missing(self, driver, on):
        return on <= self.last and not any(row[0] == on for row in self.drivers[driver])

    def on(self, driver, on):
        """Return the quantities of a day, or of the days that stand in for it."""
        if not self.is_missing(driver, on):
            return self.measured(driver, on)
        earlier = [row[0] for row in self.drivers[driver] if row[0] < on and (on - row[0]).days <= 62]
        if self.split["missing"] not in {"carry_forward", "interpolate"} or not earlier:
            return {}
        before = self.measured(driver, max(earlier))
        later = [row[0] for row in self.drivers[driver] if on < row[0] <= self.last]
        if self.split["missing"] == "carry_forward" or not later:
            return before
        after, way = (
            self.measured(driver, min(later)),
            Fraction((on - max(earlier)).days, (min(later) - max(earlier)).days),
        )
        return {
            team: round((before.get(team, 0) + (after.get(team, 0) - before.get(team, 0)) * way) / UNIT) * UNIT
            for team in {*before, *after}
        }

    def measured(self, driver, on):
        found = defaultdict(Fraction)
        for day, team, quantity in self.drivers[driver]:
            if day == on:
                found[team] += Fraction(quantity)
        return dict(found)


def split_reads(method):
    return {"metric": ["d"], "tiered": ["d"], "rate_card": ["d"], "capacity": ["d", "size"]}.get(method, [])
