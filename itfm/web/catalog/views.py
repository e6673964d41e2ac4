"""The pages of services. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import ServiceMapping
from ingestion.service_catalog import catalog
from ingestion.services.mappings import MappingError, map_service, mapped, unmap_service
from ingestion.services.reading_again import request_reading_again
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.web.catalog.build import service_page, services_page
from itfm.web.catalog.forms import ServiceForm
from itfm.web.shell.build import shell_of


@allow("bills.read")
@require_GET
def services(request: TenantRequest) -> HttpResponse:
    """Show which services have no category, and what others are said to be."""
    page = services_page(shell=shell_of(request, "bills"), membership=request.membership, at=timezone.now())
    return render(request, "catalog/page.html", {"page": page})


@allow("sources.write")
@require_http_methods(["GET", "POST"])
def service_map(request: TenantRequest) -> HttpResponse:
    """Say what a service is; the address names the service."""
    provider, called = request.GET.get("provider", ""), request.GET.get("service", "")
    if not called or "\0" in provider + called:
        raise Http404("There is no such service.")
    known = ServiceMapping.objects.filter(provider=provider, called=called).first()
    before = mapped(known) if known else None
    form = ServiceForm(
        request.POST if request.method == "POST" else None, provider=provider, called=called, before=before
    )
    if request.method == "POST" and form.is_valid():
        try:
            map_service(
                form.service(), organization_id=request.organization.id, by=actor_of(request), at=timezone.now()
            )
        except MappingError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"{called} is mapped, for bills as they come in.")
            return redirect("services")
    page = service_page(
        form, provider=provider, called=called, is_mapped=known is not None, shell=shell_of(request, "bills")
    )
    return render(request, "catalog/form.html", {"page": page}, status=422 if form.errors else 200)


@allow("sources.write")
@require_POST
def service_unmap(request: TenantRequest, mapping_id: UUID) -> HttpResponse:
    """Forget what a service is."""
    found = ServiceMapping.objects.filter(pk=mapping_id).first()
    if found is None:
        raise Http404("There is no such mapping.")
    unmap_service(found, by=actor_of(request))
    messages.success(request, f"{found.called} is mapped no more; the audit log has what it was.")
    return redirect("services")


@allow("bills.pull")
@require_POST
def services_read_again(request: TenantRequest) -> HttpResponse:
    """Queue the files of the bills that were chosen to be read again."""
    chosen = set(request.POST.getlist("bill"))
    revisions = [revision for revision in catalog().outdated if str(revision.bill_id) in chosen]
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
    return redirect("services")
