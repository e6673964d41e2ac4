"""What stands around every page of an organization."""

from __future__ import annotations

from itfm.accounts.access import TenantRequest
from itfm.accounts.models import Membership
from itfm.accounts.services import memberships_of
from itfm.core.policy import Role
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
    organizations = organizations_of(choices(memberships_of(request.user)), current_id=request.organization.id)
    current = next(choice for choice in organizations if choice.is_current)
    return Shell(
        section=section,
        organization=current,
        organizations=organizations,
        person_name=request.user.name or request.user.email,
        person_email=request.user.email,
    )
