"""What was found in bills: on the page of one, over all of them, and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When

from ingestion.models import BillRevision, BillSource, Finding, ImportRun
from ingestion.selectors import SEVERITIES
from itfm.core.inert import csv_line
from itfm.core.periods import period_name
from itfm.web.bills.build import finding_row
from itfm.web.bills.page import FindingCode, FindingsPage, FindingsPart, FoundRow, SourceName
from itfm.web.bills.query import BillQuery
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
TITLES: Final = ("source", "billing_period", "severity", "code", "message", "file", "row", "column")


def findings_of_revision(revision: BillRevision) -> QuerySet[Finding]:
    """Return what was found in a revision, and in its delivery as a whole."""
    names = [file["name"] for file in revision.files]
    # A delivery of several bills tells of its files; only the file says which bill that concerns.
    shared = Q(revision__isnull=True, run_id=revision.run_id) & (Q(file="") | Q(file__in=names))
    return Finding.objects.filter(Q(revision=revision) | shared)


def findings_that_count(source_id: UUID | None) -> QuerySet[Finding]:
    """Return what was found in bills in force and their deliveries, and in the last import of each source in use."""
    used = BillSource.objects.filter(is_draft=False, removed_at=None)
    if source_id is not None:
        used = used.filter(id=source_id)
    last = ImportRun.objects.filter(source=OuterRef("pk"), finished_at__isnull=False).order_by("-finished_at", "-id")
    last_runs = used.annotate(last=Subquery(last.values("id")[:1])).values("last")
    in_force = BillRevision.objects.filter(bill__current_revision=F("id"), bill__source__in=used)
    shared = Q(revision__isnull=True) & (Q(run__in=last_runs) | Q(run__in=in_force.values("run")))
    return Finding.objects.filter(Q(revision__in=in_force) | shared)


def asked_for(found: QuerySet[Finding], query: BillQuery) -> QuerySet[Finding]:
    """Return those of a severity and a code, where they are asked for."""
    if query.severity:
        found = found.filter(severity=query.severity)
    return found.filter(code=query.code) if query.code else found


def findings_part(everything: QuerySet[Finding], *, query: BillQuery) -> FindingsPart:
    """Return a page of findings, the most severe first."""
    part = Paginator(ranked(asked_for(everything, query)), PER_PAGE).get_page(query.page)
    return FindingsPart(
        rows=tuple(finding_row(one) for one in part),
        count=part.paginator.count,
        page=part.number,
        pages=part.paginator.num_pages,
        severity=query.severity,
        code=query.code,
        codes=_codes(everything),
    )


def findings_page(parameters: Mapping[str, str], *, query: BillQuery, shell: Shell) -> FindingsPage:
    """Return what was found over all bills, or in those of the source that an address names."""
    source_id = source_of(parameters)
    everything = findings_that_count(source_id)
    part = Paginator(_with_bills(ranked(asked_for(everything, query))), PER_PAGE).get_page(query.page)
    sources = BillSource.objects.filter(is_draft=False, removed_at=None).order_by("name", "id")
    words = {"source": str(source_id or ""), "severity": query.severity, "code": query.code}
    return FindingsPage(
        shell=shell,
        rows=tuple(_found_row(one) for one in part),
        count=part.paginator.count,
        page=part.number,
        per_page=PER_PAGE,
        source_id=source_id,
        sources=tuple(SourceName(id=one.id, name=one.name, kind_name="") for one in sources),
        severity=query.severity,
        code=query.code,
        codes=_codes(everything),
        query=urlencode({name: value for name, value in words.items() if value}),
    )


def source_of(parameters: Mapping[str, str]) -> UUID | None:
    """Return the source an address names; what is no id counts as not asked."""
    try:
        return UUID(parameters.get("source", ""))
    except ValueError:
        return None


def findings_csv(found: QuerySet[Finding]) -> Iterator[bytes]:
    """Return findings as CSV in parts; a text that a spreadsheet would run gets an apostrophe before it."""
    yield csv_line(TITLES)
    for one in _with_bills(ranked(found)).iterator(chunk_size=1000):
        period = period_name(one.revision.bill.billing_period) if one.revision else ""
        place = (one.run.source.name, period)
        yield csv_line((*place, one.severity, one.code, one.message, one.file, one.row, one.column))


def ranked(found: QuerySet[Finding]) -> QuerySet[Finding]:
    """Return findings by how severe they are, the latest import's first."""
    # "error" < "info" < "warning" in the alphabet, so the order is spelled out.
    rank = Case(*(When(severity=name, then=Value(place)) for place, name in enumerate(SEVERITIES)), default=Value(9))
    return found.order_by(rank, "-run__queued_at", "run_id", "number", "id")


def _with_bills(found: QuerySet[Finding]) -> QuerySet[Finding]:
    return found.select_related("run__source", "revision__bill")


def _found_row(one: Finding) -> FoundRow:
    return FoundRow(
        finding=finding_row(one),
        source_id=one.run.source_id,
        source_name=one.run.source.name,
        bill_id=one.revision.bill_id if one.revision else None,
        billing_period=one.revision.bill.billing_period if one.revision else None,
    )


def _codes(everything: QuerySet[Finding]) -> tuple[FindingCode, ...]:
    counted = everything.order_by().values("severity", "code").annotate(count=Count("id"))
    in_order = sorted(counted, key=lambda code: (SEVERITIES.index(code["severity"]), code["code"]))
    return tuple(FindingCode(**code) for code in in_order)  # type: ignore[arg-type]
