"""What the settings pages show. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from itfm.core.policy import Permission, Role, is_allowed
from itfm.web.components import Paging
from itfm.web.people.page import InvitationRow
from itfm.web.shell.page import Shell

if TYPE_CHECKING:
    from django.forms import Form

TabName = Literal["settings", "members", "notifications", "keys", "audit", "settings_security"]


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One of the settings pages; `name` is also the name of its address."""

    name: TabName
    label: str
    permission: Permission
    is_current: bool = False


TABS: Final = (
    Tab(name="settings", label="Organization", permission="organization.read"),
    Tab(name="members", label="Members", permission="members.read"),
    Tab(name="notifications", label="Notifications", permission="organization.read"),
    Tab(name="keys", label="API keys", permission="keys.read"),
    Tab(name="audit", label="Audit log", permission="audit.read"),
    Tab(name="settings_security", label="Your account", permission="organization.read"),
)

ROLE_WORDS: Final = {
    Role.OWNER: "Everything, and the organization itself",
    Role.ADMIN: "Sources, rules, members and keys; sees all cost",
    Role.FINANCE: "Reads all cost, brings in bills, invoices and driver values, sends showback",
    Role.ENGINEER: "Reads the cost their scopes name",
    Role.VIEWER: "Reads the cost their scopes name",
    Role.AUDITOR: "Reads everything, the audit log included; changes nothing",
}

PERMISSION_WORDS: Final[dict[Permission, str]] = {
    "overview.read": "See the overview",
    "costs.read": "Read costs",
    "views.write": "Keep views",
    "bills.read": "Read bills, charges and sources",
    "bills.pull": "Pull and upload bills",
    "invoices.write": "Enter and change invoices and purchase orders",
    "sources.write": "Set up sources",
    "rules.read": "Read rules, drivers and runs",
    "rules.write": "Change rules, ask for runs",
    "drivers.write": "Take in values of drivers",
    "showback.read": "Read statements and cost centers",
    "showback.write": "Change cost centers, send letters",
    "organization.read": "Read the organization's settings",
    "organization.write": "Change the organization's settings",
    "organization.transfer": "Hand the organization over",
    "organization.close": "Close the organization",
    "members.read": "List members and invitations",
    "members.invite": "Invite people",
    "members.write": "Change members and scopes",
    "keys.read": "List API keys",
    "keys.write": "Make and revoke API keys",
    "audit.read": "Read the audit log and the delivery of letters",
}
"""What a permission lets somebody do."""


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """What every settings page has: the frame, and the way to the other pages."""

    shell: Shell | None
    """None for somebody who is in no organization yet; only their own account is shown then."""
    tab: TabName

    @property
    def frame(self) -> str:
        """The template around the page."""
        return "base.html" if self.shell else "base_entrance.html"

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The pages this person's role may read."""
        if self.shell is None:
            return ()
        return tuple(
            replace(tab, is_current=tab.name == self.tab)
            for tab in TABS
            if is_allowed(self.shell.organization.role, tab.permission)
        )


@dataclass(frozen=True, kw_only=True)
class OrganizationPage(SettingsPage):
    """The organization itself; the form is None for those who may only read it."""

    form: Form | None
    time_zone: str
    requires_second_factor: bool
    engine: str
    """What allocates, in words."""
    created_at: datetime
    member_count: int
    owner_names: tuple[str, ...]
    may_leave: bool
    """False for the only owner, who has to hand over first."""
    may_close: bool


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """Somebody in the organization; no scopes means the role's whole view, or nothing for a scoped role."""

    id: UUID
    name: str
    email: str
    role: Role
    scopes: tuple[str, ...]
    """`team = Payments`."""
    sees_everything: bool
    member_since: datetime
    is_you: bool = False


@dataclass(frozen=True, kw_only=True)
class InvitationEntry(InvitationRow):
    """An invitation, to be sent again or withdrawn."""

    id: UUID


@dataclass(frozen=True, kw_only=True)
class FormerRow:
    """Somebody who was removed and can still be brought back."""

    id: UUID
    email: str
    role: Role
    removed_at: datetime
    removed_by: str


@dataclass(frozen=True, kw_only=True)
class MembersPage(SettingsPage):
    """Who belongs here and what each may see; the form is None for those who may not invite."""

    search: str
    members: tuple[MemberRow, ...]
    paging: Paging
    invitations: tuple[InvitationEntry, ...]
    former: tuple[FormerRow, ...]
    form: Form | None
    may_write: bool

    @property
    def query(self) -> str:
        """The search as it stands in an address."""
        return urlencode({"q": self.search}) if self.search else ""


@dataclass(frozen=True, kw_only=True)
class ScopeRow:
    """A part of the cost a member sees."""

    id: UUID
    dimension: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ScopeSuggestion:
    """A part of the cost a member could see."""

    dimension: str
    value: str
    label: str
    is_taken: bool = False


@dataclass(frozen=True, kw_only=True)
class ScopeSearch:
    """What was looked for among cost centers or the values of a dimension, and what was found."""

    dimensions: tuple[tuple[str, str], ...]
    dimension: str
    text: str
    found: tuple[ScopeSuggestion, ...]
    has_more: bool


@dataclass(frozen=True, kw_only=True)
class MemberPage(SettingsPage):
    """One member: role, scopes and what may be done about them."""

    member: MemberRow
    scopes: tuple[ScopeRow, ...]
    roles: tuple[tuple[Role, str], ...]
    """The roles this reader may give, in words; empty where they may change nothing."""
    search: ScopeSearch | None
    may_write: bool
    may_transfer: bool


@dataclass(frozen=True, kw_only=True)
class ConfirmationPage(SettingsPage):
    """Asks before something that is not easily undone, with what follows from it."""

    question: str
    consequences: tuple[str, ...]
    action: str
    """What the button says."""
    back: str
    """Address of the page to return to."""
    form: Form | None = None
    """What has to be typed before."""


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """A place where the person is logged in."""

    id: int
    browser: str
    ip: str
    began_at: datetime
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class AccountPage(SettingsPage):
    """How the person logs in, and where they are logged in."""

    email: str
    has_totp: bool
    passkey_count: int
    unused_recovery_code_count: int | None
    """None where there are no recovery codes."""
    is_factor_asked_for: bool
    password_rules: tuple[str, ...]
    sessions: tuple[SessionRow, ...]

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone does not let anybody in."""
        return self.has_totp or self.passkey_count > 0

    @property
    def has_other_sessions(self) -> bool:
        """Whether there is a session to end beside this one."""
        return any(not session.is_current for session in self.sessions)


@dataclass(frozen=True, kw_only=True)
class AccountFrame(SettingsPage):
    """What stands around a form of one's own account."""

    @property
    def manage_frame(self) -> str:
        """The template around the form."""
        return "settings/account_form.html" if self.shell else "base_entrance.html"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value before and after a change; empty where there was or is none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """One change that somebody made."""

    sequence: int
    at: datetime
    actor: str
    is_program: bool
    action: str
    target: str
    summary: str
    changes: tuple[Change, ...]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class AuditPage(SettingsPage):
    """One part of the log, and what was looked for."""

    rows: tuple[AuditRow, ...]
    paging: Paging
    actions: tuple[tuple[str, str], ...]
    actor: str
    action: str
    first_day: str
    last_day: str
    problem: str
    """What of the search cannot be read."""
    time_zone: str

    @property
    def query(self) -> str:
        """The search as it stands in an address, without the part shown."""
        asked = {"actor": self.actor, "action": self.action, "from": self.first_day, "to": self.last_day}
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def is_filtered(self) -> bool:
        """Whether less than the whole log is asked for."""
        return bool(self.query)


KeyState = Literal["living", "replaced", "revoked", "expired"]
"""`replaced`: it lives on for a while beside its successor."""


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """A key by which a program acts for the organization; its secret is known to nobody here."""

    id: UUID
    name: str
    prefix: str
    role: Role
    permissions: tuple[str, ...]
    """Part of what the role may do, in words; none where it may do all of it."""
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    state: KeyState


@dataclass(frozen=True, kw_only=True)
class NewSecret:
    """A secret that was just made; this is the only time anybody sees it."""

    name: str
    secret: str
    old_key_expires_at: datetime | None = None
    """Until when the key it replaces lives on."""


@dataclass(frozen=True, kw_only=True)
class KeysPage(SettingsPage):
    """Which programs may act for the organization."""

    living: tuple[KeyRow, ...]
    dead: tuple[KeyRow, ...]
    form: Form | None
    """None for those who may only look."""
    secret: NewSecret | None
