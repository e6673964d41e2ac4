"""Values to choose from while typing: those that cost most, of a column or a dimension."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from allocation.selectors import EVERYTHING, Visibility, month_sums_by

LONGEST_TEXT: Final = 200
MEASURE: Final = "effective_cost"


def suggest(
    name: str,
    text: str,
    *,
    runs: Mapping[date, UUID],
    visibility: Visibility = EVERYTHING,
    limit: int = 20,
    also: Sequence[str] = (),
) -> list[str]:
    """Return values of a column or dimension that contain a text, in any case: those that begin with it first.

    `runs` are those in force, by billing period. `also` are values that fit for another reason, such as their name. Of
    the rest, what cost most in the periods stands first; for this order alone, currencies count alike.
    """
    if "\0" in text or not runs or name == "charge_date":
        return []
    wanted = text[:LONGEST_TEXT].lower()
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for value, _, cost in month_sums_by([name], runs=runs, measures=[MEASURE], visibility=visibility):
        if value is not None and (wanted in str(value).lower() or value in also):
            costs[str(value)] += cost
    ranked = sorted(costs, key=lambda value: (not value.lower().startswith(wanted), -abs(costs[value]), value))
    return ranked[:limit]
