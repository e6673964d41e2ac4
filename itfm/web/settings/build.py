"""From memberships, invitations and the organization to the settings pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.forms import Form
from django.urls import reverse
from django.utils import timezone

from allocation import engines
from ingestion.models import Bill
from itfm.accounts.keys import living
from itfm.accounts.members import RESTORABLE_FOR as MEMBERS_RESTORABLE_FOR
from itfm.accounts.models import ApiKey, FormerMember, Invitation, Membership, Organization, Scope, User
from itfm.accounts.organizations import RESTORABLE_FOR
from itfm.core.policy import Role
from itfm.web.components import Paging
from itfm.web.settings.page import (
    ROLE_WORDS,
    ConfirmationPage,
    FormerRow,
    InvitationEntry,
    MemberPage,
    MemberRow,
    MembersPage,
    OrganizationPage,
    ScopeRow,
)
from itfm.web.settings.suggestions import scope_search
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
MOST_OF_THE_REST: Final = 20
"""How many invitations and removed members are shown beside the members; a search finds the others."""


def organization_page(
    *, shell: Shell, organization: Organization, membership: Membership, form: Form | None
) -> OrganizationPage:
    """Return the organization's own page."""
    owners = list(Membership.objects.filter(role=Role.OWNER).select_related("user").order_by("user__email")[:10])
    return OrganizationPage(
        shell=shell,
        tab="settings",
        form=form,
        time_zone=organization.time_zone,
        requires_second_factor=organization.requires_second_factor,
        engine=dict(engines.choices())[organization.engine],
        created_at=organization.created_at,
        member_count=Membership.objects.count(),
        owner_names=tuple(owner.user.email for owner in owners),
        may_leave=[owner.pk for owner in owners] != [membership.pk],
        may_close=membership.may("organization.close"),
    )


def closing_page(*, shell: Shell, organization: Organization, form: Form) -> ConfirmationPage:
    """Return the page that asks whether to close the organization, with what goes then."""
    bills, members = Bill.objects.count(), Membership.objects.count()
    keys = living(ApiKey.objects.all(), at=timezone.now()).count()
    return ConfirmationPage(
        shell=shell,
        tab="settings",
        question=f"Close {organization.name}?",
        consequences=(
            f"At once nobody gets in: not the {counted(members, 'member')}, not the {counted(keys, 'API key')}.",
            "No bill is pulled and no letter is sent any more.",
            f"For {RESTORABLE_FOR.days} days an owner can restore all of it with one click after logging in.",
            f"After that everything is removed for good: the {counted(bills, 'bill')}, rules, settings, the audit log.",
            "Download what you must keep before then.",
        ),
        action=f"Close {organization.name}",
        back=reverse("settings"),
        form=form,
    )


def counted(number: int, noun: str) -> str:
    """Return `1 bill`, `1,200 bills`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def members_page(
    *, shell: Shell, user: User, search: str, number: str, form: Form | None, may_write: bool, at: datetime
) -> MembersPage:
    """Return one part of who belongs here, and the newest of who has been asked in or removed."""
    found = Membership.objects.select_related("user").order_by("user__email")
    if search:
        found = found.filter(Q(user__email__icontains=search) | Q(user__name__icontains=search))
    part = Paginator(found, PER_PAGE).get_page(number)
    return MembersPage(
        shell=shell,
        tab="members",
        search=search,
        members=_member_rows(list(part), user=user),
        paging=Paging(number=part.number, count=part.paginator.count, per_page=PER_PAGE),
        invitations=_invitations(search, at=at),
        former=_former(search, at=at),
        form=form,
        may_write=may_write,
    )


def _member_rows(memberships: Iterable[Membership], *, user: User) -> tuple[MemberRow, ...]:
    shown = list(memberships)
    scopes: dict[UUID, list[str]] = defaultdict(list)
    for scope in Scope.objects.filter(membership__in=shown).order_by("dimension", "value"):
        scopes[scope.membership_id].append(str(scope))
    return tuple(_member_row(one, scopes=scopes[one.pk], is_you=one.user_id == user.pk) for one in shown)


def _member_row(membership: Membership, *, scopes: Iterable[str], is_you: bool) -> MemberRow:
    return MemberRow(
        id=membership.pk,
        name=membership.user.name,
        email=membership.user.email,
        role=Role(membership.role),
        scopes=tuple(scopes),
        sees_everything=membership.sees_everything,
        member_since=membership.created_at,
        is_you=is_you,
    )


def _invitations(search: str, *, at: datetime) -> tuple[InvitationEntry, ...]:
    waiting = Invitation.objects.filter(accepted_at__isnull=True, email__icontains=search).select_related("invited_by")
    return tuple(
        InvitationEntry(
            id=invitation.pk,
            email=invitation.email,
            role=Role(invitation.role),
            scopes=tuple(f"{scope['dimension']} = {scope['value']}" for scope in invitation.scopes),
            invited_by=str(invitation.invited_by) if invitation.invited_by else "",
            expires_at=invitation.expires_at,
            is_expired=invitation.expires_at <= at,
        )
        for invitation in waiting.order_by("-created_at", "id")[:MOST_OF_THE_REST]
    )


def _former(search: str, *, at: datetime) -> tuple[FormerRow, ...]:
    restorable = FormerMember.objects.filter(removed_at__gt=at - MEMBERS_RESTORABLE_FOR, user__email__icontains=search)
    return tuple(
        FormerRow(
            id=former.pk,
            email=former.user.email,
            role=Role(former.role),
            removed_at=former.removed_at,
            removed_by=former.removed_by_name,
        )
        for former in restorable.select_related("user").order_by("-removed_at", "id")[:MOST_OF_THE_REST]
    )


def member_page(
    member_id: UUID, *, shell: Shell, reader: Membership, dimension: str, text: str, may_write: bool
) -> MemberPage:
    """Return one member's page.

    :raises Membership.DoesNotExist: there is none of that id here.
    """
    membership = Membership.objects.select_related("user").get(pk=member_id)
    scopes = list(Scope.objects.filter(membership=membership).order_by("dimension", "value"))
    is_you = membership.user_id == reader.user_id
    may_change = may_write and (reader.role == Role.OWNER or membership.role != Role.OWNER)
    roles = tuple(Role) if reader.role == Role.OWNER else tuple(role for role in Role if role != Role.OWNER)
    taken = {(scope.dimension, scope.value) for scope in scopes}
    return MemberPage(
        shell=shell,
        tab="members",
        member=_member_row(membership, scopes=map(str, scopes), is_you=is_you),
        scopes=tuple(ScopeRow(id=scope.pk, dimension=scope.dimension, value=scope.value) for scope in scopes),
        roles=tuple((role, ROLE_WORDS[role]) for role in roles) if may_change else (),
        search=scope_search(dimension, text, taken=taken) if may_write and not membership.sees_everything else None,
        may_write=may_change,
        may_transfer=reader.role == Role.OWNER and not is_you,
    )
