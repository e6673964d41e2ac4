"""The letter that invites somebody."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from itfm.accounts.models import Invitation
from itfm.core.policy import Role
from itfm.notify.services import Letter, queue_letter
from itfm.web.people.page import InvitationPage

KIND: Final = "invitation"


def send_invitation(invitation: Invitation, *, token: str, invited_by: str) -> None:
    """Put the letter into the outbox; a renewed invitation gets a letter of its own.

    `invited_by` is the person's name, empty where a program invites.
    """
    organization = invitation.organization
    page = InvitationPage(
        token=token,
        organization_name=organization.name,
        role=Role(invitation.role),
        invited_email=invitation.email,
        invited_by=invited_by,
        expires_at=invitation.expires_at,
    )
    context = {"page": page, "url": settings.SITE_URL.rstrip("/") + reverse("invitation", args=[token])}
    letter = Letter(
        kind=KIND,
        subject=f"Join {organization.name}",
        text=render_to_string("email/invitation.txt", context),
        html=render_to_string("email/invitation.html", context),
    )
    queue_letter(
        letter,
        organization_id=organization.id,
        key=f"{KIND}/{invitation.id}/{invitation.expires_at:%Y%m%d%H%M%S%f}",
        recipient=invitation.email,
    )
