"""What is asked about sources, bills and runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from ingestion.models import Bill, BillRevision, BillSource, Finding, ImportRun

Health = Literal["healthy", "running", "late", "failing", "paused", "new"]
LATE_AFTER: Final = timedelta(hours=1)
FAILING: Final = frozenset({ImportRun.State.REJECTED, ImportRun.State.FAILED, ImportRun.State.QUARANTINED})
RUNNING: Final = (ImportRun.State.QUEUED, ImportRun.State.RUNNING)


@dataclass(frozen=True, kw_only=True)
class SourceStatus:
    """A source and how it does; `data_through` is the last charge date of its newest bill.

    `newest_bill` is the billing period of its newest bill and the revision of it that is in force.
    """

    source: BillSource
    health: Health
    last_run: ImportRun | None
    last_pull_at: datetime | None
    data_through: date | None
    newest_bill: tuple[date, UUID] | None = None


def source_statuses(*, at: datetime) -> list[SourceStatus]:
    """Return every source in use with how it does, by name."""
    return _statuses(BillSource.objects.filter(is_draft=False, removed_at__isnull=True), at=at)


def source_status(source: BillSource, *, at: datetime) -> SourceStatus:
    """Return how one source does."""
    return _statuses(BillSource.objects.filter(pk=source.pk), at=at)[0]


def drafts() -> QuerySet[BillSource]:
    """Return sources whose connection is not finished, by name."""
    return BillSource.objects.filter(is_draft=True, removed_at__isnull=True).order_by("name", "id")


def removed_sources() -> QuerySet[BillSource]:
    """Return sources that are out of use and can be put back, the latest first."""
    return BillSource.objects.filter(removed_at__isnull=False).exclude(settings={}).order_by("-removed_at", "id")


def _statuses(wanted: QuerySet[BillSource], *, at: datetime) -> list[SourceStatus]:
    own = ImportRun.objects.filter(source=OuterRef("pk"))
    over = own.filter(finished_at__isnull=False, read_again=[]).order_by("-finished_at")
    in_force = BillRevision.objects.filter(bill__source=OuterRef("pk"), bill__current_revision=F("pk"))
    reaching = in_force.filter(charges_through__isnull=False).order_by("-charges_through")
    newest = Bill.objects.filter(source=OuterRef("pk"), current_revision__isnull=False).order_by("-billing_period")
    sources = wanted.annotate(
        newest_period=Subquery(newest.values("billing_period")[:1]),
        newest_revision_id=Subquery(newest.values("current_revision_id")[:1]),
        last_run_id=Subquery(own.order_by("-queued_at", "-id").values("id")[:1]),
        last_pull_at=Subquery(over.values("finished_at")[:1]),
        data_through=Subquery(reaching.values("charges_through")[:1]),
    )
    listed = list(sources.order_by("name", "id"))
    runs = ImportRun.objects.in_bulk([source.last_run_id for source in listed if source.last_run_id])
    return [
        SourceStatus(
            source=source,
            health=_health(source, runs.get(source.last_run_id), at=at),
            last_run=runs.get(source.last_run_id),
            last_pull_at=source.last_pull_at,
            data_through=source.data_through,
            newest_bill=(source.newest_period, source.newest_revision_id) if source.newest_period else None,
        )
        for source in listed
    ]


def _health(source: BillSource, last_run: ImportRun | None, *, at: datetime) -> Health:
    if last_run is not None and not last_run.is_over:
        return "running"
    if source.is_paused:
        return "paused"
    if last_run is None:
        return "new"
    if last_run.state in FAILING:
        return "failing"
    is_late = source.next_pull_at is not None and source.next_pull_at + LATE_AFTER < at
    return "late" if is_late else "healthy"


def delivered_revision(revision: BillRevision) -> BillRevision:
    """Return the revision that came with a delivery: this one, or that whose files were read again for it."""
    if revision.delivered_as is None:
        return revision
    return BillRevision.objects.select_related("run").get(bill_id=revision.bill_id, number=revision.delivered_as)


def current_revisions(period: date | None = None) -> QuerySet[BillRevision]:
    """Return the revisions in force, of one billing period or of all, in a stable order."""
    bills = Bill.objects.filter(current_revision__isnull=False)
    if period is not None:
        bills = bills.filter(billing_period=period)
    revisions = BillRevision.objects.filter(id__in=bills.values("current_revision_id"))
    return revisions.select_related("bill").order_by("bill__billing_period", "bill__source_id")


def billed_periods() -> list[date]:
    """Return the billing periods that have a bill in force, newest first."""
    bills = Bill.objects.filter(current_revision__isnull=False)
    return list(bills.order_by("-billing_period").values_list("billing_period", flat=True).distinct())


def summed(totals: Iterable[Mapping[str, Mapping[str, str]]], column: str) -> dict[str, Decimal]:
    """Return exact sums of one cost column by currency over the totals of several revisions."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in totals:
        for currency, columns in one.items():
            sums[currency] += Decimal(columns[column])
    return dict(sums)


def bill_total(period: date, column: str) -> dict[str, Decimal]:
    """Return what the bills in force say for a billing period, by currency."""
    return summed((revision.totals for revision in current_revisions(period)), column)


def revisions_with_findings(period: date) -> list[tuple[BillRevision, int]]:
    """Return the revisions in force of a billing period, each with how many findings of some severity it has."""
    found = current_revisions(period).select_related("bill__source")
    severe = Count("findings", filter=Q(findings__severity__in=SEVERE))
    counts = BillRevision.objects.filter(pk=OuterRef("pk")).annotate(severe=severe).values("severe")
    return [(revision, revision.severe_count) for revision in found.annotate(severe_count=Subquery(counts))]


def bills() -> QuerySet[Bill]:
    """Return all bills with their revision in force and how many revisions there are, newest period first."""
    return (
        Bill.objects.select_related("source", "current_revision")
        .annotate(revision_count=Count("revisions"))
        .order_by("-billing_period", "source__name", "id")
    )


def running_imports() -> QuerySet[ImportRun]:
    """Return imports that wait or run, oldest first."""
    return ImportRun.objects.filter(state__in=RUNNING).select_related("source").order_by("queued_at", "id")


def recent_imports(limit: int) -> QuerySet[ImportRun]:
    """Return the latest imports that are over, newest first."""
    over = ImportRun.objects.exclude(state__in=RUNNING)
    return over.select_related("source").order_by("-finished_at", "-id")[:limit]


SEVERITIES: Final = ("error", "warning", "info")
SEVERE: Final = ("error", "warning")
"""Findings that somebody should do something about."""


def first_findings(findings: QuerySet[Finding], limit: int) -> list[Finding]:
    """Return the most severe findings, in the order of the file."""
    found: list[Finding] = []
    for severity in SEVERITIES:
        found += findings.filter(severity=severity).order_by("number")[: limit - len(found)]
    return found
