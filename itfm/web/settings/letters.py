"""The letter that invites somebody."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from itfm.accounts.access import TenantRequest
from itfm.accounts.models import Invitation
from itfm.core.policy import Role
from itfm.notify.services import queue_message
from itfm.web.people.page import InvitationPage


def send_invitation(invitation: Invitation, *, token: str, request: TenantRequest) -> None:
    """Put the letter into the outbox; a renewed invitation gets a letter of its own."""
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
        key=f"invitation/{invitation.id}/{invitation.expires_at:%Y%m%d%H%M%S%f}",
        recipient=invitation.email,
        subject=f"Join {request.organization.name}",
        text=render_to_string("email/invitation.txt", context),
        html=render_to_string("email/invitation.html", context),
    )
