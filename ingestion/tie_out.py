"""The books of a billing period: its invoices held against the charges of its bills, and what has no counterpart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from ingestion.invoice_sums import RevisionSums, detail_sums, sums_of
from ingestion.models import BillRevision, Invoice
from ingestion.payables.bill_states import BillState, CoveringInvoice, bill_state, state_of_sum
from ingestion.payables.facts import TAX, issuer_key
from ingestion.payables.line_by_line import LineReconciliation, reconcile_lines
from ingestion.payables.reconciling import ChargeSum, Invoiced, Reconciliation, reconcile, unknown_numbers
from ingestion.selectors import current_revisions, delivered_revision
from ingestion.services.invoices import lines_of
from itfm.core.money import total
from itfm.core.periods import next_period

VOIDED: Final = "voided"


@dataclass(frozen=True, kw_only=True)
class UnknownInvoice:
    """Charges of a billing period that carry the number of an invoice nobody has entered."""

    issuer: str
    number: str
    account: str
    """Empty where the charges are of several accounts."""
    currency: str
    billed_cost: Decimal
    charge_count: int


@dataclass(frozen=True, kw_only=True)
class BillTie:
    """A bill in force with the invoices that its charges belong to, and how final its total is."""

    revision: BillRevision
    state: BillState
    invoices: tuple[Invoice, ...]


@dataclass(frozen=True, kw_only=True)
class Books:
    """The invoices of a billing period with what their charges say, by id, and what has no counterpart."""

    period: date
    invoices: tuple[Invoice, ...]
    reconciliations: Mapping[UUID, Reconciliation]
    unknown: tuple[UnknownInvoice, ...]
    ties: tuple[BillTie, ...]

    @property
    def bills_without(self) -> tuple[BillTie, ...]:
        """Bills that no invoice was found for."""
        return tuple(tie for tie in self.ties if not tie.invoices)


@dataclass(frozen=True, kw_only=True)
class SumState:
    """How final the sum over the bills in force of some billing periods is, and how many of them are invoiced."""

    state: BillState
    bill_count: int
    invoiced_count: int


def invoices() -> QuerySet[Invoice]:
    """Return all invoices with how many lines each has and what tax these tell, newest period first."""
    taxed = Sum("lines__amount", filter=Q(lines__charge_category=TAX))
    found = Invoice.objects.annotate(line_count=Count("lines"), tax_of_lines=taxed)
    return found.order_by("-billing_period", "issuer", "number", "id")


def invoiced_periods() -> list[date]:
    """Return the billing periods that have an invoice, newest first."""
    return list(Invoice.objects.order_by("-billing_period").values_list("billing_period", flat=True).distinct())


class Reads:
    """The revisions in force and what was read of their charges, once for all books that are asked for together."""

    def __init__(self) -> None:
        found = current_revisions().select_related("bill__source").defer("files", "totals", "file_totals")
        self.revisions = tuple(found)
        self._sums: dict[UUID, RevisionSums | None] = {}

    def sums(self, revision: BillRevision) -> RevisionSums | None:
        """Return what the charges of a revision come to by invoice."""
        if revision.id not in self._sums:
            self._sums[revision.id] = sums_of(revision)
        return self._sums[revision.id]

    def is_corrected(self, revision: BillRevision) -> bool:
        """Return whether a later bill of the source holds corrections of this one's period."""
        bill = revision.bill
        later = (
            one
            for one in self.revisions
            if one.bill.source_id == bill.source_id and one.bill.billing_period > bill.billing_period
        )
        read = (self.sums(one) for one in later)
        return any(found is not None and bill.billing_period in found.corrected for found in read)


def books_of(period: date, *, at: datetime, reads: Reads | None = None) -> Books:
    """Return the books of a billing period as they stand."""
    reads = reads or Reads()
    kept = tuple(invoices().filter(billing_period=period))
    revisions = [one for one in reads.revisions if one.bill.billing_period == period]
    read = [reads.sums(revision) for revision in revisions]
    sums = [one for found in read if found for one in found.sums]
    asked = [_invoiced(invoice) for invoice in kept]
    found = reconcile(asked, sums, is_readable=all(read))
    living = [one for one in asked if one.status != VOIDED]
    unknown = unknown_numbers(asked, sums)
    without = {one.bill_id for group in unknown_numbers(living, sums).values() for one in group}
    return Books(
        period=period,
        invoices=kept,
        reconciliations=found,
        unknown=tuple(_unknown(key, group) for key, group in unknown.items()),
        ties=tuple(
            _tie(one, kept=kept, found=found, is_short=one.bill_id in without, reads=reads, at=at) for one in revisions
        ),
    )


def bill_states(revisions: Iterable[BillRevision], *, at: datetime) -> dict[UUID, BillState]:
    """Return how final the totals of revisions in force are, by bill; only charges of invoiced periods are read."""
    listed = list(revisions)
    invoiced = set(invoiced_periods()) & {revision.bill.billing_period for revision in listed}
    reads = Reads() if invoiced else None
    ties = [tie for period in sorted(invoiced) for tie in books_of(period, at=at, reads=reads).ties]
    told = {tie.revision.bill_id: tie.state for tie in ties}
    return {revision.bill_id: told.get(revision.bill_id, "estimated") for revision in listed}


def sum_state(first: date, last: date, *, at: datetime) -> SumState | None:
    """Return how final the sum over all bills of these billing periods is, both inclusive; None without a bill."""
    revisions = current_revisions().filter(bill__billing_period__range=(first, last)).select_related("bill__source")
    states = list(bill_states(revisions, at=at).values())
    if not states:
        return None
    invoiced = sum(state != "estimated" for state in states)
    return SumState(state=state_of_sum(states), bill_count=len(states), invoiced_count=invoiced)


def lines_beside_charges(invoice: Invoice) -> tuple[LineReconciliation, ...]:
    """Return the lines of an invoice beside the charges of its period that carry its number; none without lines."""
    lines = lines_of(invoice)
    if not lines:
        return ()
    asked = {"number": invoice.number, "issuer": issuer_key(invoice.issuer), "currency": invoice.currency}
    charges = [one for revision in current_revisions(invoice.billing_period) for one in detail_sums(revision, **asked)]
    return reconcile_lines(lines, charges, currency=invoice.currency, status=invoice.status)  # type: ignore[arg-type]


def _invoiced(invoice: Invoice) -> Invoiced:
    tells_tax = getattr(invoice, "line_count", 0) > 0
    return Invoiced(
        id=invoice.id,
        issuer=invoice.issuer,
        number=invoice.number,
        account=invoice.billing_account_id,
        currency=invoice.currency,
        amount=invoice.amount,
        tax=(getattr(invoice, "tax_of_lines", None) or Decimal(0)) if tells_tax else None,
        status=invoice.status,  # type: ignore[arg-type]
    )


def _unknown(key: tuple[str, str, str], group: Sequence[ChargeSum]) -> UnknownInvoice:
    issuer, number, currency = key
    accounts = {one.account for one in group}
    return UnknownInvoice(
        issuer=issuer,
        number=number,
        account=accounts.pop() if len(accounts) == 1 else "",
        currency=currency,
        billed_cost=total(one.billed_cost for one in group),
        charge_count=sum(one.charge_count for one in group),
    )


def _tie(
    revision: BillRevision,
    *,
    kept: Sequence[Invoice],
    found: Mapping[UUID, Reconciliation],
    is_short: bool,
    reads: Reads,
    at: datetime,
) -> BillTie:
    own = [one for one in kept if one.status != VOIDED and revision.bill_id in found[one.id].by_bill]
    covering = [
        CoveringInvoice(
            status=one.status,  # type: ignore[arg-type]
            issue_date=one.issue_date,
            ties_out=found[one.id].ties_out,
        )
        for one in own
    ]
    period, delivered = revision.bill.billing_period, delivered_revision(revision)
    state = bill_state(
        covering,
        is_over=next_period(period) <= at.date(),
        has_unknown_numbers=is_short,
        restated_on=delivered.imported_at.date() if delivered.number > 1 else None,
        has_corrections=bool(covering) and reads.is_corrected(revision),
    )
    return BillTie(revision=revision, state=state, invoices=tuple(own))
