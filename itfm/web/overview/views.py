"""The Overview page. Parse, one call, answer."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from allocation.costs.query import QueryError
from itfm.accounts.access import TenantRequest, allow, public
from itfm.accounts.services import keep_lens
from itfm.core.periods import PeriodError, parse_period
from itfm.web.lens import lens_of
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
        lens = lens_of(request)
    except (PeriodError, QueryError) as error:
        raise Http404(str(error)) from error
    page = overview_page(
        shell=shell_of(request, "overview"),
        period=period,
        currency=request.GET.get("currency"),
        lens=lens,
        visibility=visibility_of(request.membership),
        permissions=frozenset(one for one in (READS_BILLS, READS_RULES) if request.membership.may(one)),
        at=timezone.now(),
    )
    return render(request, "overview/page.html", {"page": page})


@allow("overview.read")
@require_POST
def overview_lens(request: TenantRequest) -> HttpResponse:
    """Keep the lens that somebody chooses for the next time, and show the Overview through it."""
    try:
        keep_lens(request.membership, lens_of(request))
    except QueryError as error:
        raise Http404(str(error)) from error
    return redirect(f"{reverse('overview')}?{request.GET.urlencode()}")
