"""What a run must give, worked out row by row in plain Python with fractions; no part of the engine is used."""

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction

QUANTUM = Fraction(1, 10**12)


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


def allocate(charges, splits, drivers):
    """Return {(day, account, service, currency, category, team, origin): four costs}.

    A charge is (day, account, service, currency, category, team, four costs); a split is a dict as the tests draw it.
    """
    entries = [(*charge[:6], "direct", tuple(map(Fraction, charge[6]))) for charge in charges]
    for stage in sorted({split["stage"] for split in splits}):
        before, taken = list(entries), set()
        for split in (one for one in splits if one["stage"] == stage):
            if split["pool"] not in taken:
                entries += moved(split, before, drivers)
            taken.add(split["pool"])
    totals = defaultdict(lambda: (Fraction(0),) * 4)
    for *place, costs in entries:
        totals[tuple(place)] = tuple(a + b for a, b in zip(totals[tuple(place)], costs, strict=True))
    return dict(totals)


def moved(split, before, drivers):
    pool = defaultdict(lambda: (Fraction(0),) * 4)
    for *place, team, _, costs in before:
        if team == split["pool"]:
            pool[tuple(place)] = tuple(a + b for a, b in zip(pool[tuple(place)], costs, strict=True))
    weighed = {place: weights_of(split, place, before, drivers) for place in pool}
    if any(weight < 0 for weights in weighed.values() for weight in weights.values()):
        return []
    found = []
    for place, costs in pool.items():
        weights = without_zeros(weighed[place])
        if not weights and receivers_of(split, place, before):
            weights = without_zeros(fallen_back(split, place, before))
        if weights:
            found.append((*place, split["pool"], split["key"], tuple(-cost for cost in costs)))
            parts = [shares(cost, weights) for cost in costs]
            found += [(*place, team, split["key"], tuple(part[team] for part in parts)) for team in weights]
    return found


def without_zeros(weights):
    return {team: weight for team, weight in weights.items() if weight}


def days_of(split, place):
    length = {"day": 1, "trailing": 3}.get(split["window"])
    return None if length is None else {place[0] - timedelta(days=back) for back in range(length)}


def others_of(split, place, before):
    """Return what stands outside the pool in the same partition, in the whole period."""
    service = 2
    return [
        one
        for one in before
        if one[5] not in (None, split["pool"]) and (not split["partitioned"] or one[service] == place[service])
    ]


def receivers_of(split, place, before):
    return {one[5] for one in others_of(split, place, before)}


def within(split, place, before):
    days = days_of(split, place)
    return [one for one in others_of(split, place, before) if days is None or one[0] in days]


def fallen_back(split, place, before):
    if split["fallback"] == "even":
        return {one[5]: Fraction(1) for one in within(split, place, before)}
    if split["fallback"] == "fixed":
        return {team: Fraction(share) for team, share in split["shares"].items()}
    return {}


def weights_of(split, place, before, drivers):
    if split["method"] == "fixed":
        return {team: Fraction(share) for team, share in split["shares"].items()}
    others = within(split, place, before)
    if split["method"] == "even":
        return {one[5]: Fraction(1) for one in others}
    weights = defaultdict(Fraction)
    if split["method"] == "proportional":
        for one in others:
            if one[3] == place[3] and one[4] == "Usage" and one[6] == "direct":
                weights[one[5]] += one[7][split["cost"]]
        return weights
    known, days = receivers_of(split, place, before), days_of(split, place)
    for on, team, quantity in drivers:
        if team in known and (on in days if days is not None else on.month == 10):
            weights[team] += Fraction(quantity)
    return weights
