"""The pages of lookup tables. Parse, one call, answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allocation.drafts.lookups import AddLookup, DeleteLookup, EditLookup, MergeLookup, RowEdit, uses
from allocation.drafts.operations import Operation, OperationError
from allocation.drafts.problems import DraftError
from allocation.lookup_files import LookupFile, preview, read, written
from allocation.services.drafts import StaleDraftError, change_draft
from allocation.table_files import MAX_BYTES
from allocation.working import working_rules
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.changes import change, lock_of
from itfm.web.allocation.lookups.build import (
    UnknownLookupError,
    changed,
    edits_of,
    lookup_page,
    lookups_page,
    table_of,
)
from itfm.web.shell.build import shell_of

_GONE = "There is no such lookup table. Look for it under Lookups."


@allow("rules.read")
@require_GET
def lookups(request: TenantRequest) -> HttpResponse:
    """Show the lookup tables and which rules use them."""
    page = lookups_page(shell=shell_of(request, "allocation"), may_write=request.membership.may("rules.write"))
    return render(request, "allocation/lookups/page.html", {"page": page})


@allow("rules.write")
@require_POST
def add(request: TenantRequest) -> HttpResponse:
    """Add a table without rows to the draft."""
    key = request.POST.get("key", "").strip()
    if change(request, AddLookup(key=key, table={})):
        return redirect("allocation_lookup", key)
    return redirect("allocation_lookups")


@allow("rules.read")
@require_http_methods(["GET"])
def lookup(request: TenantRequest, key: str) -> HttpResponse:
    """Show a table: its rows, its rules, and the form that takes in a file."""
    return _shown(request, key)


@allow("rules.write")
@require_POST
def edit(request: TenantRequest, key: str) -> HttpResponse:
    """Change the rows that a form sent, all or none; what is wrong is said beside them."""
    table, edits = _table(key), edits_of(request.POST.dict())
    wanted = changed(edits, table=table)
    if not wanted:
        messages.info(request, "Nothing was changed: every row says what it said.")
        return _back(request, key)
    problem = _refused(request, EditLookup(key=key, edits=wanted))
    if problem:
        return _shown(request, key, status=422, edits=edits, problem=problem)
    return _back(request, key)


@allow("rules.write")
@require_POST
def take_in(request: TenantRequest, key: str) -> HttpResponse:
    """Say what a file would change and, once confirmed, take it into the draft."""
    table, file, name = _table(key), _file(request), _file_name(request)
    if file.problems:
        return _shown(request, key, status=422, file_problems=file.problems)
    mode = request.POST.get("confirmed", "")
    if mode not in {"merge", "replace"}:
        seen = preview(table, file.table)
        return _shown(request, key, preview=seen, file_name=name, content=written(file.table))
    change(request, MergeLookup(key=key, table=file.table, is_whole=mode == "replace"))
    return redirect("allocation_lookup", key)


@allow("rules.write")
@require_POST
def delete(request: TenantRequest, key: str) -> HttpResponse:
    """Remove a table from the draft; refused while rules look up in it."""
    _table(key)
    used_by = tuple(uses(working_rules().rules, key))
    if used_by:
        listed = "; ".join(use.words for use in used_by)
        messages.error(request, f"Not deleted. These look up in it: {listed}. Change them first.")
        return redirect("allocation_lookup", key)
    change(request, DeleteLookup(key=key))
    return redirect("allocation_lookups")


@allow("rules.read")
@require_GET
def rows(_request: TenantRequest, key: str) -> HttpResponse:
    """Send a table as CSV, as it can be taken in again."""
    response = HttpResponse(written(_table(key)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}.csv"'
    return response


def _refused(request: TenantRequest, operation: Operation) -> str:
    """Make a change and return why it was refused; said beside the fields, which keep what was typed."""
    try:
        change_draft(
            operation,
            lock=lock_of(request.POST),
            organization_id=request.organization.id,
            by=request.user,
            at=timezone.now(),
        )
    except (DraftError, OperationError, StaleDraftError) as error:
        return str(error)
    messages.success(request, f"{operation.summary}. Nothing is allocated by it until you publish the draft.")
    return ""


def _table(key: str) -> dict[str, str]:
    try:
        return dict(table_of(working_rules().rules, key))
    except UnknownLookupError as error:
        raise Http404(_GONE) from error


def _file(request: TenantRequest) -> LookupFile:
    sent, name = request.FILES.get("file"), _file_name(request)
    if sent is None:
        text = request.POST.get("content", "")
        if not text:
            return LookupFile(problems=("Choose a CSV or XLSX file first.",))
        return read(text.replace("\r\n", "\n").encode(), name=name)
    if (sent.size or 0) > MAX_BYTES:
        return LookupFile(problems=(f"{name}: larger than {MAX_BYTES:,} bytes. Send it in parts.",))
    return read(bytes(sent.read()), name=name)


def _file_name(request: TenantRequest) -> str:
    sent = request.FILES.get("file")
    return str((sent.name if sent else request.POST.get("file_name")) or "the file")[:200]


def _back(request: TenantRequest, key: str) -> HttpResponse:
    answer = redirect("allocation_lookup", key)
    query = request.GET.urlencode()
    if query:
        answer["Location"] += f"?{query}"
    return answer


def _shown(
    request: TenantRequest,
    key: str,
    *,
    status: int = 200,
    edits: tuple[RowEdit, ...] | None = None,
    **more: Any,
) -> HttpResponse:
    first = request.GET.get("from", "")
    try:
        page = lookup_page(
            key,
            shell=shell_of(request, "allocation"),
            may_write=request.membership.may("rules.write"),
            query=request.GET.get("q", "").strip()[:200],
            first=int(first) if first.isdecimal() and len(first) < 7 else 0,
            edits=edits,
            **more,
        )
    except UnknownLookupError as error:
        raise Http404(_GONE) from error
    return render(request, "allocation/lookups/lookup.html", {"page": page}, status=status)
