"""The pages of services and regions. Parse, one call, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import RegionMapping, ServiceMapping
from ingestion.region_catalog import outdated_bills
from ingestion.services.mappings import (
    MappingError,
    map_region,
    map_service,
    mapped,
    mapped_region,
    unmap_region,
    unmap_service,
)
from ingestion.services.reading_again import request_reading_again
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.web.catalog.build import catalog_page, mapping_page
from itfm.web.catalog.forms import RegionForm, ServiceForm
from itfm.web.catalog.page import REGIONS, SERVICES, Words
from itfm.web.shell.build import shell_of


@allow("bills.read")
@require_GET
def services(request: TenantRequest) -> HttpResponse:
    """Show which services have no category, and what others are said to be."""
    return _list(request, SERVICES)


@allow("bills.read")
@require_GET
def regions(request: TenantRequest) -> HttpResponse:
    """Show which regions have no name, and what others are called."""
    return _list(request, REGIONS)


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def service_map(request: TenantRequest) -> HttpResponse:
    """Say what a service is; the address names the service."""
    provider, called = _named(request, SERVICES)
    known = ServiceMapping.objects.filter(provider=provider, called=called).first()
    form = ServiceForm(_data(request), provider=provider, called=called, before=mapped(known) if known else None)
    return _map(request, SERVICES, form, keep=map_service, is_mapped=known is not None)


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def region_map(request: TenantRequest) -> HttpResponse:
    """Say what a region is called; the address names the region."""
    provider, called = _named(request, REGIONS)
    known = RegionMapping.objects.filter(provider=provider, called=called).first()
    form = RegionForm(_data(request), provider=provider, called=called, before=mapped_region(known) if known else None)
    return _map(request, REGIONS, form, keep=map_region, is_mapped=known is not None)


@allow("sources.write")
@require_POST
def service_unmap(request: TenantRequest, mapping_id: UUID) -> HttpResponse:
    """Forget what a service is."""
    found = ServiceMapping.objects.filter(pk=mapping_id).first()
    if found is None:
        raise Http404("There is no such mapping.")
    unmap_service(found, by=actor_of(request))
    return _forgotten(request, SERVICES, found.called)


@allow("sources.write")
@require_POST
def region_unmap(request: TenantRequest, mapping_id: UUID) -> HttpResponse:
    """Forget what a region is called."""
    found = RegionMapping.objects.filter(pk=mapping_id).first()
    if found is None:
        raise Http404("There is no such mapping.")
    unmap_region(found, by=actor_of(request))
    return _forgotten(request, REGIONS, found.called)


@allow("bills.pull")
@require_POST
def bills_read_again(request: TenantRequest) -> HttpResponse:
    """Queue the files of the bills that were chosen to be read again, for services and regions alike."""
    chosen = set(request.POST.getlist("bill"))
    revisions = [revision for revision in outdated_bills() if str(revision.bill_id) in chosen]
    runs, busy = request_reading_again(
        revisions, organization_id=request.organization.id, by=actor_of(request), at=timezone.now()
    )
    if busy:
        names = ", ".join(source.name for source in busy)
        messages.error(request, f"{names} is being imported already. Ask again when that is over.")
    if runs:
        messages.success(
            request,
            f"{len(revisions)} bills wait to be read again."
            if len(revisions) > 1
            else "One bill waits to be read again.",
        )
        return redirect("bills")
    if not busy:
        messages.error(request, "Choose at least one bill to read again.")
    return redirect(REGIONS.list_url if request.POST.get("list") == REGIONS.list_url else SERVICES.list_url)


def _list(request: TenantRequest, words: Words) -> HttpResponse:
    page = catalog_page(words, shell=shell_of(request, "bills"), membership=request.membership, at=timezone.now())
    return render(request, "catalog/page.html", {"page": page})


def _named(request: TenantRequest, words: Words) -> tuple[str, str]:
    """Return whose service or region the address names, and which."""
    provider, called = request.GET.get("provider", ""), request.GET.get(words.one, "")
    if not called or "\0" in provider + called:
        raise Http404(f"There is no such {words.one}.")
    return provider, called


def _data(request: TenantRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _map(
    request: TenantRequest,
    words: Words,
    form: ServiceForm | RegionForm,
    *,
    keep: Callable[..., object],
    is_mapped: bool,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            keep(form.said(), organization_id=request.organization.id, by=actor_of(request), at=timezone.now())
        except MappingError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"{form.called} is mapped, for bills as they come in.")
            return redirect(words.list_url)
    page = mapping_page(
        words,
        form,
        provider=form.provider,
        called=form.called,
        is_mapped=is_mapped,
        shell=shell_of(request, "bills"),
    )
    return render(request, "catalog/form.html", {"page": page}, status=422 if form.errors else 200)


def _forgotten(request: TenantRequest, words: Words, called: str) -> HttpResponse:
    messages.success(request, f"{called} is mapped no more; the audit log has what it was.")
    return redirect(words.list_url)
