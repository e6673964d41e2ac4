"""The pages of sources. Parse, one call, answer; what is changed is written down."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import BillSource
from ingestion.services import (
    KINDS,
    change_source,
    draft_source,
    erase_source,
    look,
    pause_source,
    remove_source,
    restore_source,
    resume_source,
    schedule_source,
)
from itfm.accounts.access import TenantRequest, allow
from itfm.audit.services import record
from itfm.web.shell.build import shell_of
from itfm.web.sources.build import kinds_page, removal_page, schedule_page, settings_page, source_page, test_page
from itfm.web.sources.forms import RemovalForm, ScheduleForm, SettingsForm


@allow("sources.write")
@require_GET
def source_new(request: TenantRequest) -> HttpResponse:
    """Ask which kind of bill is delivered."""
    return render(request, "sources/kinds.html", {"page": kinds_page(shell=shell_of(request, "bills"))})


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def source_connect(request: TenantRequest, kind: str) -> HttpResponse:
    """Ask for the settings of a new source and save it as a draft."""
    if kind not in list(KINDS):
        raise Http404("There is no such kind of source.")
    form = SettingsForm(request.POST or None, kind=kind, organization=request.organization)
    if form.is_valid():
        source = draft_source(
            organization_id=request.organization.id,
            name=form.cleaned_data["name"],
            kind=kind,
            settings=form.settings(),
        )
        _write_down(request, "source.drafted", source, settings=source.settings)
        return redirect("source_test", source.id)
    page = settings_page(
        form, kind=kind, organization=request.organization, source=None, shell=shell_of(request, "bills")
    )
    return render(request, "sources/settings.html", {"page": page}, status=422 if form.is_bound else 200)


@allow("bills.read")
@require_GET
def source(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Show one source; a draft goes on where it was left."""
    found = _source(source_id)
    if found.is_draft and request.membership.may("sources.write"):
        return redirect("source_test", found.id)
    page = source_page(found, membership=request.membership, at=timezone.now(), shell=shell_of(request, "bills"))
    return render(request, "sources/source.html", {"page": page})


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def source_settings(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Change a source's name and settings; its secrets are kept where none are given."""
    found = _connectable(source_id)
    form = SettingsForm(request.POST or None, kind=found.kind, organization=request.organization, source=found)
    if form.is_valid():
        given = form.settings()
        before = dict(found.settings)
        change_source(found, name=form.cleaned_data["name"], settings=given)
        secrets = sorted(name for name in form.secrets if given.get(name))
        _write_down(request, "source.changed", found, before=before, after=found.settings, secrets_replaced=secrets)
        messages.success(request, f"{found.name}: settings saved. Test the connection.")
        return redirect("source_test", found.id)
    page = settings_page(
        form, kind=found.kind, organization=request.organization, source=found, shell=shell_of(request, "bills")
    )
    return render(request, "sources/settings.html", {"page": page}, status=422 if form.is_bound else 200)


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def source_test(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Try the connection and say what stands there."""
    found = _connectable(source_id)
    sighting = look(found) if request.method == "POST" else None
    return render(request, "sources/test.html", {"page": test_page(found, sighting, shell=shell_of(request, "bills"))})


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def source_schedule(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Set when a source is pulled; that is what finishes a draft."""
    found = _connectable(source_id)
    form = ScheduleForm(request.POST or None, initial={"pull_time": found.pull_time, "time_zone": found.time_zone})
    if form.is_valid():
        pull_time, time_zone = form.cleaned_data["pull_time"], form.cleaned_data["time_zone"]
        is_new = schedule_source(found, pull_time=pull_time, time_zone=time_zone, at=timezone.now())
        action = "source.connected" if is_new else "source.scheduled"
        _write_down(request, action, found, pull_time=str(pull_time or ""), time_zone=time_zone)
        messages.success(
            request,
            f"{found.name} is connected, and its first pull is queued." if is_new else f"{found.name}: schedule saved.",
        )
        return redirect("source", found.id)
    page = schedule_page(form, source=found, shell=shell_of(request, "bills"))
    return render(request, "sources/schedule.html", {"page": page}, status=422 if form.is_bound else 200)


@allow("sources.write")
@require_POST
def source_pause(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Stop pulling by schedule; to resume undoes it."""
    found = _in_use(source_id)
    pause_source(found)
    _write_down(request, "source.paused", found)
    messages.success(request, f"{found.name} is paused: it is not pulled until you resume it.")
    return redirect("source", found.id)


@allow("sources.write")
@require_POST
def source_resume(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Pull by schedule again."""
    found = _in_use(source_id)
    resume_source(found, at=timezone.now())
    _write_down(request, "source.resumed", found)
    messages.success(request, f"{found.name} is pulled by its schedule again.")
    return redirect("source", found.id)


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def source_remove(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Say what removing a source means, and on confirmation take it out of use."""
    found = _in_use(source_id)
    form = RemovalForm(request.POST or None)
    if form.is_valid():
        withdraws_bills = form.cleaned_data["bills"] == RemovalForm.WITHDRAW
        remove_source(found, withdraws_bills=withdraws_bills, at=timezone.now())
        _write_down(request, "source.removed", found, withdraws_bills=withdraws_bills)
        messages.success(request, f"{found.name} is removed. You can put it back under Removed sources.")
        return redirect("bills")
    page = removal_page(form, source=found, shell=shell_of(request, "bills"))
    return render(request, "sources/remove.html", {"page": page}, status=422 if form.is_bound else 200)


@allow("sources.write")
@require_POST
def source_restore(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Put a removed source back to use."""
    found = _removed(source_id)
    restore_source(found, at=timezone.now())
    _write_down(request, "source.restored", found)
    messages.success(request, f"{found.name} is back, with its bills.")
    return redirect("bills")


@allow("sources.write")
@require_POST
def source_erase(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Delete the keys and settings of a removed source for good."""
    found = _removed(source_id)
    _write_down(request, "source.erased", found)
    erase_source(found)
    messages.success(request, f"The settings and keys of {found.name} are deleted.")
    return redirect("bills")


def _source(source_id: UUID) -> BillSource:
    return _only(BillSource.objects.filter(pk=source_id, removed_at__isnull=True).first())


def _in_use(source_id: UUID) -> BillSource:
    found = BillSource.objects.select_for_update().filter(pk=source_id, removed_at__isnull=True)
    return _only(found.first())


def _connectable(source_id: UUID) -> BillSource:
    return _only(BillSource.objects.filter(pk=source_id, removed_at__isnull=True, is_uploaded=False).first())


def _removed(source_id: UUID) -> BillSource:
    return _only(BillSource.objects.select_for_update().filter(pk=source_id, removed_at__isnull=False).first())


def _only(source: BillSource | None) -> BillSource:
    if source is None:
        raise Http404("There is no such source.")
    return source


def _write_down(request: TenantRequest, action: str, source: BillSource, **changes: Any) -> None:
    record(
        action,
        organization_id=request.organization.id,
        actor_id=request.user.pk,
        actor_name=request.user.email,
        target=f"source {source.key}",
        summary=source.name,
        changes=changes,
    )
