"""The pages of an invitation and of the choice of an organization. Parse, one call, answer."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from itfm.accounts.access import SESSION_KEY, SignedInRequest, public, signed_in
from itfm.accounts.forms import INVITATION
from itfm.accounts.services import InvitationError, accept_invitation, memberships_of, open_invitation
from itfm.core.policy import Role
from itfm.web.people.page import InvitationPage, OrganizationsPage
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
    page = OrganizationsPage(organizations=choices(memberships), person_email=request.user.email)
    return render(request, "people/organizations.html", {"page": page})
