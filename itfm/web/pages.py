"""What each page shows: one frozen value per page, complete before the template starts. Pure.

Money is exact and unrounded; None means unknown, which is not zero. Ratios and differences are worked out here, so
that templates only loop. Every address that templates link to is named in `itfm.urls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from itfm.core.policy import Permission, Role, is_allowed
from itfm.web.charts import DailyCosts

if TYPE_CHECKING:
    from django.forms import Form

Section = Literal["overview", "bills", "members", "account", "organizations"]


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
    NavigationItem(section="bills", label="Bills", icon="file-invoice", permission="bills.read"),
    NavigationItem(section="members", label="Members", icon="users", permission="members.read"),
)


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

    @property
    def navigation(self) -> tuple[NavigationItem, ...]:
        """The pages this person's role may read."""
        return tuple(
            NavigationItem(
                section=item.section,
                label=item.label,
                icon=item.icon,
                permission=item.permission,
                is_current=item.section == self.section,
            )
            for item in NAVIGATION
            if is_allowed(self.organization.role, item.permission)
        )

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


# Overview


def percent_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return `part` in percent of `whole`; None when either is unknown or there is nothing to divide by."""
    return part / whole * 100 if part is not None and whole else None


@dataclass(frozen=True, kw_only=True)
class ValueCost:
    """What one value of the dimension cost in the period, and in the one before (None: no data then)."""

    name: str
    cost: Decimal
    previous_cost: Decimal | None
    total: Decimal
    is_unallocated: bool = False

    @property
    def share_percent(self) -> Decimal | None:
        """Its part of the period's total."""
        return percent_of(self.cost, self.total)

    @property
    def change(self) -> Decimal | None:
        """How much more than in the period before."""
        return None if self.previous_cost is None else self.cost - self.previous_cost

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of the size of the period before."""
        return percent_of(self.change, None if self.previous_cost is None else abs(self.previous_cost))


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """The proof that what was handed out is what was billed, in the cost column the page shows."""

    bill_total: Decimal
    allocated: Decimal
    unallocated: Decimal
    rule_version: int | None
    allocated_at: datetime

    @property
    def ledger_total(self) -> Decimal:
        """What the ledger holds, allocated or not."""
        return self.allocated + self.unallocated

    @property
    def difference(self) -> Decimal:
        """Bill less ledger: exactly zero, or something is wrong."""
        return self.bill_total - self.ledger_total

    @property
    def is_exact(self) -> bool:
        """Whether not even the last digit differs."""
        return self.difference == 0


@dataclass(frozen=True, kw_only=True)
class CurrencyOverview:
    """The month in one currency: amounts in different currencies are never added."""

    currency: str
    total: Decimal
    previous_total: Decimal | None
    values: tuple[ValueCost, ...]
    """Highest cost first, the unallocated row last; includes values with cost only in the period before."""
    daily: DailyCosts
    reconciliation: Reconciliation

    @property
    def change(self) -> Decimal | None:
        """How much more than in the period before."""
        return None if self.previous_total is None else self.total - self.previous_total

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of the size of the period before."""
        return percent_of(self.change, None if self.previous_total is None else abs(self.previous_total))

    @property
    def allocated_percent(self) -> Decimal | None:
        """How much of the total has an owner."""
        return percent_of(self.reconciliation.allocated, self.total)

    @property
    def unallocated_percent(self) -> Decimal | None:
        """How much of the total has no owner."""
        return percent_of(self.reconciliation.unallocated, self.total)


Health = Literal["healthy", "running", "late", "failing", "paused", "new"]
"""`new`: nothing pulled yet. `late`: the next pull is overdue. `failing`: the last run was rejected or failed."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How far one source's data reaches."""

    source_name: str
    health: Health
    last_pull_at: datetime | None
    data_through: date | None


EmptyReason = Literal["no_source", "no_bill", "not_allocated", "other_period"]


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """Where the money of one billing period went."""

    shell: Shell
    period: PeriodChoice
    dimension_name: str
    """`Team`: the dimension that the page groups by; empty when no rules are published."""
    cost_name: str
    """`Effective cost`: which cost column all figures are in."""
    currencies: tuple[CurrencyOverview, ...]
    """Largest first; empty when there is nothing to show, see `empty_reason`."""
    freshness: tuple[Freshness, ...]
    """Empty as well when the role may not read bills."""
    empty_reason: EmptyReason | None = None
    is_scoped: bool = False
    """Whether the member sees only part of the organization; totals and proof are then of that part."""


# Bills


@dataclass(frozen=True, kw_only=True)
class CurrencyTotals:
    """Exact sums over a bill in one currency; None where no charge says."""

    currency: str
    billed_cost: Decimal
    effective_cost: Decimal
    list_cost: Decimal | None = None
    contracted_cost: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A source, how it does, and when it pulls."""

    id: UUID
    name: str
    kind_name: str
    health: Health
    schedule: str
    """`Daily at 03:00, Europe/Oslo`, or `By hand`."""
    last_pull_at: datetime | None
    next_pull_at: datetime | None
    data_through: date | None
    message: str = ""
    """In plain words what is wrong and what to do; empty when healthy."""


RunState = Literal["queued", "running", "imported", "unchanged", "waiting", "rejected", "failed", "quarantined"]


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """Something a reader of the bill should know."""

    severity: Literal["error", "warning", "info"]
    code: str
    message: str
    file: str = ""
    row: int | None = None
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One attempt to bring in what a source has."""

    id: UUID
    source_name: str
    state: RunState
    trigger: Literal["schedule", "person", "command"]
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    step: str = ""
    progress_ratio: Decimal = Decimal(0)
    attempts: int = 1
    not_before: datetime | None = None
    """When a failed attempt is tried again; None when it is not waiting."""
    error_message: str = ""
    findings: tuple[FindingRow, ...] = ()
    """The first ones, errors before warnings."""
    finding_count: int = 0

    @property
    def progress_percent(self) -> int:
        """Whole percent, rounded down: 100 only when done."""
        return int(self.progress_ratio * 100)

    @property
    def hidden_finding_count(self) -> int:
        """How many findings are not listed."""
        return max(self.finding_count - len(self.findings), 0)


@dataclass(frozen=True, kw_only=True)
class BillRow:
    """What one source bills for one period, by its current revision; without one nothing has been imported."""

    id: UUID
    source_name: str
    billing_period: date
    revision_number: int | None
    revision_count: int
    row_count: int | None
    totals: tuple[CurrencyTotals, ...]
    imported_at: datetime | None
    finding_count: int = 0


@dataclass(frozen=True, kw_only=True)
class RunningPart:
    """The part of the Bills page that is fetched again every two seconds while an import runs."""

    runs: tuple[RunRow, ...]


@dataclass(frozen=True, kw_only=True)
class BillsPage:
    """Where bills come from, what has arrived, and what is wrong with it."""

    shell: Shell
    sources: tuple[SourceRow, ...]
    bills: tuple[BillRow, ...]
    """Newest period first, then by source."""
    running: tuple[RunRow, ...]
    """Queued and running ones."""
    recent: tuple[RunRow, ...]
    """The latest that are over, newest first."""
    may_pull: bool


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """A delivered file of a revision."""

    number: int
    name: str
    size: int
    """Bytes."""
    sha256: str
    row_count: int


@dataclass(frozen=True, kw_only=True)
class RevisionRow:
    """One delivered state of a bill."""

    number: int
    is_current: bool
    delivery: str
    fingerprint: str
    imported_at: datetime
    row_count: int
    totals: tuple[CurrencyTotals, ...]
    changes: tuple[CurrencyTotals, ...]
    """What this revision added to the one before, by currency; empty for the first."""
    files: tuple[FileRow, ...]


@dataclass(frozen=True, kw_only=True)
class BillPage:
    """One bill with its revisions, newest first, and what was found in the current one."""

    shell: Shell
    source_name: str
    billing_period: date
    revisions: tuple[RevisionRow, ...]
    findings: tuple[FindingRow, ...]
    finding_count: int

    @property
    def hidden_finding_count(self) -> int:
        """How many findings are not listed."""
        return max(self.finding_count - len(self.findings), 0)


# People


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """Somebody in the organization; no scopes means the role's whole view, or nothing for a scoped role."""

    name: str
    email: str
    role: Role
    scopes: tuple[str, ...]
    """`team = Payments`."""
    sees_everything: bool
    member_since: datetime
    is_you: bool = False


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
class MembersPage:
    """Who belongs here and what each may see; the form is None for those who may not invite."""

    shell: Shell
    members: tuple[MemberRow, ...]
    invitations: tuple[InvitationRow, ...]
    form: Form | None


@dataclass(frozen=True, kw_only=True)
class OrganizationsPage:
    """Which organization to work in."""

    organizations: tuple[OrganizationChoice, ...]
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


def organizations_of(choices: Sequence[OrganizationChoice], *, current_id: UUID) -> tuple[OrganizationChoice, ...]:
    """Return the choices by name, the current one marked."""
    marked = (
        OrganizationChoice(
            id=choice.id,
            name=choice.name,
            role=choice.role,
            is_current=choice.id == current_id,
            is_demo=choice.is_demo,
        )
        for choice in choices
    )
    return tuple(sorted(marked, key=lambda choice: (choice.name.lower(), choice.id)))
