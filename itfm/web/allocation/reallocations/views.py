"""The pages of re-allocations. Parse, one call, answer."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from allocation.models import Reallocation
from allocation.services.reallocations import ReallocationError, cancel_reallocation, request_reallocation
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.core.periods import PeriodError, parse_period
from itfm.web.allocation.build import reallocation_part
from itfm.web.allocation.reallocations.page import ReallocationPage
from itfm.web.shell.build import shell_of


@allow("rules.write")
@require_POST
def reallocate(request: TenantRequest) -> HttpResponse:
    """Put many billing periods in line for a new run."""
    try:
        first, last = _period(request, "first"), _period(request, "last")
        reallocation = request_reallocation(
            first, last=last, organization_id=request.organization.id, by=actor_of(request), at=timezone.now()
        )
    except (PeriodError, ReallocationError) as error:
        messages.error(request, f"Nothing is allocated again. {error}")
        return redirect("allocation_runs")
    return redirect("allocation_reallocation", reallocation.id)


def _period(request: TenantRequest, name: str) -> date | None:
    text = request.POST.get(name, "")
    return parse_period(text) if text else None


@allow("rules.read")
@require_GET
def reallocation(request: TenantRequest, reallocation_id: UUID) -> HttpResponse:
    """Show how far a re-allocation is; when its last month is over, the whole page is due again."""
    found = Reallocation.objects.filter(pk=reallocation_id).select_related("asked_by").first()
    if found is None:
        raise Http404("There is no such re-allocation.")
    page = ReallocationPage(
        shell=shell_of(request, "allocation"),
        may_write=request.membership.may("rules.write"),
        part=reallocation_part(found),
    )
    response = render(request, "allocation/reallocations/page.html", {"page": page})
    if request.headers.get("HX-Request") and page.part.is_over:
        response["HX-Refresh"] = "true"
    return response


@allow("rules.write")
@require_POST
def cancel(request: TenantRequest, reallocation_id: UUID) -> HttpResponse:
    """Take back the months that wait, and let those under way stop at their next step."""
    try:
        taken_back = cancel_reallocation(reallocation_id, by=actor_of(request), at=timezone.now())
    except Reallocation.DoesNotExist as error:
        raise Http404("There is no such re-allocation.") from error
    said = "1 month was" if taken_back == 1 else f"{taken_back} months were"
    messages.success(request, f"{said} taken back. Months that are done keep their new ledger.")
    return redirect("allocation_reallocation", reallocation_id)
