"""The Explain page and the panel that shows it beside a figure. Parse, one call, answer."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from allocation.costs.query import QueryError
from allocation.explain.selectors import NothingToExplainError
from allocation.explain.slices import SliceError
from itfm.accounts.access import TenantRequest, allow
from itfm.web.explain.address import run_of, slice_of
from itfm.web.explain.build import explain_page
from itfm.web.explain.page import ExplainPage
from itfm.web.shell.build import shell_of
from itfm.web.visibility import visibility_of
from showback.centers import visible_center
from showback.models import CostCenter


@allow("costs.read")
@require_GET
def explain(request: TenantRequest) -> HttpResponse:
    """Show why a figure is what it is; as a part of another page when a script asks for it."""
    shell = shell_of(request, "explain")
    try:
        page = explain_page(
            slice_of(request.GET),
            run_id=run_of(request.GET),
            within=_within(request),
            shell=shell,
            visibility=visibility_of(request.membership),
            may_read_bills=request.membership.may("bills.read"),
        )
    except (SliceError, QueryError, NothingToExplainError) as error:
        page = ExplainPage(shell=shell, explanation=None, problem=str(error))
        return render(request, "explain/page.html", {"page": page}, status=HTTPStatus.NOT_FOUND)
    template = "explain/panel.html" if request.headers.get("HX-Request") else "explain/page.html"
    return render(request, template, {"page": page})


def _within(request: TenantRequest) -> CostCenter | None:
    """Return the cost center the address names, if it names one.

    :raises SliceError: there is none of that name, or it is not the member's to see.
    """
    address = request.GET.get("within", "")
    try:
        return visible_center(address, visibility=visibility_of(request.membership)) if address else None
    except CostCenter.DoesNotExist as error:
        raise SliceError("There is no such cost center.") from error
