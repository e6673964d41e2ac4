"""The pages of the rules as a whole and of their draft. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allocation.models import RuleDraft
from allocation.services.drafts import (
    NewerVersionError,
    NothingToPublishError,
    StaleDraftError,
    discard_draft,
    redo_draft,
    restore_draft,
    undo_draft,
)
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.build import allocation_page, running_part
from itfm.web.allocation.changes import back, change, lock_of, moved_button, operation_of
from itfm.web.allocation.period import chosen_period
from itfm.web.allocation.publishing import publish_with_cost_centers
from itfm.web.allocation.review import review_page
from itfm.web.shell.build import shell_of


@allow("rules.read")
@require_GET
def allocation(request: TenantRequest) -> HttpResponse:
    """Show the rules as a whole: what they reach, what they leave, and the runs that apply them."""
    page = allocation_page(
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        may_write=request.membership.may("rules.write"),
    )
    return render(request, "allocation/page.html", {"page": page})


@allow("rules.read")
@require_GET
def running(request: TenantRequest) -> HttpResponse:
    """Show the runs under way; when the last is over, the whole page is due again."""
    part = running_part()
    response = render(request, "allocation/page.html#running", {"part": part})
    if part.is_over:
        response["HX-Refresh"] = "true"
    return response


@allow("rules.write")
@require_POST
def draft_change(request: TenantRequest) -> HttpResponse:
    """Make one small change in the draft: add, rename, move or delete."""
    is_changed = change(request, operation_of(request.POST.dict()))
    return back(request, place=moved_button(request.POST) if is_changed else "")


@allow("rules.write")
@require_POST
def draft_undo(request: TenantRequest) -> HttpResponse:
    """Take back the latest change of the draft."""
    try:
        undone = undo_draft(lock=lock_of(request.POST), by=request.user, at=timezone.now())
    except StaleDraftError as error:
        messages.error(request, f"Nothing taken back. {error}")
    else:
        messages.success(request, f"Taken back: {undone}." if undone else "There is nothing to take back.")
    return back(request)


@allow("rules.write")
@require_POST
def draft_redo(request: TenantRequest) -> HttpResponse:
    """Make again what was taken back last."""
    try:
        redone = redo_draft(lock=lock_of(request.POST), by=request.user, at=timezone.now())
    except StaleDraftError as error:
        messages.error(request, f"Nothing made again. {error}")
    else:
        messages.success(request, f"Made again: {redone}." if redone else "There is nothing to make again.")
    return back(request)


@allow("rules.write")
@require_POST
def draft_discard(request: TenantRequest) -> HttpResponse:
    """Close the draft without publishing it."""
    try:
        discard_draft(lock=lock_of(request.POST), by=request.user, at=timezone.now())
    except StaleDraftError as error:
        messages.error(request, f"The draft stands. {error}")
    else:
        messages.success(request, "The draft is discarded. It can be restored here until another is begun.")
    return redirect("allocation")


@allow("rules.write")
@require_POST
def draft_restore(request: TenantRequest, draft_id: UUID) -> HttpResponse:
    """Take up a discarded draft again."""
    try:
        restore_draft(draft_id, by=request.user, at=timezone.now())
    except RuleDraft.DoesNotExist as error:
        raise Http404("There is no such draft.") from error
    except StaleDraftError as error:
        messages.error(request, f"Not restored. {error}")
    else:
        messages.success(request, "The draft is open again, with all its changes.")
    return redirect("allocation")


@allow("rules.write")
@require_http_methods(["GET", "POST"])
def draft_review(request: TenantRequest) -> HttpResponse:
    """Show what publishing the draft would change, and publish it."""
    if request.method == "POST":
        try:
            saved = publish_with_cost_centers(lock=lock_of(request.POST), by=request.user, at=timezone.now())
        except (StaleDraftError, NewerVersionError, NothingToPublishError) as error:
            messages.error(request, f"Not published. {error}")
            return redirect("allocation_review")
        messages.success(request, f"Version {saved.version} is in force. Every billed period is allocated again by it.")
        return redirect("allocation")
    page = review_page(
        shell=shell_of(request, "allocation"), organization_id=request.organization.id, period=chosen_period(request)
    )
    return render(request, "allocation/review.html", {"page": page})
