"""The pages of cost centers. Parse, one call, answer."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.core.periods import PeriodError, parse_period, period_name
from itfm.web.shell.build import shell_of
from itfm.web.shell.page import PeriodChoice
from itfm.web.showback.build import scorecard_page, showback_page, shown_period, statement_csv
from itfm.web.showback.forms import OwnerForm
from itfm.web.visibility import visibility_of
from showback.centers import visible_center
from showback.models import CostCenter
from showback.services import change_owner
from showback.statements import statement

LONGEST_SEARCH: Final = 200


@allow("showback.read")
@require_GET
def showback(request: TenantRequest) -> HttpResponse:
    """Show every cost center with what it cost."""
    page = showback_page(
        shell=shell_of(request, "showback"),
        period=period_of(request),
        visibility=visibility_of(request.membership),
        under=center_of(request, request.GET["under"]) if request.GET.get("under") else None,
        text=request.GET.get("q", "").strip()[:LONGEST_SEARCH],
        number=_number_of(request.GET.get("page", "")),
        may_read_bills=request.membership.may("bills.read"),
        may_write=request.membership.may("showback.write"),
    )
    return render(request, "showback/page.html", {"page": page})


@allow("showback.read")
@require_GET
def scorecard(request: TenantRequest, code: str) -> HttpResponse:
    """Show one cost center."""
    center = center_of(request, code)
    may_write = request.membership.may("showback.write")
    return _scorecard(request, center, OwnerForm(initial={"owner_email": center.owner_email}) if may_write else None)


def _scorecard(
    request: TenantRequest, center: CostCenter, form: OwnerForm | None, *, status: int = 200
) -> HttpResponse:
    page = scorecard_page(
        center,
        shell=shell_of(request, "showback"),
        period=period_of(request),
        visibility=visibility_of(request.membership),
        may_read_bills=request.membership.may("bills.read"),
        owner_form=form,
    )
    return render(request, "showback/scorecard.html", {"page": page}, status=status)


@allow("showback.read")
@require_GET
def scorecard_csv(request: TenantRequest, code: str) -> HttpResponse:
    """Answer a statement as a file for spreadsheets."""
    center, period = center_of(request, code), period_of(request).shown
    found = statement(center, period=period, visibility=visibility_of(request.membership))
    response = HttpResponse(statement_csv(found), content_type="text/csv; charset=utf-8")
    name = f"showback-{center.address}-{period_name(period)}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@allow("showback.write")
@require_POST
def scorecard_owner(request: TenantRequest, code: str) -> HttpResponse:
    """Save who gets a cost center's letter."""
    center = center_of(request, code)
    form = OwnerForm(request.POST)
    if not form.is_valid():
        return _scorecard(request, center, form, status=422)
    is_changed = change_owner(center, form.cleaned_data["owner_email"], by=actor_of(request))
    messages.success(request, "The owner is saved." if is_changed else "Nothing was changed.")
    return redirect("scorecard", center.address)


def _number_of(text: str) -> int:
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def center_of(request: TenantRequest, code: str) -> CostCenter:
    """Return the cost center an address names, if it is the member's to see."""
    try:
        return visible_center(code, visibility=visibility_of(request.membership))
    except CostCenter.DoesNotExist as error:
        raise Http404("There is no such cost center.") from error


def period_of(request: TenantRequest) -> PeriodChoice:
    """Return the period an address names, or the newest that is over."""
    text = request.GET.get("period", "")
    try:
        wanted: date | None = parse_period(text) if text else None
    except PeriodError as error:
        raise Http404(str(error)) from error
    return shown_period(wanted, at=timezone.now())
