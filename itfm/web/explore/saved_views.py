"""The pages of saved views. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from allocation.costs.query import QueryError
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.web.explore.drill import params_of
from itfm.web.explore.saved import (
    Owner,
    SavedViewError,
    delete_view,
    rename_view,
    restore_view,
    save_view,
    share_view,
)
from itfm.web.explore.saved_build import views_page
from itfm.web.explore.views import asked, refused
from itfm.web.models import SavedView
from itfm.web.shell.build import shell_of

YES = "yes"


@allow("costs.read")
@require_GET
def explore_views(request: TenantRequest) -> HttpResponse:
    """Show all views that the member may open."""
    page = views_page(shell=shell_of(request, "explore"), membership=request.membership, at=timezone.now())
    return render(request, "explore/views.html", {"page": page})


@allow("views.write")
@require_POST
def explore_view_save(request: TenantRequest) -> HttpResponse:
    """Keep the question in the address under the name in the form."""
    try:
        builder = asked(request)
    except QueryError as error:
        return refused(request, error)
    params = params_of(builder.query, builder.lens)
    is_shared = request.POST.get("is_shared") == YES
    try:
        view = save_view(request.POST.get("name", ""), params, owner=_owner(request), is_shared=is_shared)
    except SavedViewError as error:
        messages.error(request, f"Not saved. {error}")
    else:
        whose = "for everybody in the organization" if is_shared else "for you alone"
        messages.success(request, f"“{view.name}” is saved {whose}.")
    return redirect(f"{reverse('explore')}?{params}")


@allow("views.write")
@require_POST
def explore_view_rename(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Give an own view another name."""
    try:
        view = rename_view(view_id, request.POST.get("name", ""), owner=_owner(request))
    except SavedView.DoesNotExist as error:
        raise _no_such_view() from error
    except SavedViewError as error:
        messages.error(request, f"Not renamed. {error}")
    else:
        messages.success(request, f"The view is called “{view.name}” now.")
    return redirect("explore_views")


@allow("views.write")
@require_POST
def explore_view_share(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Show an own view to everybody, or to its owner alone again."""
    is_shared = request.POST.get("is_shared") == YES
    try:
        view = share_view(view_id, owner=_owner(request), is_shared=is_shared)
    except SavedView.DoesNotExist as error:
        raise _no_such_view() from error
    whose = "Everybody in the organization" if is_shared else "Only you"
    messages.success(request, f"{whose} can open “{view.name}” now.")
    return redirect("explore_views")


@allow("views.write")
@require_POST
def explore_view_delete(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Take an own view away, to be undone on the page that follows."""
    try:
        view = delete_view(view_id, owner=_owner(request), at=timezone.now())
    except SavedView.DoesNotExist as error:
        raise _no_such_view() from error
    messages.success(request, f"“{view.name}” is deleted. You can bring it back within 30 days, below.")
    return redirect("explore_views")


@allow("views.write")
@require_POST
def explore_view_restore(request: TenantRequest, view_id: UUID) -> HttpResponse:
    """Undo that an own view was deleted."""
    try:
        view = restore_view(view_id, owner=_owner(request), at=timezone.now())
    except SavedView.DoesNotExist as error:
        raise _no_such_view() from error
    except SavedViewError as error:
        messages.error(request, f"Not brought back. {error}")
    else:
        messages.success(request, f"“{view.name}” is back.")
    return redirect("explore_views")


def _owner(request: TenantRequest) -> Owner:
    return Owner(organization_id=request.organization.id, user_id=request.user.pk, by=actor_of(request))


def _no_such_view() -> Http404:
    return Http404("You have no such view.")
