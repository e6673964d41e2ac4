"""What the pages on uploads show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from itfm.web.bills.page import CurrencyTotals, FindingRow
from itfm.web.shell.page import Shell

if TYPE_CHECKING:
    from django.forms import Form


@dataclass(frozen=True, kw_only=True)
class NewUploadPage:
    """Which file to take."""

    shell: Shell
    form: Form


@dataclass(frozen=True, kw_only=True)
class UploadPart:
    """The part of an upload's page that is fetched again while the file is being read."""

    id: UUID
    step: str
    progress_ratio: Decimal

    @property
    def progress_percent(self) -> int:
        """Whole percent, rounded down."""
        return int(self.progress_ratio * 100)


@dataclass(frozen=True, kw_only=True)
class ColumnRow:
    """A column as delivered, what it becomes, and the first values in it."""

    title: str
    targets: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether it is kept as the source's own column, as FOCUS has none for it."""
        return bool(self.targets) and all(target.startswith("x_") for target in self.targets)


@dataclass(frozen=True, kw_only=True)
class UploadedBill:
    """A bill in the file, and the bills there are of its month."""

    billing_period: date
    row_count: int
    totals: tuple[CurrencyTotals, ...]
    also_billed_by: tuple[str, ...]
    """Sources that have a bill of that month in force."""


@dataclass(frozen=True, kw_only=True)
class UploadedList:
    """A list of what a provider recommends in the file; `savings` are exact, by currency."""

    count: int
    told_on: date | None
    savings: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, kw_only=True)
class UploadPage:
    """A file in quarantine: what it holds, how it is read, and what was found."""

    shell: Shell
    id: UUID
    file_name: str
    kind_name: str
    size: int
    sha256: str
    state: Literal["received", "ready", "rejected", "failed", "confirmed"]
    error_message: str
    part: UploadPart
    columns: tuple[ColumnRow, ...]
    bills: tuple[UploadedBill, ...]
    findings: tuple[FindingRow, ...]
    finding_count: int
    form: Form
    reading: Form | None
    """How it is read, where that can be told."""
    recommendations: UploadedList | None = None
    """In place of bills, where the file is such a list."""

    @property
    def noun(self) -> str:
        """What the file is."""
        return "list" if self.recommendations else "bill"

    @property
    def hidden_finding_count(self) -> int:
        """How many findings are not listed."""
        return max(self.finding_count - len(self.findings), 0)

    @property
    def own_count(self) -> int:
        """How many columns are the source's own."""
        return sum(column.is_own for column in self.columns)
