"""What the pages on purchase orders show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.forms import Form

from ingestion.payables.drawing import Drawing, NamingInvoice, OrderState, OrderSums
from itfm.web.components import Choice, Link, Paging, State
from itfm.web.invoices.uploading import FilePreview
from itfm.web.shell.page import Shell

STATES: Final[dict[OrderState, State]] = {
    "open": State(label="Open", icon="clock"),
    "fully_invoiced": State(label="Fully invoiced", tone="good"),
    "overdrawn": State(label="Overdrawn", tone="bad"),
    "expired": State(label="Expired", tone="caution"),
    "closed": State(label="Closed"),
}
INVOICE_STATES: Final = {
    "open": State(label="Not issued yet", icon="clock"),
    "issued": State(label="Issued", tone="good"),
    "voided": State(label="Voided"),
}


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order with what was billed against it."""

    id: UUID
    number: str
    vendor: str
    description: str
    cost_center: str
    order_date: date
    start_date: date | None
    end_date: date | None
    drawing: Drawing

    @property
    def state(self) -> State:
        """How it stands, in words."""
        return STATES[self.drawing.state]

    @property
    def note(self) -> str:
        """What is told beside its figures and not added to them; '' for nothing."""
        told = [f"invoices in {one.currency} not added" for one in self.drawing.in_other_currencies]
        if self.drawing.not_issued_count:
            told.append(f"{self.drawing.not_issued_count} not issued yet")
        text = ", ".join(told)
        return f"{text[:1].upper()}{text[1:]}"


@dataclass(frozen=True, kw_only=True)
class UnknownOrderRow:
    """A number that invoices name and no order has; `query` fills in the form."""

    number: str
    issuer: str
    currency: str
    billed: Decimal
    invoice_count: int
    vendors: tuple[str, ...]
    """Those that have an order of this number."""
    invoices: tuple[NamingInvoice, ...]
    hidden_invoice_count: int
    query: str


@dataclass(frozen=True, kw_only=True)
class OrdersPage:
    """Purchase orders that are asked for, with their sums, and numbers that no order has."""

    shell: Shell
    sums: tuple[OrderSums, ...]
    rows: tuple[OrderRow, ...]
    paging: Paging
    query: str
    search: str
    states: tuple[Choice, ...]
    vendors: tuple[Choice, ...]
    is_narrowed: bool
    is_empty: bool
    """Whether there is no order at all."""
    exports: tuple[Link, ...]
    unknown: tuple[UnknownOrderRow, ...]
    hidden_unknown_count: int
    may_write: bool


@dataclass(frozen=True, kw_only=True)
class OrderInvoiceRow:
    """An invoice that names an order; `counts` is what it draws from it, None where it does not."""

    id: UUID
    number: str
    billing_period: date
    issue_date: date | None
    currency: str
    amount: Decimal
    tax: Decimal | None
    counts: Decimal | None
    state: State


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """One purchase order and the invoices that name it."""

    shell: Shell
    row: OrderRow
    is_closed: bool
    file_name: str
    entered_by: str
    entered_at: datetime
    changed_at: datetime
    invoices: tuple[OrderInvoiceRow, ...]
    hidden_invoice_count: int
    may_write: bool


@dataclass(frozen=True, kw_only=True)
class OrderFormPage:
    """The form of a purchase order, new or not."""

    shell: Shell
    form: Form
    id: UUID | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderUploadPage:
    """Where a file of orders is looked at and taken in; `problems` say why the last one was not."""

    shell: Shell
    problems: tuple[str, ...] = ()
    preview: FilePreview | None = None
