"""Changes to organizations and to who belongs to them."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from itfm.accounts.models import FormerMember, Invitation, Membership, Organization, Scope, User
from itfm.audit.services import Actor, record
from itfm.core.policy import Role
from itfm.core.tenancy import acting_user, tenant

INVITATION_LIFETIME = timedelta(days=14)


class InvitationError(Exception):
    """An invitation cannot be used; the message says why."""


class MembershipExistsError(Exception):
    """Somebody invited belongs to the organization already."""


@transaction.atomic
def create_organization(name: str, *, slug: str = "", owner: User | None = None, is_demo: bool = False) -> Organization:
    """Save a new tenant and make `owner` its owner."""
    organization_id = uuid.uuid4()
    with tenant(organization_id):
        organization = Organization.objects.create(
            id=organization_id, name=name, slug=slug or _free_slug(name, organization_id), is_demo=is_demo
        )
        if owner is not None:
            Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
            record(
                "organization.created",
                organization_id=organization_id,
                actor_id=owner.pk,
                actor_name=owner.email,
                target=name,
            )
    return organization


def _free_slug(name: str, organization_id: UUID) -> str:
    # Other tenants' slugs cannot be seen from here, so the name alone could collide.
    return f"{slugify(name)[:48] or 'organization'}-{str(organization_id)[:8]}"


@transaction.atomic
def invite(
    email: str,
    *,
    organization: Organization,
    role: Role,
    by: Actor,
    at: datetime,
    scopes: Sequence[tuple[str, str]] = (),
) -> tuple[Invitation, str]:
    """Save an invitation and return it with the token that its letter carries.

    An invitation that waits for the same address is withdrawn: only the newest letter opens the door.

    :raises MembershipExistsError: the address belongs to a member.
    """
    address = email.strip().lower()
    if Membership.objects.filter(user__email__iexact=address).exists():
        raise MembershipExistsError(f"{address} is a member already. Change their role or scopes instead.")
    Invitation.objects.filter(email=address, accepted_at__isnull=True).delete()
    secret = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        role=role,
        scopes=[{"dimension": dimension, "value": value} for dimension, value in scopes],
        secret_sha256=_sha256(secret),
        invited_by_id=by.id,
        expires_at=at + INVITATION_LIFETIME,
    )
    _record(
        "invitation.sent",
        invitation,
        by=by,
        changes={"role": [None, role], "scopes": [None, invitation.scopes]},
    )
    return invitation, f"{organization.id.hex}.{secret}"


@transaction.atomic
def renew_invitation(invitation: Invitation, *, by: Actor, at: datetime) -> str:
    """Give an unanswered invitation a new secret and a new life, and return its letter's token; the old one is void.

    :raises InvitationError: it has been answered or withdrawn.
    """
    secret = secrets.token_urlsafe(24)
    renewed = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(
        secret_sha256=_sha256(secret), expires_at=at + INVITATION_LIFETIME
    )
    if not renewed:
        raise InvitationError("This invitation has been answered or withdrawn.")
    invitation.refresh_from_db()
    _record("invitation.renewed", invitation, by=by)
    return f"{invitation.organization_id.hex}.{secret}"


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: Actor) -> None:
    """Make an invitation's letter worthless. Withdrawing it twice changes nothing."""
    deleted, _ = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).delete()
    if deleted:
        _record("invitation.withdrawn", invitation, by=by)


def _record(action: str, invitation: Invitation, *, by: Actor, changes: dict[str, object] | None = None) -> None:
    record(
        action,
        organization_id=invitation.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=invitation.email,
        changes=changes,
    )


def open_invitation(token: str, *, at: datetime) -> Invitation:
    """Return the invitation a letter's token names, with its organization.

    :raises InvitationError: unknown, used or expired.
    """
    organization_id, secret = _parse_token(token)
    with tenant(organization_id):
        found = (
            Invitation.objects.select_related("organization", "invited_by")
            .filter(secret_sha256=_sha256(secret))
            .first()
        )
    if found is None or found.organization.closed_at is not None:
        raise InvitationError("This invitation does not exist. Ask for a new one.")
    if found.accepted_at:
        raise InvitationError("This invitation has been used. Log in to continue.")
    if found.expires_at <= at:
        raise InvitationError("This invitation has expired. Ask for a new one.")
    return found


def accept_invitation(token: str, *, user: User, at: datetime) -> Organization:
    """Make the person a member as the invitation says.

    :raises InvitationError: it cannot be used, or was sent to another address.
    """
    invitation = open_invitation(token, at=at)
    if user.email.lower() != invitation.email:
        raise InvitationError(f"This invitation was sent to {invitation.email}. Log in with that address.")
    with tenant(invitation.organization_id):
        locked = Invitation.objects.select_for_update().filter(pk=invitation.pk).first()
        if locked is None or locked.accepted_at:
            raise InvitationError("This invitation has been used. Log in to continue.")
        membership, is_new = Membership.objects.get_or_create(
            organization_id=locked.organization_id, user=user, defaults={"role": locked.role}
        )
        if is_new:
            Scope.objects.bulk_create(
                Scope(organization_id=locked.organization_id, membership=membership, **scope) for scope in locked.scopes
            )
        FormerMember.objects.filter(user=user).delete()
        locked.accepted_at = at
        locked.save(update_fields=["accepted_at"])
        _record(
            "invitation.accepted",
            locked,
            by=Actor(id=user.pk, name=user.email),
            changes={"role": [None, membership.role]},
        )
    return invitation.organization


def memberships_of(user: User) -> list[Membership]:
    """Return the person's places in all organizations that are open, by name."""
    with acting_user(user.pk):
        found = Membership.objects.filter(user=user, organization__closed_at__isnull=True)
        return list(found.select_related("organization").order_by("organization__name"))


def _parse_token(token: str) -> tuple[UUID, str]:
    organization, _, secret = token.partition(".")
    try:
        return UUID(hex=organization), secret
    except ValueError as error:
        raise InvitationError("This link is incomplete. Copy the whole line from the letter.") from error


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def keep_lens(membership: Membership, lens: str) -> None:
    """Remember through which lens a member looks at costs; inside the organization's transaction."""
    Membership.objects.filter(pk=membership.pk).update(lens=lens)
