"""The pages of members, invitations and organizations. Parse, one call, answer."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from itfm.accounts.access import SESSION_KEY, SignedInRequest, TenantRequest, allow, public, signed_in
from itfm.accounts.forms import INVITATION, InvitationForm
from itfm.accounts.models import Invitation
from itfm.accounts.services import (
    InvitationError,
    accept_invitation,
    invite,
    memberships_of,
    open_invitation,
)
from itfm.core.policy import Role
from itfm.notify.services import queue_message
from itfm.web.people.build import members_page
from itfm.web.people.page import InvitationPage, OrganizationsPage
from itfm.web.shell.build import choices, shell_of


@allow("members.read")
@require_GET
def members(request: TenantRequest) -> HttpResponse:
    """Show who belongs here."""
    form = InvitationForm() if request.membership.may("members.invite") else None
    page = members_page(shell=shell_of(request, "members"), user=request.user, form=form, at=timezone.now())
    return render(request, "people/members.html", {"page": page})


@allow("members.invite")
@require_POST
def invite_member(request: TenantRequest) -> HttpResponse:
    """Save an invitation and send its letter."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        page = members_page(shell=shell_of(request, "members"), user=request.user, form=form, at=timezone.now())
        return render(request, "people/members.html", {"page": page}, status=422)
    invitation, token = invite(
        form.cleaned_data["email"],
        organization=request.organization,
        role=Role(form.cleaned_data["role"]),
        scopes=form.cleaned_data["scopes"],
        invited_by=request.user,
        at=timezone.now(),
    )
    _send_invitation(invitation, token=token, request=request)
    messages.success(request, f"Invitation to {invitation.email} is on its way.")
    return redirect("members")


def _send_invitation(invitation: Invitation, *, token: str, request: TenantRequest) -> None:
    page = InvitationPage(
        token=token,
        organization_name=request.organization.name,
        role=Role(invitation.role),
        invited_email=invitation.email,
        invited_by=str(request.user),
        expires_at=invitation.expires_at,
    )
    context = {"page": page, "url": settings.SITE_URL.rstrip("/") + reverse("invitation", args=[token])}
    queue_message(
        organization_id=request.organization.id,
        key=f"invitation/{invitation.id}",
        recipient=invitation.email,
        subject=f"Join {request.organization.name}",
        text=render_to_string("email/invitation.txt", context),
        html=render_to_string("email/invitation.html", context),
    )


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
