"""What the pages on invoices show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.forms import Form

from ingestion.payables.line_by_line import LineReconciliation, LineState
from ingestion.payables.reconciling import Reconciliation
from ingestion.payables.reconciling import State as ReconciliationState
from itfm.web.components import Paging, State
from itfm.web.invoices.uploading import FilePreview
from itfm.web.shell.page import Shell

STATES: Final[dict[ReconciliationState, State]] = {
    "matches": State(label="Matches", tone="good"),
    "within_tolerance": State(label="Within tolerance", tone="good"),
    "differs": State(label="Differs", tone="bad"),
    "no_charges": State(label="No charges found", tone="caution"),
    "not_issued": State(label="Not issued yet", icon="clock"),
    "voided": State(label="Voided"),
    "unknown": State(label="Charges not readable", tone="caution"),
}
LINE_STATES: Final[dict[LineState, State]] = {
    "matches": STATES["matches"],
    "within_tolerance": STATES["within_tolerance"],
    "differs": STATES["differs"],
    "no_charges": STATES["no_charges"],
    "not_issued": STATES["not_issued"],
    "voided": STATES["voided"],
    "no_line": State(label="Not on the invoice", tone="caution"),
    "not_held": State(label="Tax, not compared"),
}
ORIGINS: Final = {"typed": "Typed in", "uploaded": "Uploaded", "detail": "Read from FOCUS Invoice Detail"}


@dataclass(frozen=True, kw_only=True)
class InvoiceRow:
    """An invoice beside what its charges say; `in_bill` is what one bill has of these, where one is looked at."""

    id: UUID
    issuer: str
    number: str
    account: str
    billing_period: date
    currency: str
    amount: Decimal
    issue_date: date | None
    due_date: date | None
    reconciliation: Reconciliation
    in_bill: Decimal | None = None

    @property
    def state(self) -> State:
        """How it stands, in words."""
        return STATES[self.reconciliation.state]

    @property
    def note(self) -> str:
        """What one must know to read its figures; '' for nothing."""
        found = self.reconciliation
        if found.invoice_count > 1:
            return f"Charges carry no numbers: {found.invoice_count} invoices are held against them together"
        if found.ours is not None and not found.is_by_number:
            return "Charges carry no numbers: found by issuer, period and currency"
        return ""


@dataclass(frozen=True, kw_only=True)
class UnknownRow:
    """Charges with the number of an invoice that nobody entered; `query` fills in the form."""

    issuer: str
    number: str
    currency: str
    billed_cost: Decimal
    charge_count: int
    query: str


@dataclass(frozen=True, kw_only=True)
class BillName:
    """A bill that no invoice was found for."""

    id: UUID
    source_name: str
    billing_period: date


@dataclass(frozen=True, kw_only=True)
class InvoicesPage:
    """Invoices of a billing period, or of all; what has no counterpart is told for one period."""

    shell: Shell
    period: date | None
    periods: tuple[date, ...]
    """Those to choose from, newest first."""
    rows: tuple[InvoiceRow, ...]
    paging: Paging
    query: str
    unknown: tuple[UnknownRow, ...]
    hidden_unknown_count: int
    bills_without: tuple[BillName, ...]
    may_write: bool


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """Lines of an invoice with one key beside their charges."""

    line: LineReconciliation

    @property
    def state(self) -> State:
        """How it stands, in words."""
        return LINE_STATES[self.line.state]


@dataclass(frozen=True, kw_only=True)
class InvoicePage:
    """One invoice: what it says, what charges say, line by line where it has lines, and in which bills they are."""

    shell: Shell
    row: InvoiceRow
    status: str
    payment_terms: str
    reference_number: str
    purchase_order: str
    purchase_order_id: UUID | None
    """None where no order has the number."""
    purchase_order_query: str
    """It fills in the form of an order."""
    origin: str
    file_name: str
    entered_by: str
    entered_at: datetime
    changed_at: datetime
    lines: tuple[LineRow, ...]
    hidden_line_count: int
    bills: tuple[tuple[BillName, Decimal], ...]
    """With what each has of its charges, tax included."""
    may_write: bool

    @property
    def is_voided(self) -> bool:
        """Whether it does not count."""
        return self.status == "voided"


@dataclass(frozen=True, kw_only=True)
class InvoiceUploadPage:
    """Where a file of invoices is looked at and taken in; `problems` say why the last one was not."""

    shell: Shell
    problems: tuple[str, ...] = ()
    preview: FilePreview | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceFormPage:
    """The form of an invoice, new or not."""

    shell: Shell
    form: Form
    id: UUID | None = None
    name: str = ""
