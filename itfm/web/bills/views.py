"""The pages of bills. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from ingestion.models import Bill, BillSource
from ingestion.services import request_import
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.audit.services import record
from itfm.web.bills.build import bill_page, bills_page, running_part
from itfm.web.shell.build import shell_of


@allow("bills.read")
@require_GET
def bills(request: TenantRequest) -> HttpResponse:
    """Show where bills come from, what has arrived, and what is wrong with it."""
    page = bills_page(shell=shell_of(request, "bills"), membership=request.membership, at=timezone.now())
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
    """Show one bill with its revisions and findings."""
    try:
        page = bill_page(bill_id, shell=shell_of(request, "bills"))
    except Bill.DoesNotExist as error:
        raise Http404("There is no such bill.") from error
    return render(request, "bills/bill.html", {"page": page})


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
