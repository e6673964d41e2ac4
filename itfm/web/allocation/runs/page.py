"""What the pages of runs show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from itfm.web.allocation.page import MoneyChange, ReallocationPart, RunningPart, RunRow
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class RunsPage:
    """Every run, newest first, and those under way."""

    shell: Shell
    may_write: bool
    running: RunningPart
    runs: tuple[RunRow, ...]
    periods: tuple[date, ...]
    """Billing periods that can be allocated again, newest first."""
    latest: ReallocationPart | None
    """The re-allocation of many months that was over last."""


@dataclass(frozen=True, kw_only=True)
class StepSums:
    """What one step of a run sums to in one currency."""

    step: str
    currency: str
    billed: Decimal
    effective: Decimal


@dataclass(frozen=True, kw_only=True)
class RunFinding:
    """One thing a run has to say."""

    split: str
    message: str
    values: str


@dataclass(frozen=True, kw_only=True)
class HeldRow:
    """Cost that a split left in its pool."""

    split: str
    currency: str
    effective: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True)
class DriverCoverage:
    """How far a driver reached in a split: the days it measured of those asked for, and its rows with a receiver."""

    split: str
    driver: str
    days_needed: int
    days_measured: int
    days_filled: int
    received: int
    matched: int


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """One run: its sums step by step, its proof, what it has to say, and what it changed."""

    shell: Shell
    may_write: bool
    run: RunRow
    running: RunningPart
    is_proved: bool
    problems: tuple[str, ...]
    steps: tuple[StepSums, ...]
    findings: tuple[RunFinding, ...]
    held: tuple[HeldRow, ...]
    drivers: tuple[DriverCoverage, ...]
    before: RunRow | None
    dimensions: tuple[tuple[str, str], ...]
    dimension: str
    changes: tuple[MoneyChange, ...]
    change_count: int
