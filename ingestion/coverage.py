"""Which months a source has delivered, how completely, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from django.db.models import Count, Q

from ingestion.models import Bill, BillSource
from itfm.core.periods import next_period, previous_period

MONTHS_SHOWN: Final = 13
Coverage = Literal["complete", "restated", "under_way", "partial", "missing", "none"]
"""`none`: before the source's first bill. `under_way`: the month has not ended."""


@dataclass(frozen=True, kw_only=True)
class CoveredMonth:
    """What there is of one month from one source; `reason` says in words why it is so."""

    period: date
    state: Coverage
    reason: str
    bill_id: UUID | None = None


def months_shown(at: datetime) -> tuple[date, ...]:
    """Return the months up to the current one, oldest first."""
    months = [date(at.year, at.month, 1)]
    while len(months) < MONTHS_SHOWN:
        months.append(previous_period(months[-1]))
    return tuple(reversed(months))


def coverage(sources: Sequence[BillSource], *, at: datetime) -> dict[UUID, tuple[CoveredMonth, ...]]:
    """Return what there is of each month shown, by source."""
    months = months_shown(at)
    found: dict[UUID, dict[date, Bill]] = {source.id: {} for source in sources}
    bills = Bill.objects.filter(source__in=sources).select_related("current_revision")
    for bill in bills.annotate(revision_count=Count("revisions", filter=Q(revisions__delivered_as=None))):
        found[bill.source_id][bill.billing_period] = bill
    return {
        source_id: tuple(_month(period, delivered, today=at.date()) for period in months)
        for source_id, delivered in found.items()
    }


def _month(period: date, delivered: Mapping[date, Bill], *, today: date) -> CoveredMonth:
    bill = delivered.get(period)
    is_over = next_period(period) <= today
    if bill is None or bill.current_revision is None:
        state, reason = _absence(bill, is_over=is_over, has_begun=bool(delivered) and min(delivered) < period)
        return CoveredMonth(period=period, state=state, reason=reason, bill_id=bill.id if bill else None)
    through, count = bill.current_revision.charges_through, getattr(bill, "revision_count", 1)
    last_day = date.fromordinal(next_period(period).toordinal() - 1)
    if not is_over:
        state, reason = "under_way", f"Under way: {_charges(through)} so far."
    elif through is not None and through < last_day:
        state, reason = "partial", f"Partial: {_charges(through)}, and the month has {last_day.day} days."
    elif count > 1:
        state, reason = "restated", f"Complete, delivered {count} times; the last delivery is in force."
    else:
        state, reason = "complete", f"Complete: {_charges(through)}."
    return CoveredMonth(period=period, state=state, reason=reason, bill_id=bill.id)


def _absence(bill: Bill | None, *, is_over: bool, has_begun: bool) -> tuple[Coverage, str]:
    if bill is not None:
        return "missing", "Missing: no delivery of this bill is in force."
    if not has_begun:
        return "none", "Nothing was delivered up to then."
    if not is_over:
        return "none", "Nothing has been delivered for the current month yet."
    return "missing", "Missing: there is no bill of this month. Have the provider export it again, then pull."


def _charges(through: date | None) -> str:
    return f"charges through {through.day} {through:%b %Y}" if through else "charges without a day of use"
