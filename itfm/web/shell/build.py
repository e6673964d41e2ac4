"""What stands around every page of an organization."""

from __future__ import annotations

from uuid import UUID

from itfm.accounts.access import SignedInRequest, TenantRequest, current_membership, memberships_in
from itfm.accounts.models import Membership
from itfm.core.policy import Role
from itfm.notify.sink import is_in_use
from itfm.web.shell.page import OrganizationChoice, Section, Shell, organizations_of


def choices(memberships: list[Membership]) -> tuple[OrganizationChoice, ...]:
    """Return the organizations somebody may work in."""
    return tuple(
        OrganizationChoice(
            id=membership.organization_id,
            name=membership.organization.name,
            role=Role(membership.role),
            is_demo=membership.organization.is_demo,
        )
        for membership in memberships
    )


def shell_of(request: TenantRequest, section: Section) -> Shell:
    """Return the frame of a page in the current organization."""
    return _shell(request, section, organization_id=request.organization.id)


def shell_of_person(request: SignedInRequest, section: Section) -> Shell | None:
    """Return the frame of a page about the person; None for somebody who is in no organization yet."""
    membership = current_membership(request)
    return _shell(request, section, organization_id=membership.organization_id) if membership else None


def _shell(request: SignedInRequest, section: Section, *, organization_id: UUID) -> Shell:
    organizations = organizations_of(choices(memberships_in(request)), current_id=organization_id)
    current = next(choice for choice in organizations if choice.is_current)
    return Shell(
        section=section,
        organization=current,
        organizations=organizations,
        person_name=request.user.name or request.user.email,
        person_email=request.user.email,
        keeps_mail=is_in_use(),
    )
