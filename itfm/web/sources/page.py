"""What the pages on sources show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from itfm.web.bills.page import CurrencyTotals, MonthCell, RunRow
from itfm.web.shell.page import Health, Shell

if TYPE_CHECKING:
    from django.forms import Form

STEPS: Final = ("Kind", "Settings", "Test", "Schedule", "First pull")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of connecting a source."""

    number: int
    name: str
    state: Literal["done", "current", "ahead"]


def steps_at(current: int) -> tuple[Step, ...]:
    """Return the steps of connecting a source, one of them current; the first is 1."""
    return tuple(
        Step(
            number=number, name=name, state="done" if number < current else "current" if number == current else "ahead"
        )
        for number, name in enumerate(STEPS, start=1)
    )


@dataclass(frozen=True, kw_only=True)
class KindChoice:
    """A kind of source to connect."""

    key: str
    label: str
    description: str


@dataclass(frozen=True, kw_only=True)
class KindsPage:
    """The first step: what is delivered?"""

    shell: Shell
    steps: tuple[Step, ...]
    kinds: tuple[KindChoice, ...]


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """The second step, or a change of a source that is connected; then there are no steps."""

    shell: Shell
    steps: tuple[Step, ...]
    kind: str
    kind_name: str
    form: Form
    external_id: str
    """What a role's trust policy must ask for; empty where the kind knows no roles."""
    access: tuple[str, ...]
    """Paragraphs on what else to permit."""
    reads_blobs: bool = False
    """Whether the kind reads containers of Azure Blob Storage."""
    source_id: UUID | None = None
    source_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a test of the connection saw, or in words why not."""

    deliveries: int
    first_period: date | None
    last_period: date | None
    files: int
    bytes: int
    waiting: int
    notes: tuple[str, ...] = ()
    """Sentences on what else is there."""
    facts: tuple[tuple[str, str], ...] = ()
    error_message: str = ""


@dataclass(frozen=True, kw_only=True)
class TestPage:
    """The third step: does the connection work? `seen` is None before it was tried."""

    shell: Shell
    steps: tuple[Step, ...]
    source_id: UUID
    source_name: str
    is_draft: bool
    place: str
    seen: Seen | None = None

    __test__ = False  # no test class


@dataclass(frozen=True, kw_only=True)
class SchedulePage:
    """The fourth step, or a change of when a source is pulled."""

    shell: Shell
    steps: tuple[Step, ...]
    source_id: UUID
    source_name: str
    form: Form


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A setting as it may be shown."""

    name: str
    value: str
    is_secret: bool = False
    url: str = ""
    """Where it leads."""


@dataclass(frozen=True, kw_only=True)
class SourcePage:
    """One source: how it does, what it has delivered, and what can be done with it."""

    shell: Shell
    id: UUID
    name: str
    kind_name: str
    health: Health
    message: str
    schedule: str
    last_pull_at: datetime | None
    next_pull_at: datetime | None
    data_through: date | None
    facts: tuple[Fact, ...]
    months: tuple[MonthCell, ...]
    """Oldest first."""
    runs: tuple[RunRow, ...]
    is_paused: bool
    is_uploaded: bool
    may_pull: bool
    may_write: bool


@dataclass(frozen=True, kw_only=True)
class RemovalPage:
    """What removing a source would mean."""

    shell: Shell
    source_id: UUID
    source_name: str
    bill_count: int
    first_period: date | None
    last_period: date | None
    totals: tuple[CurrencyTotals, ...]
    form: Form
