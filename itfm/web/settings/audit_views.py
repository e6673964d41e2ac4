"""The audit log. Parse, one call, answer."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from itfm.accounts.access import TenantRequest, allow
from itfm.audit.selectors import AuditFilter
from itfm.web.settings.audit_build import audit_csv, audit_page
from itfm.web.shell.build import shell_of

LONGEST = 200


@allow("audit.read")
@require_GET
def audit(request: TenantRequest) -> HttpResponse:
    """Show who changed what, the newest first."""
    wanted, problem = _filter(request.GET)
    page = audit_page(
        shell=shell_of(request, "settings"),
        wanted=wanted,
        address=request.GET,
        problem=problem,
        time_zone=request.organization.time_zone,
    )
    return render(request, "settings/audit.html", {"page": page}, status=400 if problem else 200)


@allow("audit.read")
@require_GET
def audit_export(request: TenantRequest) -> HttpResponse:
    """Answer what the page would show as CSV."""
    wanted, problem = _filter(request.GET)
    if problem:
        return audit(request)
    response = HttpResponse(audit_csv(wanted), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def _filter(address: QueryDict) -> tuple[AuditFilter, str]:
    """Return what is looked for, and in words what of it cannot be read."""
    texts = {
        name: address.get(name, "").strip()[:LONGEST].replace("\0", "") for name in ("actor", "action", "from", "to")
    }
    try:
        start = _midnight(date.fromisoformat(texts["from"])) if texts["from"] else None
        end = _midnight(date.fromisoformat(texts["to"]) + timedelta(days=1)) if texts["to"] else None
    except (ValueError, OverflowError):
        return AuditFilter(), "Write days as year-month-day, for example 2026-10-31."
    return AuditFilter(actor=texts["actor"], action=texts["action"], start=start, end=end), ""


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
