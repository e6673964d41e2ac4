"""From memberships and invitations to the pages about people."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.forms import Form

from itfm.accounts.models import Invitation, Membership, Scope, User
from itfm.core.policy import Role
from itfm.web.people.page import InvitationRow, MemberRow, MembersPage
from itfm.web.shell.page import Shell


def members_page(*, shell: Shell, user: User, form: Form | None, at: datetime) -> MembersPage:
    """Return who belongs here and who has been asked in."""
    scopes: dict[UUID, list[str]] = defaultdict(list)
    for scope in Scope.objects.order_by("dimension", "value"):
        scopes[scope.membership_id].append(str(scope))
    memberships = Membership.objects.select_related("user").order_by("user__email")
    invitations = Invitation.objects.filter(accepted_at__isnull=True).select_related("invited_by")
    return MembersPage(
        shell=shell,
        members=tuple(
            MemberRow(
                name=membership.user.name,
                email=membership.user.email,
                role=Role(membership.role),
                scopes=tuple(scopes[membership.id]),
                sees_everything=membership.sees_everything,
                member_since=membership.created_at,
                is_you=membership.user_id == user.id,
            )
            for membership in memberships
        ),
        invitations=tuple(
            InvitationRow(
                email=invitation.email,
                role=Role(invitation.role),
                scopes=tuple(f"{scope['dimension']} = {scope['value']}" for scope in invitation.scopes),
                invited_by=str(invitation.invited_by) if invitation.invited_by else "",
                expires_at=invitation.expires_at,
                is_expired=invitation.expires_at <= at,
            )
            for invitation in invitations.order_by("-created_at", "id")
        ),
        form=form,
    )
