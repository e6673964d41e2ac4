"""Whether a billing period's figures are final: all bills in, pulled after its end, and allocated."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from django.db.models import Max

from allocation.models import AllocationRun
from ingestion.models import BillRevision, BillSource, ImportRun
from ingestion.selectors import current_revisions
from itfm.core.periods import next_period
from showback.statement import Completeness

LOOKED: tuple[str, ...] = (ImportRun.State.IMPORTED, ImportRun.State.UNCHANGED)
"""How an import ends that has seen everything its source has."""


def completeness_of(period: date, *, run: AllocationRun | None) -> Completeness:
    """Return whether every active source's bill of the period was looked at after its end and is in the ledger.

    A source that was connected after the period and has no bill of it does not count.
    """
    end = datetime.combine(next_period(period), time(), tzinfo=UTC)
    revisions = {revision.bill.source_id: revision for revision in current_revisions(period)}
    sources = BillSource.objects.filter(is_draft=False, removed_at__isnull=True, is_paused=False).order_by("name", "id")
    looked = dict(
        ImportRun.objects.filter(state__in=LOOKED)
        .values("source_id")
        .annotate(last=Max("finished_at"))
        .values_list("source_id", "last")
    )
    reasons = [
        reason
        for source in sources
        if (reason := _missing(source, revisions.get(source.id), looked.get(source.id), end=end))
    ]
    covered = run.revisions if run else {}
    reasons += [
        "The newest bill of a source is not allocated yet."
        for source_id, revision in revisions.items()
        if covered.get(str(source_id)) != str(revision.id)
    ][:1]
    if not revisions:
        reasons.append("There is no bill yet.")
    through = [revision.charges_through for revision in revisions.values() if revision.charges_through]
    return Completeness(data_through=max(through, default=None), reasons=tuple(reasons))


def _missing(source: BillSource, revision: BillRevision | None, looked_at: datetime | None, *, end: datetime) -> str:
    if revision is None:
        return "" if source.created_at >= end else f"{source.name} has no bill yet."
    seen = max(filter(None, (revision.imported_at, looked_at)))
    return "" if seen >= end else f"{source.name} was last pulled before the month ended."
