"""What the pages of allocation show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from allocation.drafts.templates import Template
from itfm.web.shell.page import PeriodChoice, Shell


@dataclass(frozen=True, kw_only=True)
class DraftBar:
    """What stands over every page of rules: whether they are a draft, and what may be done with it."""

    may_write: bool
    lock: int
    """What every change must name; 0 without a draft."""
    published_version: int | None
    is_draft: bool = False
    base_version: int | None = None
    is_behind: bool = False
    """Whether another version was published meanwhile."""
    change_count: int = 0
    undo_summary: str = ""
    redo_summary: str = ""
    edited_by: str = ""
    changed_at: datetime | None = None
    discarded_id: UUID | None = None
    """A discarded draft that can be restored."""
    notes: tuple[str, ...] = ()
    """What the rules look at and the figures of the period do not count, and why."""


@dataclass(frozen=True, kw_only=True)
class CatchFigures:
    """How much something catches: distinct attribute sets, charges, and effective cost by currency."""

    sets: int
    charges: int
    costs: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, kw_only=True)
class CoverageFigures:
    """How much of the cost of one currency the rules of a dimension give a value."""

    currency: str
    total: Decimal
    uncaught: Decimal
    covered_percent: Decimal | None


@dataclass(frozen=True, kw_only=True)
class DimensionRow:
    """A dimension and what its rules reach."""

    key: str
    name: str
    rule_count: int
    coverage: tuple[CoverageFigures, ...]
    is_first: bool
    is_last: bool
    number: int


@dataclass(frozen=True, kw_only=True)
class SplitRow:
    """A split in its stage."""

    key: str
    name: str
    pool: str
    method: str
    receivers: str
    number: int
    is_first: bool
    is_last: bool


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """The splits of one stage, none of which sees what the others do."""

    number: int
    splits: tuple[SplitRow, ...]
    is_reciprocal: bool = False
    """Whether its pools serve each other."""


@dataclass(frozen=True, kw_only=True)
class DriverRow:
    """A driver and the values there are."""

    key: str
    name: str
    dimension: str
    unit: str
    row_count: int
    first: date | None
    last: date | None
    used_by: tuple[str, ...]


RunState = Literal["queued", "running", "published", "replaced", "refused", "failed", "quarantined", "canceled"]


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One application of the rules to a billing period."""

    id: UUID
    billing_period: date
    state: RunState
    version: int | None
    started_at: datetime
    finished_at: datetime | None
    step: str = ""
    error: str = ""
    finding_count: int = 0
    has_ledger: bool = False


@dataclass(frozen=True, kw_only=True)
class ReallocationPart:
    """Many billing periods allocated again as one piece of work: how each of them stands."""

    id: UUID
    first_period: date
    last_period: date
    asked_by: str
    asked_at: datetime
    canceled_at: datetime | None
    months: tuple[RunRow, ...]
    is_in_order: bool
    """Whether a month waits for the one before it, on whose shares its splits may fall back."""

    @property
    def done_count(self) -> int:
        """How many months have a new ledger."""
        return self._count("published", "replaced")

    @property
    def running_count(self) -> int:
        """How many months a worker is at."""
        return self._count("running")

    @property
    def waiting_count(self) -> int:
        """How many months wait for a worker."""
        return self._count("queued")

    @property
    def failed_count(self) -> int:
        """How many months keep the ledger they had, because their run ended badly."""
        return self._count("refused", "failed", "quarantined")

    @property
    def canceled_count(self) -> int:
        """How many months were taken back."""
        return self._count("canceled")

    @property
    def over_count(self) -> int:
        """How many months nothing more will happen to."""
        return len(self.months) - self.running_count - self.waiting_count

    @property
    def over_percent(self) -> Decimal:
        """The same as a share of the whole."""
        return Decimal(self.over_count * 100) / len(self.months) if self.months else Decimal(100)

    @property
    def is_over(self) -> bool:
        """Whether nothing waits or runs."""
        return self.over_count == len(self.months)

    def _count(self, *states: RunState) -> int:
        return sum(month.state in states for month in self.months)


@dataclass(frozen=True, kw_only=True)
class RunningPart:
    """Runs that wait or run, and periods whose ledger stands on an older version of the rules."""

    reallocation: ReallocationPart | None
    runs: tuple[RunRow, ...]
    """Those that are no part of it."""
    waiting: tuple[date, ...]
    done_count: int
    total_count: int

    @property
    def is_over(self) -> bool:
        """Whether nothing waits or runs."""
        return not self.runs and not self.waiting and self.reallocation is None


@dataclass(frozen=True, kw_only=True)
class AllocationPage:
    """The rules as a whole: what they reach, what they leave, and the runs that apply them."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    dimensions: tuple[DimensionRow, ...]
    stages: tuple[StageRow, ...]
    drivers: tuple[DriverRow, ...]
    running: RunningPart
    recent: tuple[RunRow, ...]
    has_bills: bool
    templates: tuple[Template, ...] = ()
    """Ready dimensions that the rules do not have yet."""
    versions_apart: tuple[RunRow, RunRow] | None = None
    """The run before and the run in force of the period shown, when another version of the rules came between."""


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """One difference between two rule sets, in words."""

    sign: Literal["added", "removed", "changed", "moved"]
    place: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class MoneyChange:
    """What the value of a dimension costs under two rule sets, in one currency; a value of None is unallocated."""

    value: str | None
    currency: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True, kw_only=True)
class MoveRow:
    """Charges that have one value in force and get another by the draft; a value of None is unallocated."""

    old: str | None
    new: str | None
    catch: CatchFigures


@dataclass(frozen=True, kw_only=True)
class MovesPart:
    """What changes its value of a dimension: the dearest moves, and all together."""

    name: str
    rows: tuple[MoveRow, ...]
    move_count: int
    total: CatchFigures


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    """What publishing the draft would change: in the rules, and in what each rule catches."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    changes: tuple[ChangeLine, ...]
    coverage: tuple[tuple[str, tuple[MoneyChange, ...]], ...]
    """For each dimension, by name: what its rules leave uncaught, under the version in force and under the draft."""
    moves: tuple[MovesPart, ...]
    """For each dimension of which anything changes its value."""
