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
    """Return {(day, account, service, currency, team, origin): cost} of charges with one cost each.

    A charge is (day, account, service, currency, category, team, cost); a split is a dict as the tests draw it.
    """
    entries = [(*charge[:6], "direct", Fraction(charge[6])) for charge in charges]
    for stage in sorted({split["stage"] for split in splits}):
        before, taken = list(entries), set()
        for split in (one for one in splits if one["stage"] == stage):
            if split["pool"] not in taken:
                entries += moved(split, before, drivers)
            taken.add(split["pool"])
    totals = defaultdict(Fraction)
    for day, account, service, currency, category, team, origin, cost in entries:
        totals[day, account, service, currency, category, team, origin] += cost
    return dict(totals)


def moved(split, before, drivers):
    pool = defaultdict(Fraction)
    for *place, team, _, cost in before:
        if team == split["pool"]:
            pool[tuple(place)] += cost
    weighed = {place: weights_of(split, place, before, drivers) for place in pool}
    if any(weight < 0 for weights in weighed.values() for weight in weights.values()):
        return []
    found = []
    for place, cost in pool.items():
        weights = {team: weight for team, weight in weighed[place].items() if weight}
        if weights:
            found.append((*place, split["pool"], split["key"], -cost))
            found += [(*place, team, split["key"], part) for team, part in shares(cost, weights).items()]
    return found


def weights_of(split, place, before, drivers):
    day, currency = place[0], place[3]
    length = {"day": 1, "trailing": 3}.get(split["window"])
    days = None if length is None else {day - timedelta(days=back) for back in range(length)}
    others = [one for one in before if one[5] not in (None, split["pool"]) and (days is None or one[0] in days)]
    known = {one[5] for one in before if one[5] not in (None, split["pool"])}
    if split["method"] == "fixed":
        return {team: Fraction(share) for team, share in split["shares"].items()}
    if split["method"] == "even":
        return {one[5]: Fraction(1) for one in others}
    weights = defaultdict(Fraction)
    if split["method"] == "proportional":
        for one in others:
            if one[3] == currency and one[4] == "Usage" and one[6] == "direct":
                weights[one[5]] += one[7]
        return weights
    for on, team, quantity in drivers:
        if team in known and (on in days if days is not None else on.month == 10):
            weights[team] += Fraction(quantity)
    return weights
