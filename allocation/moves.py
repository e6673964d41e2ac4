"""What changes its value between two rule sets, in a month's bills: from which to which, in charges and money."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from allocation.engine.attribute_sets import Coded, combined, recoded
from allocation.engine.rules import RuleSet
from allocation.matches import Catch, Month, catches_by, summed
from itfm.core import money


@dataclass(frozen=True, kw_only=True)
class Move:
    """Charges that had one value of a dimension and get another; a value of None is unallocated."""

    old: str | None
    new: str | None
    catch: Catch


def moves(bills: Month, *, before: RuleSet, after: RuleSet) -> dict[str, tuple[Move, ...]]:
    """Return by dimension of the later rules what changes its value, dearest first; before splits.

    A dimension that the earlier rules do not have gave no value.
    """
    if not bills.revisions:
        return {dimension.key: () for dimension in after.dimensions}
    bills = bills.under(before, after)
    sets, new, _ = bills.classified(after)
    _, old, _ = bills.classified(before)
    rows = len(sets.attribute_set_ids)
    nothing = recoded([None] * rows, sets.attribute_set_ids)
    pairs = {key: (old.get(key, nothing), new[key]) for key in new}
    numbered = {key: combined(pair, rows=rows) for key, pair in pairs.items()}
    columns = {f"pair_{place}": numbers for place, (numbers, _) in enumerate(numbered.values())}
    with summed(bills.revisions, sets, columns) as database:
        found = {key: catches_by(database, f"pair_{place}") for place, key in enumerate(numbered)}
    return {
        dimension.key: _dearest(
            [
                Move(old=_text(pairs[dimension.key][0], row), new=_text(pairs[dimension.key][1], row), catch=catch)
                for number, row in enumerate(numbered[dimension.key][1].tolist())
                if (catch := found[dimension.key].get(number)) is not None
            ]
        )
        for dimension in after.dimensions
    }


def _text(column: Coded, row: int) -> str | None:
    return column.values[int(column.codes[row])]


def _dearest(listed: list[Move]) -> tuple[Move, ...]:
    """Return those that change anything, by what moves in the currency of which most moves."""
    changing = [move for move in listed if move.old != move.new]
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for move in changing:
        for currency, cost in move.catch.costs:
            totals[currency] = money.CONTEXT.add(totals[currency], cost.copy_abs())
    leading = max(totals, key=lambda currency: totals[currency], default="")
    return tuple(
        sorted(
            changing,
            key=lambda move: (
                dict(move.catch.costs).get(leading, Decimal(0)).copy_abs().copy_negate(),
                move.old or "",
                move.new or "",
            ),
        )
    )
