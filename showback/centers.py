"""The cost-center tree with what each branch cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from allocation.costs.answer import answer
from allocation.costs.query import MOST_ROWS, CostQuery
from allocation.selectors import Visibility
from itfm.core.money import CONTEXT
from showback.models import CostCenter
from showback.selectors import centers_above
from showback.statements import DIMENSION

Costs = Mapping[str, Decimal]
"""By currency."""


@dataclass(frozen=True, kw_only=True)
class CenterCosts:
    """A cost center with all below it: what it cost in a period and in the one before."""

    center: CostCenter
    depth: int
    """0 for a root, or for the first one that somebody may see."""
    below: int
    """How many stand directly below it."""
    now: Costs
    before: Costs


@dataclass(frozen=True, kw_only=True)
class CenterTree:
    """Cost centers that somebody may see, what belongs to none of the organization's, and the sums of both."""

    rows: tuple[CenterCosts, ...]
    """The whole tree, each under its parent, or the part of it that was asked for."""
    count: int
    """How many rows there are in all; of a large tree only some of them are here."""
    number: int
    """Which page of them is here."""
    is_whole: bool
    itself: Costs
    """What the cost center asked for has without those below it."""
    itself_before: Costs
    total: Costs
    """Of what was asked for: a branch, or everything that somebody may see."""
    total_before: Costs
    outside: Costs
    outside_before: Costs


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which rows of a tree are asked for: those below a cost center, or those whose code or name holds a text."""

    under: CostCenter | None = None
    text: str = ""
    number: int = 1
    per_page: int = 100


WHOLE: Final = 200
"""A tree of so many cost centers is shown as one; of a larger one a level at a time."""
EVERYTHING: Final = Part()


def visible_codes(visibility: Visibility) -> frozenset[str] | None:
    """Return the cost centers somebody may see; None when all."""
    if visibility.sees_everything:
        return None
    return frozenset(code for dimension, values in visibility.values if dimension == DIMENSION for code in values)


def visible_center(address: str, *, visibility: Visibility) -> CostCenter:
    """Return a cost center that somebody may see, by its address.

    :raises CostCenter.DoesNotExist: there is none, or it is not theirs to see.
    """
    codes = visible_codes(visibility)
    found: CostCenter = CostCenter.objects.get(pk=address) if _is_id(address) else _of_code(address)
    if codes is not None and found.code not in codes:
        raise CostCenter.DoesNotExist(address)
    return found


def ancestors(center: CostCenter, *, visibility: Visibility) -> list[CostCenter]:
    """Return the cost centers above that somebody may see, from the top."""
    codes = visible_codes(visibility)
    return [above for above in centers_above(center) if codes is None or above.code in codes]


def _of_code(code: str) -> CostCenter:
    found: CostCenter = CostCenter.objects.get(code=code.replace("\0", ""))
    return found


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def center_tree(period: date, *, before: date, visibility: Visibility, part: Part = EVERYTHING) -> CenterTree:
    """Return the cost centers somebody may see with their costs, by code: a small tree whole, each under its parent."""
    codes = visible_codes(visibility)
    everyone = list(CostCenter.objects.order_by("code"))
    below = _by_parent([one for one in everyone if codes is None or one.code in codes])
    order = list(_in_order(below))
    listed = {center.code for center in everyone} if codes is None else None
    now, earlier = (
        _month(_costs(month, visibility=visibility), order, below, under=part.under, listed=listed)
        for month in (period, before)
    )
    rows, is_whole = _asked_for(part, order, below)
    number = 1 if is_whole else max(1, min(part.number, -(-len(rows) // part.per_page)))
    first = (number - 1) * part.per_page
    return CenterTree(
        rows=tuple(
            CenterCosts(
                center=center,
                depth=depth,
                below=len(below.get(center.id, ())),
                now=now.branches[center.id],
                before=earlier.branches[center.id],
            )
            for center, depth in (rows if is_whole else rows[first : first + part.per_page])
        ),
        count=len(rows),
        number=number,
        is_whole=is_whole,
        itself=now.itself,
        itself_before=earlier.itself,
        total=now.total,
        total_before=earlier.total,
        outside=now.outside,
        outside_before=earlier.outside,
    )


def _by_parent(centers: Sequence[CostCenter]) -> dict[UUID | None, list[CostCenter]]:
    """Return the cost centers by the one above; None where that is none of them."""
    known = {center.id for center in centers}
    below: dict[UUID | None, list[CostCenter]] = defaultdict(list)
    for center in centers:
        below[center.parent_id if center.parent_id in known else None].append(center)
    return below


@dataclass(frozen=True, kw_only=True)
class _Month:
    """What one month cost: each branch, what was asked for without those below it, what is outside, and the sum."""

    branches: Mapping[UUID, Costs]
    itself: Costs
    outside: Costs
    total: Costs


def _month(
    costs: Mapping[str | None, Costs],
    order: Sequence[tuple[CostCenter, int]],
    below: Mapping[UUID | None, Sequence[CostCenter]],
    *,
    under: CostCenter | None,
    listed: set[str] | None,
) -> _Month:
    """Add up a month; without `listed`, the codes of all cost centers, nothing is outside."""
    branches = _rolled_up(order, below, costs)
    outside = {} if listed is None else _outside(costs, listed)
    itself = costs.get(under.code, {}) if under else {}
    parts = (branches[one.id] for one in below.get(under.id if under else None, ()))
    return _Month(
        branches=branches,
        itself=itself,
        outside=outside,
        total=_added({} if under else outside, itself, *parts),
    )


def _asked_for(
    part: Part, order: Sequence[tuple[CostCenter, int]], below: Mapping[UUID | None, Sequence[CostCenter]]
) -> tuple[list[tuple[CostCenter, int]], bool]:
    """Return the rows that a part is about, and whether they are the whole tree."""
    if part.text:
        wanted = part.text.casefold()
        found = [one for one, _ in order if wanted in one.code.casefold() or wanted in one.name.casefold()]
        return [(one, 0) for one in sorted(found, key=lambda one: one.code)], False
    if part.under is None and len(order) <= WHOLE:
        return list(order), True
    return [(one, 0) for one in below.get(part.under.id if part.under else None, ())], False


def _in_order(below: Mapping[UUID | None, Sequence[CostCenter]]) -> Iterator[tuple[CostCenter, int]]:
    """Yield every cost center with its depth, each after the one above it and before its next sister."""
    waiting = [(center, 0) for center in reversed(below.get(None, ()))]
    while waiting:
        center, depth = waiting.pop()
        yield center, depth
        waiting += [(child, depth + 1) for child in reversed(below.get(center.id, ()))]


def _rolled_up(
    order: Sequence[tuple[CostCenter, int]],
    below: Mapping[UUID | None, Sequence[CostCenter]],
    costs: Mapping[str | None, Costs],
) -> dict[UUID, Costs]:
    """Return what each cost center has with all below it; from the last up, so that those below are known."""
    found: dict[UUID, Costs] = {}
    for center, _ in reversed(order):
        children = below.get(center.id, ())
        own = costs.get(center.code, {})
        found[center.id] = _added(own, *(found[child.id] for child in children)) if children else own
    return found


def _outside(costs: Mapping[str | None, Costs], listed: set[str]) -> Costs:
    return _added(*(found for code, found in costs.items() if code not in listed))


def _added(*costs: Costs) -> Costs:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in costs:
        for currency, cost in one.items():
            sums[currency] = CONTEXT.add(sums[currency], cost)
    return dict(sums)


def _costs(period: date, *, visibility: Visibility) -> dict[str | None, Costs]:
    asked = CostQuery(first=period, last=period, by=(DIMENSION,), granularity="total", limit=MOST_ROWS)
    by_code: dict[str | None, dict[str, Decimal]] = defaultdict(dict)
    for one in answer(asked, visibility=visibility).currencies:
        for line in one.lines:
            by_code[line.groups[0]][one.currency] = line.total
    return dict(by_code)
