"""Who may enter a view: every view declares it, and enters its tenant by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from itfm.accounts.models import Membership, Organization, User
from itfm.accounts.services import memberships_of
from itfm.audit.services import Actor
from itfm.core.policy import Permission
from itfm.core.tenancy import acting_user, tenant

P = ParamSpec("P")
SESSION_KEY = "organization_id"


class SignedInRequest(HttpRequest):
    """A request by a known person."""

    user: User


class TenantRequest(SignedInRequest):
    """A request inside an organization, by a member."""

    organization: Organization
    membership: Membership


View = Callable[Concatenate[Any, P], HttpResponse]
"""A function view; what kind of request it takes depends on who is let in."""


def public(view: View[P]) -> View[P]:
    """Let anybody in; the view sees no tenant's rows."""
    return _declared(view, "public")


def signed_in(view: View[P]) -> View[P]:
    """Let any known person in; the view sees that person's own memberships only."""

    @wraps(view)
    def enter(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        with acting_user(request.user.pk):
            return view(request, *args, **kwargs)

    return _declared(enter, "signed_in")


def staff(view: View[P]) -> View[P]:
    """Let in who runs this site, outside of any organization; for everybody else there is no such page."""

    @wraps(view)
    def enter(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404("There is no such page.")
        return view(request, *args, **kwargs)

    return _declared(enter, "staff")


def allow(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Let members in whose role holds the permission, inside a transaction of their organization."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def enter(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            membership = current_membership(request)
            if membership is None:
                return redirect("organizations")
            if not membership.may(permission):
                raise PermissionDenied(f"Your role ({membership.role}) does not include this page.")
            inside = cast("TenantRequest", request)
            inside.membership, inside.organization = membership, membership.organization
            if membership.organization.requires_second_factor and not is_mfa_enabled(request.user):
                return _ask_for_second_factor(inside)
            structlog.contextvars.bind_contextvars(organization=str(membership.organization_id))
            zone = ZoneInfo(membership.organization.time_zone)
            with tenant(membership.organization_id), timezone.override(zone):
                return view(inside, *args, **kwargs)

        return _declared(enter, permission)

    return decorate


def actor_of(request: SignedInRequest) -> Actor:
    """Return the person as the audit log names them."""
    return Actor(id=request.user.pk, name=request.user.email)


def _ask_for_second_factor(request: TenantRequest) -> HttpResponse:
    name = request.organization.name
    messages.warning(request, f"{name} asks its members for a second factor. Set one up here to go on.")
    return redirect("settings_security")


def problem(status: int, code: str, detail: str) -> HttpResponse:
    """Answer an error as RFC 9457 has it; the code stays the same whatever the words."""
    title = HTTPStatus(status).phrase
    body = {"title": title, "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def current_membership(request: HttpRequest) -> Membership | None:
    """Return the person's place in the organization their session is in; the only one when there is no choice."""
    found = {membership.organization_id: membership for membership in memberships_in(request)}
    chosen = request.session.get(SESSION_KEY)
    if chosen and UUID(chosen) in found:
        return found[UUID(chosen)]
    return next(iter(found.values())) if len(found) == 1 else None


def memberships_in(request: HttpRequest) -> list[Membership]:
    """Return the person's places in open organizations, as they stood when this request first asked."""
    if not hasattr(request, "memberships"):
        request.memberships = memberships_of(cast("User", request.user))  # type: ignore[attr-defined]
    return cast("list[Membership]", request.memberships)  # type: ignore[attr-defined]


def _declared(view: View[P], policy: str) -> View[P]:
    view.policy = policy  # type: ignore[attr-defined]
    return view
