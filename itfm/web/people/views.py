"""The pages of an invitation and of the choice of an organization. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from itfm.accounts.access import SESSION_KEY, SignedInRequest, public, signed_in
from itfm.accounts.forms import INVITATION
from itfm.accounts.models import Membership, Organization
from itfm.accounts.organizations import RESTORABLE_FOR, ClosingError, closed_memberships_of, restore_organization
from itfm.accounts.services import InvitationError, accept_invitation, memberships_of, open_invitation
from itfm.core.policy import Role
from itfm.web.people.page import ClosedRow, InvitationPage, OrganizationsPage
from itfm.web.shell.build import choices


@public
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and, from the person invited, accept it."""
    request.session.pop(INVITATION, None)
    now = timezone.now()
    email = request.user.email if request.user.is_authenticated else ""
    try:
        found = open_invitation(token, at=now)
        if request.method == "POST" and request.user.is_authenticated:
            organization = accept_invitation(token, user=request.user, at=now)
            request.session[SESSION_KEY] = str(organization.id)
            return redirect("overview")
    except InvitationError as error:
        page = InvitationPage(token=token, person_email=email, error=str(error))
        return render(request, "people/invitation.html", {"page": page}, status=404)
    if not email:
        request.session[INVITATION] = token
    page = InvitationPage(
        token=token,
        organization_name=found.organization.name,
        role=Role(found.role),
        invited_email=found.email,
        invited_by=str(found.invited_by or ""),
        expires_at=found.expires_at,
        person_email=email,
    )
    return render(request, "people/invitation.html", {"page": page})


@signed_in
@require_http_methods(["GET", "POST"])
def organizations(request: SignedInRequest) -> HttpResponse:
    """Let the person choose which of their organizations to work in."""
    memberships = memberships_of(request.user)
    if request.method == "POST":
        chosen = request.POST.get("organization", "")
        if chosen not in {str(membership.organization_id) for membership in memberships}:
            raise Http404("There is no such organization.")
        request.session[SESSION_KEY] = chosen
        return redirect("overview")
    page = OrganizationsPage(
        organizations=choices(memberships),
        closed=tuple(_closed_row(membership) for membership in closed_memberships_of(request.user)),
        person_email=request.user.email,
    )
    return render(request, "people/organizations.html", {"page": page})


def _closed_row(membership: Membership) -> ClosedRow:
    organization = membership.organization
    closed_at = organization.closed_at or membership.created_at
    return ClosedRow(
        id=organization.id,
        name=organization.name,
        closed_at=closed_at,
        closed_by=organization.closed_by_name,
        erased_from=closed_at + RESTORABLE_FOR,
        may_restore=membership.role == Role.OWNER and closed_at + RESTORABLE_FOR > timezone.now(),
    )


@signed_in
@require_POST
def organization_restore(request: SignedInRequest, organization_id: UUID) -> HttpResponse:
    """Open an own organization again that was closed."""
    try:
        restored = restore_organization(organization_id, owner=request.user, at=timezone.now())
    except Organization.DoesNotExist as error:
        raise Http404("There is no such organization.") from error
    except ClosingError as error:
        messages.error(request, str(error))
        return redirect("organizations")
    request.session[SESSION_KEY] = str(restored.id)
    messages.success(request, f"{restored.name} is open again, for everybody who belongs to it.")
    return redirect("overview")
