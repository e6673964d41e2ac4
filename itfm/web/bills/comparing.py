"""From two revisions of a bill to what changed, on its page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ingestion.comparison import Compared, Difference, comparison
from ingestion.models import BillRevision
from itfm.core.money import CONTEXT
from itfm.web.bills.page import ComparisonPart
from itfm.web.bills.query import BillQuery

MOST_SHOWN: Final = 200


def compared_pair(revisions: Sequence[BillRevision], *, query: BillQuery) -> tuple[BillRevision, BillRevision] | None:
    """Return the older and newer revision that are asked for, else the newest with the one before it.

    :param revisions: all of a bill, newest first; fewer than two cannot be compared.
    """
    if len(revisions) < 2:
        return None
    numbered = {revision.number: revision for revision in revisions}
    return numbered.get(query.older or 0, revisions[1]), numbered.get(query.newer or 0, revisions[0])


def comparison_part(revisions: Sequence[BillRevision], *, query: BillQuery) -> ComparisonPart | None:
    """Return what changed between two revisions; None with fewer than two."""
    pair = compared_pair(revisions, query=query)
    if pair is None:
        return None
    older, newer = pair
    found = comparison(older, newer)
    rows = found.differences if found else ()
    return ComparisonPart(
        numbers=tuple(revision.number for revision in revisions),
        older=older.number,
        newer=newer.number,
        is_readable=found is not None,
        rows=rows[:MOST_SHOWN],
        hidden=summed(rows[MOST_SHOWN:]),
        hidden_count=len(rows[MOST_SHOWN:]),
        totals=found.totals if found else (),
    )


def summed(rows: Sequence[Difference]) -> tuple[Compared, ...]:
    """Return the sums of differences by currency."""
    sums: dict[str, Compared] = {}
    for row in rows:
        before = sums.get(row.currency) or Compared(
            currency=row.currency, older_cost=Decimal(0), newer_cost=Decimal(0), older_charges=0, newer_charges=0
        )
        sums[row.currency] = Compared(
            currency=row.currency,
            older_cost=CONTEXT.add(before.older_cost, row.older_cost),
            newer_cost=CONTEXT.add(before.newer_cost, row.newer_cost),
            older_charges=before.older_charges + row.older_charges,
            newer_charges=before.newer_charges + row.newer_charges,
        )
    return tuple(sums[currency] for currency in sorted(sums))
