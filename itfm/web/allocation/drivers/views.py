"""The pages of drivers. Parse, one call, answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from allocation.drafts.operations import PutEntry
from allocation.driver_files import DriverFile, read, written
from allocation.engine.drivers import Driver
from allocation.models import DriverValue
from allocation.services.drivers import reception, take_in_values
from allocation.table_files import MAX_BYTES
from allocation.working import WorkingRules, working_rules
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.build import draft_bar, driver_rows
from itfm.web.allocation.changes import change
from itfm.web.allocation.drivers.page import DriverPage, DriversPage
from itfm.web.shell.build import shell_of


@allow("rules.read")
@require_GET
def drivers(request: TenantRequest) -> HttpResponse:
    """Show the drivers and how many values each has."""
    working = working_rules()
    page = DriversPage(
        shell=shell_of(request, "allocation"),
        bar=draft_bar(working, may_write=request.membership.may("rules.write")),
        drivers=driver_rows(working.rules),
        dimensions=tuple((one.key, one.name) for one in working.rules.dimensions),
    )
    return render(request, "allocation/drivers/page.html", {"page": page})


@allow("rules.write")
@require_POST
def add(request: TenantRequest) -> HttpResponse:
    """Add a driver to the draft."""
    entry = {name: request.POST.get(name, "").strip() for name in ("key", "name", "dimension", "unit")}
    change(request, PutEntry(kind="drivers", key=None, entry=entry))
    return redirect("allocation_drivers")


@allow("rules.read")
@require_GET
def driver(request: TenantRequest, key: str) -> HttpResponse:
    """Show a driver and the form that takes in a file."""
    return _shown(request, *_driver(key))


@allow("drivers.write")
@require_POST
def take_in(request: TenantRequest, key: str) -> HttpResponse:
    """Say how a file would be taken in and, once confirmed, take it in."""
    working, found = _driver(key)
    file, name = _file(request), _file_name(request)
    if file.problems:
        return _shown(request, working, found, status=422, problems=file.problems)
    if "confirmed" not in request.POST:
        said = reception(found, file.values, rules=working.rules)
        content = written((one.date, one.value, one.quantity) for one in file.values)
        return _shown(request, working, found, reception=said, file_name=name, content=content)
    count = take_in_values(found, file.values, organization_id=request.organization.id, by=request.user, file_name=name)
    messages.success(request, f"{count:,} values taken in. Periods that use them are allocated again.")
    return redirect("allocation_driver", key)


@allow("rules.read")
@require_GET
def values(_request: TenantRequest, key: str) -> HttpResponse:
    """Send the values of a driver as CSV, as they can be taken in again."""
    _driver(key)
    rows = DriverValue.objects.filter(driver=key).order_by("date", "value").values_list("date", "value", "quantity")
    response = HttpResponse(written(rows.iterator()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.csv"'
    return response


def _driver(key: str) -> tuple[WorkingRules, Driver]:
    working = working_rules()
    found = next((one for one in working.rules.drivers if one.key == key), None)
    if found is None:
        raise Http404("There is no such driver. Look for it under Drivers.")
    return working, found


def _file(request: TenantRequest) -> DriverFile:
    sent = request.FILES.get("file")
    if sent is None:
        text = request.POST.get("content", "")
        if not text:
            return DriverFile(problems=("Choose a CSV or XLSX file first.",))
        return read(text.replace("\r\n", "\n").encode(), name=_file_name(request))
    if (sent.size or 0) > MAX_BYTES:
        return DriverFile(problems=(f"{sent.name}: larger than {MAX_BYTES:,} bytes. Send it in parts, by month.",))
    return read(bytes(sent.read()), name=_file_name(request))


def _file_name(request: TenantRequest) -> str:
    sent = request.FILES.get("file")
    return str((sent.name if sent else request.POST.get("file_name")) or "the file")[:200]


def _shown(
    request: TenantRequest, working: WorkingRules, found: Driver, *, status: int = 200, **more: Any
) -> HttpResponse:
    page = DriverPage(
        shell=shell_of(request, "allocation"),
        bar=draft_bar(working, may_write=request.membership.may("rules.write")),
        driver=next(row for row in driver_rows(working.rules) if row.key == found.key),
        may_take_in=request.membership.may("drivers.write"),
        **more,
    )
    return render(request, "allocation/drivers/driver.html", {"page": page}, status=status)
