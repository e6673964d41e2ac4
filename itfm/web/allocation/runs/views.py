"""The pages of runs. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from allocation.models import AllocationRun
from allocation.services import request_allocation
from ingestion.selectors import billed_periods
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.core.periods import PeriodError, parse_period
from itfm.web.allocation.runs.build import run_page, runs_page
from itfm.web.display import period_text
from itfm.web.shell.build import shell_of


@allow("rules.read")
@require_GET
def runs(request: TenantRequest) -> HttpResponse:
    """Show the runs, newest first, and those under way."""
    page = runs_page(shell=shell_of(request, "allocation"), may_write=request.membership.may("rules.write"))
    return render(request, "allocation/runs/page.html", {"page": page})


@allow("rules.read")
@require_GET
def run(request: TenantRequest, run_id: UUID) -> HttpResponse:
    """Show one run with its proof and what it changed."""
    try:
        page = run_page(
            run_id,
            shell=shell_of(request, "allocation"),
            may_write=request.membership.may("rules.write"),
            dimension=request.GET.get("by", ""),
        )
    except AllocationRun.DoesNotExist as error:
        raise Http404("There is no such run.") from error
    return render(request, "allocation/runs/run.html", {"page": page})


@allow("rules.write")
@require_POST
def allocate_again(request: TenantRequest) -> HttpResponse:
    """Put a billing period in line for a new run."""
    try:
        period = parse_period(request.POST.get("period", ""))
    except PeriodError as error:
        raise Http404(str(error)) from error
    if period not in billed_periods():
        raise Http404("No bill of this period is in force.")
    _, is_new = request_allocation(period, organization_id=request.organization.id, by=actor_of(request))
    said = "is in line to be allocated again" if is_new else "is being allocated already"
    messages.success(request, f"{period_text(period)} {said}.")
    return redirect("allocation_runs")
