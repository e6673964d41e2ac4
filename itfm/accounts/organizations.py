"""Changes to an organization itself: its settings, and its end.

An organization that its owner closes is shut at once and kept whole; for 30 days an owner may restore it. Then its
files go, and after them its rows: whoever is interrupted between finds it closed still and begins again.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import connection, transaction

from itfm.accounts.models import Membership, Organization, User
from itfm.audit.services import Actor, record
from itfm.core import lake
from itfm.core.locks import single
from itfm.core.policy import Role
from itfm.core.tenancy import acting_user, tenant

logger = structlog.get_logger(__name__)
RESTORABLE_FOR: Final = timedelta(days=30)
_MOST_ROWS: Final = 200_000
"""How many rows of a large table go in one transaction."""


class ClosingError(Exception):
    """An organization cannot be closed or restored so; the message says why and what to do."""


@transaction.atomic
def change_organization(
    organization: Organization, *, name: str, time_zone: str, requires_second_factor: bool, engine: str, by: Actor
) -> bool:
    """Save the settings and return whether any differs from before."""
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    wanted = {
        "name": name,
        "time_zone": time_zone,
        "requires_second_factor": requires_second_factor,
        "engine": engine,
    }
    changes = {field: [getattr(locked, field), value] for field, value in wanted.items()}
    changes = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return False
    for field, (_, value) in changes.items():
        setattr(locked, field, value)
    locked.save(update_fields=list(changes))
    _record("organization.changed", locked, by=by, changes=changes)
    return True


@transaction.atomic
def close_organization(organization: Organization, *, slug: str, by: Actor, at: datetime) -> None:
    """Shut an organization for everybody, to be restored for a while. Closing a closed one changes nothing.

    :raises ClosingError: `slug`, which the owner types to say which one is meant, is another's.
    """
    if slug.strip() != organization.slug:
        raise ClosingError(f"Type {organization.slug} to say that you mean this organization.")
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    if locked.closed_at is not None:
        return
    locked.closed_at, locked.closed_by_name = at, by.name[:200]
    locked.save(update_fields=["closed_at", "closed_by_name"])
    _record("organization.closed", locked, by=by)


def closed_memberships_of(user: User) -> list[Membership]:
    """Return the person's places in organizations that are closed and not erased yet, by name."""
    with acting_user(user.pk):
        found = Membership.objects.filter(user=user, organization__closed_at__isnull=False)
        return list(found.select_related("organization").order_by("organization__name"))


def restore_organization(organization_id: UUID, *, owner: User, at: datetime) -> Organization:
    """Open a closed organization again for everybody who belonged to it. One that is open stays so.

    :raises Organization.DoesNotExist: the person owns none of that id.
    :raises ClosingError: it was closed too long ago.
    """
    with tenant(organization_id):
        # A person sees their own memberships everywhere, so the organization has to be named here.
        if not Membership.objects.filter(organization_id=organization_id, user=owner, role=Role.OWNER).exists():
            raise Organization.DoesNotExist
        locked = Organization.objects.select_for_update().get(pk=organization_id)
        if locked.closed_at is None:
            return locked
        if locked.closed_at <= at - RESTORABLE_FOR:
            raise ClosingError(
                f"{locked.name} was closed more than {RESTORABLE_FOR.days} days ago and is being removed."
            )
        locked.closed_at, locked.closed_by_name = None, ""
        locked.save(update_fields=["closed_at", "closed_by_name"])
        _record("organization.restored", locked, by=Actor(id=owner.pk, name=owner.email))
        return locked


def erase_organization(organization_id: UUID) -> bool:
    """Remove every file and row of an organization that was closed long ago, and return whether there was one.

    The database checks by itself that it was; people, who may belong to others too, keep their login.
    """
    with tenant(organization_id):
        found = Organization.objects.filter(pk=organization_id, closed_at__isnull=False).values_list("slug", flat=True)
        slug = found.first()
    if slug is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_may_erase_organization(%s)", [organization_id])
        if not cursor.fetchone()[0]:
            return False
    with single("erase", organization_id) as is_ours:
        if not is_ours:
            return False
        folder = lake.organization_folder(organization_id)
        if folder.exists():
            shutil.rmtree(folder)
        while not _erased_a_part(organization_id):
            pass
    logger.info("organization.erased", organization=str(organization_id), slug=slug)
    return True


def _erased_a_part(organization_id: UUID) -> bool:
    """Remove some rows for good and return whether none is left."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT itfm_erase_organization(%s, %s)", [organization_id, _MOST_ROWS])
        return bool(cursor.fetchone()[0])


def _record(action: str, organization: Organization, *, by: Actor, changes: Mapping[str, object] | None = None) -> None:
    record(
        action,
        organization_id=organization.id,
        actor_id=by.id,
        actor_name=by.name,
        target=organization.name,
        changes=changes,
    )
