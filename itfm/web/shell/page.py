"""What stands around every page, and the words that several pages share. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal
from uuid import UUID

from itfm.core.policy import Permission, Role, is_allowed

Section = Literal["overview", "explore", "explain", "bills", "allocation", "showback", "mail", "settings"]


@dataclass(frozen=True, kw_only=True)
class NavigationItem:
    """A page that the side bar leads to; `section` is also the name of its address."""

    section: Section
    label: str
    icon: str
    permission: Permission
    is_current: bool = False


NAVIGATION: Final = (
    NavigationItem(section="overview", label="Overview", icon="layout-dashboard", permission="overview.read"),
    NavigationItem(section="explore", label="Explore", icon="chart-dots", permission="costs.read"),
    NavigationItem(section="bills", label="Bills", icon="file-invoice", permission="bills.read"),
    NavigationItem(section="allocation", label="Allocation", icon="split", permission="rules.read"),
    NavigationItem(section="showback", label="Showback", icon="mail", permission="showback.read"),
    NavigationItem(section="mail", label="Local mail", icon="inbox", permission="organization.write"),
    NavigationItem(section="settings", label="Settings", icon="settings", permission="organization.read"),
)


GROUPS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("Spend", frozenset({"overview", "explore", "bills"})),
    ("Owners", frozenset({"allocation", "showback"})),
    ("Organization", frozenset({"mail", "settings"})),
)
"""The sections that stand together in the side bar, and what they are about."""


@dataclass(frozen=True, kw_only=True)
class NavigationGroup:
    """Pages that stand together in the side bar."""

    label: str
    items: tuple[NavigationItem, ...]


@dataclass(frozen=True, kw_only=True)
class OrganizationChoice:
    """An organization the person belongs to."""

    id: UUID
    name: str
    role: Role
    is_current: bool = False
    is_demo: bool = False


@dataclass(frozen=True, kw_only=True)
class Shell:
    """What stands around every page: where one is, as whom, in which organization."""

    section: Section
    organization: OrganizationChoice
    organizations: tuple[OrganizationChoice, ...]
    person_name: str
    person_email: str
    keeps_mail: bool = False
    """Whether this site keeps its mail instead of sending it, and so has pages to read it."""

    @property
    def navigation(self) -> tuple[NavigationItem, ...]:
        """The pages this person's role may read."""
        return tuple(
            replace(item, is_current=item.section == self.section)
            for item in NAVIGATION
            if is_allowed(self.organization.role, item.permission) and (item.section != "mail" or self.keeps_mail)
        )

    @property
    def groups(self) -> tuple[NavigationGroup, ...]:
        """The same pages in their groups; a page of no group stands with the last one."""
        items, last = self.navigation, GROUPS[-1][0]
        by_section = {section: label for label, sections in GROUPS for section in sections}
        found = (
            NavigationGroup(
                label=label, items=tuple(item for item in items if by_section.get(item.section, last) == label)
            )
            for label, _ in GROUPS
        )
        return tuple(group for group in found if group.items)

    @property
    def has_choice(self) -> bool:
        """Whether there is another organization to switch to."""
        return len(self.organizations) > 1


@dataclass(frozen=True, kw_only=True)
class PeriodChoice:
    """The billing period shown and those there is data for, newest first; each its first day."""

    shown: date
    available: tuple[date, ...]

    @property
    def newer(self) -> date | None:
        """The nearest period with data after the one shown."""
        return min((period for period in self.available if period > self.shown), default=None)

    @property
    def older(self) -> date | None:
        """The nearest period with data before the one shown."""
        return max((period for period in self.available if period < self.shown), default=None)


Health = Literal["healthy", "running", "late", "failing", "paused", "new"]
"""`new`: nothing pulled yet. `late`: the next pull is overdue. `failing`: the last run was rejected or failed."""


def organizations_of(choices: Sequence[OrganizationChoice], *, current_id: UUID) -> tuple[OrganizationChoice, ...]:
    """Return the choices by name, the current one marked."""
    marked = (replace(choice, is_current=choice.id == current_id) for choice in choices)
    return tuple(sorted(marked, key=lambda choice: (choice.name.lower(), choice.id)))
