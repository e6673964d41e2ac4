"""What the pages on people and organizations show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from itfm.core.policy import Role
from itfm.web.shell.page import OrganizationChoice


@dataclass(frozen=True, kw_only=True)
class InvitationRow:
    """Somebody who has been asked in and has not answered."""

    email: str
    role: Role
    scopes: tuple[str, ...]
    invited_by: str
    expires_at: datetime
    is_expired: bool = False


@dataclass(frozen=True, kw_only=True)
class ClosedRow:
    """An organization that an owner closed."""

    id: UUID
    name: str
    closed_at: datetime
    closed_by: str
    erased_from: datetime
    may_restore: bool


@dataclass(frozen=True, kw_only=True)
class OrganizationsPage:
    """Which organization to work in."""

    organizations: tuple[OrganizationChoice, ...]
    closed: tuple[ClosedRow, ...]
    person_email: str


@dataclass(frozen=True, kw_only=True)
class InvitationPage:
    """An invitation that was opened; with an `error`, why it cannot be used."""

    token: str
    organization_name: str = ""
    role: Role | None = None
    invited_email: str = ""
    invited_by: str = ""
    expires_at: datetime | None = None
    person_email: str = ""
    """Who is logged in; empty when nobody is."""
    error: str = ""

    @property
    def is_for_somebody_else(self) -> bool:
        """Whether the person logged in is not the one invited."""
        return bool(self.person_email) and self.person_email.lower() != self.invited_email.lower()
