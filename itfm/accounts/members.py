"""Changes to who belongs to an organization, and to what each member may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from itfm.accounts.models import FormerMember, Membership, Organization, Scope
from itfm.audit.services import Actor, record
from itfm.core.policy import Role

RESTORABLE_FOR: Final = timedelta(days=30)


class MemberError(Exception):
    """A change to a member is refused; the message says why and what to do."""


@transaction.atomic
def change_role(membership: Membership, *, role: Role, by: Actor, by_role: Role) -> None:
    """Give a member another role. Giving the role somebody has changes nothing.

    :raises MemberError: only owners may make or change owners, and the last owner stays one.
    """
    locked = _locked(membership)
    before = Role(locked.role)
    if before == role:
        return
    _require_owner_for_owners(before, role, by_role=by_role)
    if before == Role.OWNER:
        _require_another_owner(locked, "is the only owner; make somebody else an owner first.")
    locked.role = role
    locked.save(update_fields=["role"])
    membership.role = role
    _record("member.role_changed", locked, by=by, changes={"role": [before, role]})


@transaction.atomic
def add_scope(membership: Membership, *, dimension: str, value: str, by: Actor) -> bool:
    """Let a member see one more part of the cost and return whether that is new."""
    _, is_new = Scope.objects.get_or_create(
        organization_id=membership.organization_id, membership=membership, dimension=dimension, value=value
    )
    if is_new:
        _record("member.scope_added", membership, by=by, changes={"scope": [None, f"{dimension} = {value}"]})
    return is_new


@transaction.atomic
def remove_scope(scope: Scope, *, by: Actor) -> None:
    """Take a part of the cost out of a member's sight."""
    membership = Membership.objects.select_related("user").get(pk=scope.membership_id)
    deleted, _ = Scope.objects.filter(pk=scope.pk).delete()
    if deleted:
        _record("member.scope_removed", membership, by=by, changes={"scope": [str(scope), None]})


@transaction.atomic
def remove_member(membership: Membership, *, by: Actor, by_role: Role, at: datetime) -> FormerMember:
    """Take somebody out of the organization, so that it can be undone for a while.

    :raises MemberError: only owners may remove owners, and the last one stays.
    """
    locked = _locked(membership)
    _require_owner_for_owners(Role(locked.role), by_role=by_role)
    former = _end(locked, by=by, at=at)
    _record("member.removed", locked, by=by, changes={"role": [locked.role, None], "scopes": [former.scopes, None]})
    return former


@transaction.atomic
def leave(membership: Membership, *, by: Actor, at: datetime) -> None:
    """Let a member go by their own wish.

    :raises MemberError: the last owner stays.
    """
    locked = _locked(membership)
    _end(locked, by=by, at=at)
    _record("member.left", locked, by=by, changes={"role": [locked.role, None]})


@transaction.atomic
def restore_member(former: FormerMember, *, by: Actor, by_role: Role, at: datetime) -> Membership:
    """Undo a removal, with the role and scopes the member had.

    :raises MemberError: it was too long ago, the person is back already, or they were an owner.
    """
    if former.removed_at + RESTORABLE_FOR <= at:
        raise MemberError(f"{former.user} was removed more than {RESTORABLE_FOR.days} days ago. Send an invitation.")
    _require_owner_for_owners(Role(former.role), by_role=by_role)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                organization_id=former.organization_id, user=former.user, role=former.role
            )
    except IntegrityError as error:
        raise MemberError(f"{former.user} is a member already.") from error
    Scope.objects.bulk_create(
        Scope(organization_id=former.organization_id, membership=membership, **scope) for scope in former.scopes
    )
    former.delete()
    _record("member.restored", membership, by=by, changes={"role": [None, membership.role]})
    return membership


@transaction.atomic
def transfer_ownership(organization: Organization, *, owner: Membership, to: Membership, by: Actor) -> None:
    """Make another member owner and the present owner an admin.

    :raises MemberError: who hands over is no owner, or hands over to themselves.
    """
    if owner.pk == to.pk:
        raise MemberError("You are the owner already. Choose somebody else.")
    giving, taking = _locked(owner), _locked(to)
    if giving.role != Role.OWNER:
        raise MemberError("Only an owner can hand the organization over.")
    before = taking.role
    taking.role, giving.role = Role.OWNER, Role.ADMIN
    taking.save(update_fields=["role"])
    giving.save(update_fields=["role"])
    record(
        "organization.transferred",
        organization_id=organization.id,
        actor_id=by.id,
        actor_name=by.name,
        target=taking.user.email,
        changes={taking.user.email: [before, Role.OWNER], giving.user.email: [Role.OWNER, Role.ADMIN]},
    )


def _end(membership: Membership, *, by: Actor, at: datetime) -> FormerMember:
    if membership.role == Role.OWNER:
        _require_another_owner(membership, "is the only owner; hand the organization over first.")
    former, _ = FormerMember.objects.update_or_create(
        organization_id=membership.organization_id,
        user=membership.user,
        defaults={
            "role": membership.role,
            "scopes": scopes_of(membership),
            "removed_at": at,
            "removed_by_name": by.name[:200],
        },
    )
    Membership.objects.filter(pk=membership.pk).delete()
    return former


def scopes_of(membership: Membership) -> list[dict[str, str]]:
    """Return a member's scopes as invitations and removals keep them."""
    found = Scope.objects.filter(membership=membership).order_by("dimension", "value")
    return [{"dimension": scope.dimension, "value": scope.value} for scope in found]


def _locked(membership: Membership) -> Membership:
    # All owners are locked in one order, so that two who leave at once cannot both be the second-to-last.
    list(Membership.objects.select_for_update().filter(role=Role.OWNER).order_by("id"))
    try:
        return Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
    except Membership.DoesNotExist as error:
        raise MemberError("This person is no longer a member.") from error


def _require_another_owner(membership: Membership, problem: str) -> None:
    if not Membership.objects.filter(role=Role.OWNER).exclude(pk=membership.pk).exists():
        raise MemberError(f"{membership.user} {problem}")


def _require_owner_for_owners(*roles: Role, by_role: Role) -> None:
    if Role.OWNER in roles and by_role != Role.OWNER:
        raise MemberError("Only an owner can make, change or remove an owner.")


def _record(action: str, membership: Membership, *, by: Actor, changes: dict[str, Sequence[object]]) -> None:
    record(
        action,
        organization_id=membership.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=membership.user.email,
        changes=changes,
    )
