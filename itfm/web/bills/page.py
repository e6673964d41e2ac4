"""What the pages on bills show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from ingestion.comparison import Compared, Difference
from ingestion.payables.bill_states import BillState
from itfm.core.money import CONTEXT
from itfm.web.bills.in_others import InOtherSourceRow
from itfm.web.components import Paging, State
from itfm.web.invoices.page import InvoiceRow
from itfm.web.shell.page import Health, Shell

BILL_STATES: Final[dict[BillState, State]] = {
    "estimated": State(label="Estimated", icon="clock"),
    "invoiced": State(label="Invoiced", tone="good"),
    "trued_up": State(label="Trued up", tone="good", icon="refresh"),
}
"""How final the total of a bill is, in words."""


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
    is_uploaded: bool = False


@dataclass(frozen=True, kw_only=True)
class SourceName:
    """A source that is not connected yet, or not any more."""

    id: UUID
    name: str
    kind_name: str
    removed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MonthCell:
    """A month of a source: what there is, and why."""

    period: date
    state: Literal["complete", "restated", "under_way", "partial", "missing", "none"]
    reason: str
    bill_id: UUID | None

    @property
    def needs_a_look(self) -> bool:
        """Whether something is missing that should be there."""
        return self.state in {"partial", "missing"}


@dataclass(frozen=True, kw_only=True)
class CoverageRow:
    """The months of one source, oldest first."""

    source_id: UUID
    source_name: str
    months: tuple[MonthCell, ...]


@dataclass(frozen=True, kw_only=True)
class CoveragePart:
    """Sources by month."""

    months: tuple[date, ...]
    rows: tuple[CoverageRow, ...]

    @property
    def gaps(self) -> tuple[tuple[CoverageRow, MonthCell], ...]:
        """What needs a look, the newest month first."""
        found = [(row, month) for row in self.rows for month in row.months if month.needs_a_look]
        return tuple(sorted(found, key=lambda gap: (-gap[1].period.toordinal(), gap[0].source_name)))


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
    state: State | None = None
    """How final its total is; None where nothing has been imported."""


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
    paging: Paging
    """Of the bills."""
    running: tuple[RunRow, ...]
    """Queued and running ones."""
    recent: tuple[RunRow, ...]
    """The latest that are over, newest first."""
    coverage: CoveragePart
    drafts: tuple[SourceName, ...]
    """Sources whose connection is not finished."""
    removed: tuple[SourceName, ...]
    """Sources out of use that can be put back."""
    may_pull: bool
    may_write: bool


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
    delivered_as: int | None
    """The revision whose files were read again for this one; None where it was delivered itself."""
    fingerprint: str
    imported_at: datetime
    row_count: int
    totals: tuple[CurrencyTotals, ...]
    changes: tuple[CurrencyTotals, ...]
    """What this revision added to the one before, by currency; empty for the first."""
    files: tuple[FileRow, ...]


@dataclass(frozen=True, kw_only=True)
class TieOutRow:
    """Billed cost in one currency, added up three times; None where it cannot be."""

    currency: str
    file_total: Decimal | None
    """Of the amounts in the delivered files; unknown for bills that came in before this was kept."""
    stored_total: Decimal | None
    allocated_total: Decimal | None

    @property
    def stored_difference(self) -> Decimal | None:
        """What is stored less what the files say."""
        return _less(self.stored_total, self.file_total)

    @property
    def allocated_difference(self) -> Decimal | None:
        """What the ledger has less what is stored."""
        return _less(self.allocated_total, self.stored_total)

    @property
    def is_off(self) -> bool:
        """Whether two of the sums are known and differ."""
        return bool(self.stored_difference) or bool(self.allocated_difference)


def _less(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else CONTEXT.subtract(one, other)


@dataclass(frozen=True, kw_only=True)
class TieOut:
    """Whether a bill adds up from its files to the ledger, by currency."""

    rows: tuple[TieOutRow, ...]
    row_count: int
    """Data rows of the files; a row can give no charge, or two."""
    stored_count: int | None
    is_allocated: bool
    """Whether the ledger in force stands on this revision."""

    @property
    def state(self) -> Literal["held", "off", "open"]:
        """`open`: nothing differs, but not every sum is known."""
        if any(row.is_off for row in self.rows):
            return "off"
        known = all(row.stored_difference is not None and row.allocated_difference is not None for row in self.rows)
        return "held" if known else "open"


@dataclass(frozen=True, kw_only=True)
class ComparisonPart:
    """Where two revisions differ, by account and service, and what each comes to."""

    numbers: tuple[int, ...]
    """Of the revisions to choose from, newest first."""
    older: int
    newer: int
    is_readable: bool
    rows: tuple[Difference, ...]
    hidden: tuple[Compared, ...]
    """Of the rows that are not shown, by currency."""
    hidden_count: int
    totals: tuple[Compared, ...]
    """Of all charges, by currency."""


@dataclass(frozen=True, kw_only=True)
class FindingCode:
    """A kind of finding and how many there are."""

    severity: Literal["error", "warning", "info"]
    code: str
    count: int


@dataclass(frozen=True, kw_only=True)
class FindingsPart:
    """A page of findings, those of a severity or code only when asked for."""

    rows: tuple[FindingRow, ...]
    count: int
    page: int
    pages: int
    severity: str
    code: str
    codes: tuple[FindingCode, ...]

    @property
    def previous_page(self) -> int:
        """The page before this one."""
        return self.page - 1

    @property
    def next_page(self) -> int:
        """The page after this one."""
        return self.page + 1

    @property
    def is_filtered(self) -> bool:
        """Whether only some are asked for."""
        return bool(self.severity or self.code)


@dataclass(frozen=True, kw_only=True)
class FoundRow:
    """A finding with where it was found; one of a delivery as a whole names no bill."""

    finding: FindingRow
    source_id: UUID
    source_name: str
    bill_id: UUID | None
    billing_period: date | None


@dataclass(frozen=True, kw_only=True)
class FindingsPage:
    """What was found over all bills, those of a source, severity or code only when asked for."""

    shell: Shell
    rows: tuple[FoundRow, ...]
    count: int
    page: int
    per_page: int
    source_id: UUID | None
    sources: tuple[SourceName, ...]
    severity: str
    code: str
    codes: tuple[FindingCode, ...]
    query: str
    """What is asked for, as an address has it."""

    @property
    def paging(self) -> Paging:
        """The way through them."""
        return Paging(number=self.page, count=self.count, per_page=self.per_page)


@dataclass(frozen=True, kw_only=True)
class BillPage:
    """One bill with its revisions, newest first, and what was found in the current one; None where none is in force."""

    shell: Shell
    id: UUID
    source_id: UUID
    source_name: str
    source_is_in_use: bool
    billing_period: date
    revisions: tuple[RevisionRow, ...]
    tie_out: TieOut | None
    comparison: ComparisonPart | None
    """None with fewer than two revisions."""
    findings: FindingsPart | None
    state: State | None
    """How final its total is; None where none is in force."""
    invoices: tuple[InvoiceRow, ...]
    """Those that its charges belong to."""
    in_other_sources: tuple[InOtherSourceRow, ...] = ()
    """Postings that other sources have too."""
