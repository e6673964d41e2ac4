"""The cost-center tree with what each branch cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from allocation.costs.answer import answer
from allocation.costs.query import MOST_ROWS, CostQuery
from allocation.selectors import Visibility
from itfm.core.money import CONTEXT
from showback.models import CostCenter
from showback.statements import DIMENSION

Costs = Mapping[str, Decimal]
"""By currency."""


@dataclass(frozen=True, kw_only=True)
class CenterCosts:
    """A cost center with all below it: what it cost in a period and in the one before."""

    center: CostCenter
    depth: int
    """0 for a root, or for the first one that somebody may see."""
    now: Costs
    before: Costs


@dataclass(frozen=True, kw_only=True)
class CenterTree:
    """Each cost center under its parent, and what belongs to none of the organization's cost centers."""

    rows: tuple[CenterCosts, ...]
    outside: Costs
    outside_before: Costs


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
    found = CostCenter.objects.ancestors(center)
    return [above for above in found if codes is None or above.code in codes]


def _of_code(code: str) -> CostCenter:
    found: CostCenter = CostCenter.objects.get(code=code.replace("\0", ""))
    return found


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def center_tree(period: date, *, before: date, visibility: Visibility) -> CenterTree:
    """Return the cost centers somebody may see with their costs, each under its parent, by code."""
    codes = visible_codes(visibility)
    everyone = list(CostCenter.objects.order_by("code"))
    centers = [one for one in everyone if codes is None or one.code in codes]
    known = {center.id for center in centers}
    children: dict[UUID | None, list[CostCenter]] = defaultdict(list)
    for center in centers:
        children[center.parent_id if center.parent_id in known else None].append(center)
    now, earlier = (_costs(month, visibility=visibility) for month in (period, before))
    listed = {center.code for center in everyone}
    return CenterTree(
        rows=tuple(_branches(None, children, depth=0, now=now, before=earlier)),
        outside=_outside(now, listed),
        outside_before=_outside(earlier, listed),
    )


def _outside(costs: Mapping[str | None, Costs], listed: set[str]) -> Costs:
    return _added(*(found for code, found in costs.items() if code not in listed))


def _branches(
    parent: UUID | None,
    children: Mapping[UUID | None, list[CostCenter]],
    *,
    depth: int,
    now: Mapping[str | None, Costs],
    before: Mapping[str | None, Costs],
) -> Iterator[CenterCosts]:
    for center in children.get(parent, ()):
        below = list(_branches(center.id, children, depth=depth + 1, now=now, before=before))
        direct = [one for one in below if one.depth == depth + 1]
        yield CenterCosts(
            center=center,
            depth=depth,
            now=_added(now.get(center.code, {}), *(one.now for one in direct)),
            before=_added(before.get(center.code, {}), *(one.before for one in direct)),
        )
        yield from below


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
