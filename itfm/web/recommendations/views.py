"""The page of recommendations. Parse, one call, answer."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ingestion.recommendations import ListNotKeptError
from itfm.accounts.access import TenantRequest, allow
from itfm.web.recommendations.build import recommendations_page, recommendations_sheet
from itfm.web.recommendations.query import parse_query
from itfm.web.sheets import KINDS
from itfm.web.shell.build import shell_of


@allow("bills.read")
@require_GET
def recommendations(request: TenantRequest) -> HttpResponse:
    """Show what providers recommend to save cost; nothing ties it to a cost center, so it is for who sees all bills."""
    page = recommendations_page(
        parse_query(request.GET.dict()),
        shell=shell_of(request, "bills"),
        may_write=request.membership.may("sources.write"),
        today=timezone.now().date(),
    )
    return render(request, "recommendations/page.html", {"page": page})


@allow("bills.read")
@require_GET
def recommendations_file(request: TenantRequest) -> HttpResponse:
    """Hand out all recommendations that are asked for as a file."""
    kind = request.GET.get("format", "csv")
    if kind not in KINDS:
        raise Http404("There is no such format.")
    try:
        sheet = recommendations_sheet(parse_query(request.GET.dict()))
    except ListNotKeptError as error:
        raise Http404(str(error)) from error
    media_type, write = KINDS[kind]
    response = HttpResponse(write(sheet), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="recommendations.{kind}"'
    return response
