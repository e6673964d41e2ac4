"""The Overview page. Parse, one call, answer."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from itfm.accounts.access import TenantRequest, allow, public
from itfm.core.periods import PeriodError, parse_period
from itfm.web.overview.actions import READS_BILLS, READS_RULES
from itfm.web.overview.build import overview_page
from itfm.web.shell.build import shell_of
from itfm.web.visibility import visibility_of


@public
@require_GET
def home(_request: HttpRequest) -> HttpResponse:
    """Lead to the Overview, by way of the login where needed."""
    return redirect("overview")


@allow("overview.read")
@require_GET
def overview(request: TenantRequest) -> HttpResponse:
    """Show where the money of a billing period went."""
    text = request.GET.get("period", "")
    try:
        period = parse_period(text) if text else None
    except PeriodError as error:
        raise Http404(str(error)) from error
    page = overview_page(
        shell=shell_of(request, "overview"),
        period=period,
        currency=request.GET.get("currency"),
        visibility=visibility_of(request.membership),
        permissions=frozenset(one for one in (READS_BILLS, READS_RULES) if request.membership.may(one)),
        at=timezone.now(),
    )
    return render(request, "overview/page.html", {"page": page})
