"""API keys: making them, replacing them without a gap, taking them back, and knowing one by its secret."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast, get_args
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from itfm.accounts.models import ApiKey, Membership
from itfm.audit.services import Actor, record
from itfm.core.policy import ALLOWED, SEES_EVERYTHING, SHOWS_ALL_COST, Permission, Role
from itfm.core.tenancy import tenant

OVERLAP: Final = timedelta(days=7)
"""How long a replaced key lives beside its successor."""

MOST_SCOPES: Final = 100
_USE_IS_NOTED_EVERY: Final = timedelta(minutes=1)


class KeyGrantError(ValueError):
    """A key cannot be given these rights; the message says why."""


class KeyStateError(Exception):
    """A key is no longer in a state to be replaced; the message says why."""


@dataclass(frozen=True, kw_only=True)
class KeyGrant:
    """What a key may do and see.

    `permissions` is a part of what the role may do, None all of it. With `scopes`, pairs of dimension and value, the
    key sees these and nothing else, whatever its role, and so nothing that is summed over all cost, such as bills;
    without them it sees what the role sees without a scope.

    :raises KeyGrantError: the role does not include a permission, or there are too many scopes.
    """

    role: Role
    permissions: tuple[str, ...] | None = None
    scopes: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        beyond = sorted(set(self.permissions or ()) - permissions_of(self.role))
        if beyond:
            raise KeyGrantError(f"The role {self.role} does not include {', '.join(beyond)}.")
        if len(self.scopes) > MOST_SCOPES:
            raise KeyGrantError(f"A key has at most {MOST_SCOPES} scopes; use a cost center above them instead.")

    @property
    def effective(self) -> frozenset[str]:
        """All the key may do."""
        listed = permissions_of(self.role) if self.permissions is None else frozenset(self.permissions)
        return listed - SHOWS_ALL_COST if self.scopes else listed

    @property
    def sees_everything(self) -> bool:
        """Whether the key sees the cost of the whole organization."""
        return self.role in SEES_EVERYTHING and not self.scopes


def permissions_of(role: Role) -> frozenset[str]:
    """Return all that members of a role may do."""
    return frozenset(permission for permission, roles in ALLOWED.items() if role in roles)


def grant_of(key: ApiKey) -> KeyGrant:
    """Return what a key may do and see. Permissions that its role has lost since are left out."""
    role = Role(key.role)
    listed = None if key.permissions is None else tuple(sorted({*key.permissions} & permissions_of(role)))
    scopes = tuple((scope["dimension"], scope["value"]) for scope in key.scopes)
    return KeyGrant(role=role, permissions=listed, scopes=scopes)


@transaction.atomic
def create_key(
    name: str,
    *,
    organization_id: UUID,
    grant: KeyGrant,
    giver: Membership | None,
    by: Actor,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    """Save a key and return it with its secret, which is shown only now.

    `giver` is the member who hands it out, who cannot give more than they have; None is whoever runs the site.

    :raises KeyGrantError: the giver may or sees less than the key would.
    """
    if giver is not None:
        _refuse_more_than_own(grant, giver)
    key, secret = _save(name, organization_id=organization_id, grant=grant, by=by, expires_at=expires_at)
    _record("key.created", key, by=by, changes=_as_changes(grant, expires_at))
    return key, secret


@transaction.atomic
def rotate_key(
    key: ApiKey, *, giver: Membership | None, by: Actor, at: datetime, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """Save a successor with the same rights and return it with its secret; the old key lives on for `overlap` at most.

    The successor lives as long from now as the old key was given from its start.

    :raises KeyStateError: the key is dead, or has a living successor already.
    :raises KeyGrantError: the giver may or sees less than the key.
    """
    locked = ApiKey.objects.select_for_update().get(pk=key.pk)
    if not is_alive(locked, at=at):
        raise KeyStateError("This key is revoked or has expired. Create a new one.")
    if living(locked.successors.all(), at=at).exists():
        raise KeyStateError("This key has been replaced already, and its successor lives. Rotate that one.")
    grant = grant_of(locked)
    if giver is not None:
        _refuse_more_than_own(grant, giver)
    expires_at = at + (locked.expires_at - locked.created_at) if locked.expires_at else None
    successor, secret = _save(
        locked.name,
        organization_id=locked.organization_id,
        grant=grant,
        by=by,
        expires_at=expires_at,
        replaces=locked,
    )
    locked.expires_at = min(at + overlap, locked.expires_at or at + overlap)
    locked.save(update_fields=["expires_at"])
    _record("key.rotated", locked, by=by, changes={"old_key_expires_at": [None, locked.expires_at.isoformat()]})
    return successor, secret


@transaction.atomic
def revoke_key(key: ApiKey, *, by: Actor, at: datetime) -> ApiKey:
    """Make a key worthless from now on. Revoking it twice changes nothing."""
    locked = ApiKey.objects.select_for_update().get(pk=key.pk)
    if locked.revoked_at is None:
        locked.revoked_at = at
        locked.save(update_fields=["revoked_at"])
        _record("key.revoked", locked, by=by, changes={"revoked_at": [None, at.isoformat()]})
    return locked


def is_alive(key: ApiKey, *, at: datetime) -> bool:
    """Return whether a key still opens anything."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > at)


def living(keys: QuerySet[ApiKey], *, at: datetime) -> QuerySet[ApiKey]:
    """Return those of the keys that still open something."""
    return keys.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at__isnull=True)


def living_key(token: str, *, at: datetime) -> ApiKey | None:
    """Return the living key a program presented, with its organization, and note its use; None when there is none."""
    prefix, _, secret = token.partition(".")
    try:
        organization_id = UUID(hex=prefix.removeprefix("itfm_"))
    except ValueError:
        return None
    with tenant(organization_id):
        key = ApiKey.objects.select_related("organization").filter(secret_sha256=_sha256(secret)).first()
        if key is None or not is_alive(key, at=at) or key.organization.closed_at is not None:
            return None
        if key.last_used_at is None or key.last_used_at <= at - _USE_IS_NOTED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
        return key


def as_member(key: ApiKey) -> Membership:
    """Return the place in its organization in which a key's program acts."""
    member = Membership(organization=key.organization, role=key.role)
    member.key = key
    return member


def known_permissions() -> tuple[str, ...]:
    """Return every permission a key can be given."""
    return cast("tuple[str, ...]", get_args(Permission))


def refuse_beyond(role: Role, scopes: Iterable[tuple[str, str]], *, giver: Membership) -> None:
    """Let nobody make somebody a member who then may or sees more than they do.

    :raises KeyGrantError: the role or the scopes go beyond the giver's.
    """
    narrowing = () if role in SEES_EVERYTHING else tuple(scopes)
    _refuse_more_than_own(KeyGrant(role=role, scopes=narrowing), giver)


def _refuse_more_than_own(grant: KeyGrant, giver: Membership) -> None:
    beyond = sorted(permission for permission in grant.effective if not giver.may(cast("Permission", permission)))
    if beyond:
        raise KeyGrantError(f"You cannot give what you may not do yourself: {', '.join(beyond)}.")
    if giver.sees_everything:
        return
    if grant.sees_everything or not set(grant.scopes) <= set(giver.named_scopes()):
        raise KeyGrantError("You cannot give a key or role that sees more than you do; name scopes of your own.")


def _save(name: str, *, grant: KeyGrant, by: Actor, **fields: Any) -> tuple[ApiKey, str]:
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        role=grant.role,
        permissions=None if grant.permissions is None else sorted(set(grant.permissions)),
        scopes=_as_documents(grant),
        prefix=secret[:6],
        secret_sha256=_sha256(secret),
        created_by_name=by.name[:200],
        **fields,
    )
    return key, f"itfm_{key.organization_id.hex}.{secret}"


def _as_documents(grant: KeyGrant) -> list[dict[str, str]]:
    return [{"dimension": dimension, "value": value} for dimension, value in sorted(set(grant.scopes))]


def _as_changes(grant: KeyGrant, expires_at: datetime | None) -> dict[str, Any]:
    return {
        "role": [None, grant.role],
        "permissions": [None, None if grant.permissions is None else sorted(set(grant.permissions))],
        "scopes": [None, _as_documents(grant)],
        "expires_at": [None, expires_at.isoformat() if expires_at else None],
    }


def _record(action: str, key: ApiKey, *, by: Actor, changes: dict[str, Any]) -> None:
    record(
        action,
        organization_id=key.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=f"{key.name} ({key.prefix}…)",
        changes=changes,
    )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
