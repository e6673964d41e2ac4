"""The pages on lines of a bill. Parse, one call, answer."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.lines.build import coverage_page, trace_page
from itfm.web.allocation.period import chosen_period
from itfm.web.shell.build import shell_of


@allow("rules.read")
@require_GET
def coverage(request: TenantRequest) -> HttpResponse:
    """Show what the rules leave unallocated, ranked by money, with rules that would catch it."""
    page = coverage_page(
        request.GET.get("dimension", ""),
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        may_write=request.membership.may("rules.write"),
    )
    return render(request, "allocation/lines/coverage.html", {"page": page})


@allow("rules.read")
@require_GET
def trace(request: TenantRequest) -> HttpResponse:
    """Show which rule catches a line of a bill, and why the rules above it do not."""
    page = trace_page(
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        may_write=request.membership.may("rules.write"),
        query=request.GET.get("q", "")[:200],
        line=request.GET.get("line", "").replace("\r\n", "\n")[:20_000],
    )
    return render(request, "allocation/lines/trace.html", {"page": page})
