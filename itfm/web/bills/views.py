"""The pages of bills. Parse, one call, answer."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from ingestion.comparison import comparison, comparison_csv
from ingestion.exports import NothingToExportError, charges_csv, charges_parquet
from ingestion.models import Bill, BillRevision, BillSource
from ingestion.services import request_import
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.audit.services import record
from itfm.web.bills.build import bills_page, running_part
from itfm.web.bills.comparing import compared_pair
from itfm.web.bills.detail import bill_page
from itfm.web.bills.findings import (
    asked_for,
    findings_csv,
    findings_of_revision,
    findings_page,
    findings_that_count,
    source_of,
)
from itfm.web.bills.query import parse_query
from itfm.web.shell.build import shell_of
from itfm.web.visibility import visibility_of


@allow("bills.read")
@require_GET
def bills(request: TenantRequest) -> HttpResponse:
    """Show where bills come from, what has arrived, and what is wrong with it."""
    part = parse_query(request.GET.dict()).page
    page = bills_page(shell=shell_of(request, "bills"), membership=request.membership, part=part, at=timezone.now())
    return render(request, "bills/page.html", {"page": page})


@allow("bills.read")
@require_GET
def bills_running(request: TenantRequest) -> HttpResponse:
    """Show the imports that wait or run; when the last one is over, the whole page is due again."""
    part = running_part()
    response = render(request, "bills/page.html#running", {"page": part, "part": part})
    if not part.runs:
        response["HX-Refresh"] = "true"
    return response


@allow("bills.read")
@require_GET
def bill(request: TenantRequest, bill_id: UUID) -> HttpResponse:
    """Show one bill with its revisions, whether it adds up, and its findings."""
    try:
        page = bill_page(
            bill_id,
            query=parse_query(request.GET.dict()),
            visibility=visibility_of(request.membership),
            shell=shell_of(request, "bills"),
            at=timezone.now(),
        )
    except Bill.DoesNotExist as error:
        raise Http404("There is no such bill.") from error
    return render(request, "bills/bill.html", {"page": page})


@allow("bills.read")
@require_GET
def findings(request: TenantRequest) -> HttpResponse:
    """Show what was found over all bills."""
    asked = request.GET.dict()
    page = findings_page(asked, query=parse_query(asked), shell=shell_of(request, "bills"))
    return render(request, "bills/all_findings.html", {"page": page})


@allow("bills.read")
@require_GET
def findings_file(request: TenantRequest) -> HttpResponse:
    """Hand out what was found over all bills as CSV, what is asked for only."""
    asked = request.GET.dict()
    found = asked_for(findings_that_count(source_of(asked)), parse_query(asked))
    answer = HttpResponse(b"".join(findings_csv(found)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="findings.csv"'
    return answer


@allow("bills.read")
@require_GET
def bill_findings(request: TenantRequest, bill_id: UUID) -> HttpResponse:
    """Hand out the findings of the revision in force as CSV, those asked for only."""
    revision = _revision_in_force(bill_id)
    found = asked_for(findings_of_revision(revision), parse_query(request.GET.dict()))
    lines = b"".join(findings_csv(found))
    return _download(HttpResponse(lines, content_type="text/csv; charset=utf-8"), revision, ending="findings.csv")


@allow("bills.read")
@require_GET
def bill_comparison(request: TenantRequest, bill_id: UUID) -> HttpResponse:
    """Hand out what changed between two revisions as CSV, by account and service."""
    revisions = BillRevision.objects.filter(bill_id=bill_id).select_related("bill__source").order_by("-number")
    pair = compared_pair(list(revisions), query=parse_query(request.GET.dict()))
    found = comparison(*pair) if pair else None
    if pair is None or found is None:
        raise Http404("There is nothing to compare.")
    lines = HttpResponse(b"".join(comparison_csv(found)), content_type="text/csv; charset=utf-8")
    return _download(lines, pair[1], ending=f"since-{found.older}.csv")


@allow("bills.read")
@require_GET
def bill_charges_csv(_request: TenantRequest, bill_id: UUID) -> HttpResponse:
    """Hand out the charges of the revision in force as CSV, part by part."""
    revision = _revision_in_force(bill_id)
    try:
        parts = charges_csv(revision)
    except NothingToExportError as error:
        raise Http404(str(error)) from error
    return _download(StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8"), revision, ending="csv")


@allow("bills.read")
@require_GET
def bill_charges_parquet(_request: TenantRequest, bill_id: UUID) -> HttpResponse:
    """Hand out the charges of the revision in force as Parquet."""
    revision = _revision_in_force(bill_id)
    try:
        stream = charges_parquet(revision)
    except NothingToExportError as error:
        raise Http404(str(error)) from error
    return _download(FileResponse(stream, content_type="application/vnd.apache.parquet"), revision, ending="parquet")


def _revision_in_force(bill_id: UUID) -> BillRevision:
    bills_there = Bill.objects.filter(pk=bill_id)
    found = BillRevision.objects.filter(id__in=bills_there.values("current_revision")).select_related("bill__source")
    if (revision := found.first()) is None:
        raise Http404("There is no such bill.")
    return revision


def _download(response: HttpResponseBase, revision: BillRevision, *, ending: str) -> HttpResponse:
    name = f"{revision.bill.source.key}-{revision.bill.billing_period:%Y-%m}-revision-{revision.number}.{ending}"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    # A streamed answer is no HttpResponse to Django, and served like one.
    return cast("HttpResponse", response)


@allow("bills.pull")
@require_POST
def pull(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Queue an import of a source."""
    source = BillSource.objects.filter(pk=source_id, is_draft=False, is_uploaded=False, removed_at=None).first()
    if source is None:
        raise Http404("There is no such source.")
    _, is_new = request_import(source, trigger="person", at=timezone.now())
    if is_new:
        actor = actor_of(request)
        record(
            "source.pull_requested",
            organization_id=request.organization.id,
            actor_id=actor.id,
            actor_name=actor.name,
            target=source.name,
        )
    messages.success(
        request, f"{source.name}: import queued." if is_new else f"{source.name} is being imported already."
    )
    return redirect("bills")
