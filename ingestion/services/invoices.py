"""Keeping invoices: typed in, uploaded or read from details; each change is written down with what was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from ingestion.models import Invoice
from ingestion.payables.facts import InvoiceFacts, InvoiceLine, issuer_key, problems
from ingestion.services.invoice_batches import lines_of_each, write_invoices, write_lines
from ingestion.services.kept import Deed, Planned, TakenIn, differences, record_file, told
from itfm.audit.services import Actor, record

PlannedInvoice = Planned[InvoiceFacts, Invoice]
OF_LINES: Final = ("billing_period", "currency", "amount")
"""What an invoice with lines has from them."""


class InvoiceError(ValueError):
    """An invoice cannot be kept so; the message says why and what to do, `field` what of it is meant."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def enter_invoice(facts: InvoiceFacts, *, organization_id: UUID, by: Actor, at: datetime) -> tuple[Invoice, bool]:
    """Keep an invoice that somebody typed in and return it with whether it is new; the same is kept once.

    :raises InvoiceError: something of it cannot be so, or its number is taken by an invoice that says something else.
    """
    check(facts)
    before = invoice_of(facts.issuer, facts.number)
    if before is not None:
        if facts_of(before) == replace(facts, lines=()):
            return before, False
        raise InvoiceError(f"Invoice {before} is there already. Change that one instead.", field="number")
    invoice = _new(facts, organization_id=organization_id, by=by, at=at)
    try:
        with transaction.atomic():
            invoice.save()
    except IntegrityError as error:
        raise InvoiceError(f"Invoice {invoice} has just been entered. Look at that one first.") from error
    _record("invoice.entered", invoice, by=by, changes=told(facts.fields()))
    return invoice, True


@transaction.atomic
def change_invoice(invoice: Invoice, facts: InvoiceFacts, *, by: Actor, at: datetime) -> Invoice:
    """Have an invoice say something else. What it says already changes nothing.

    :raises InvoiceError: something of it cannot be so, its number is taken, or its lines say otherwise.
    """
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    before = facts_of(locked)
    check(facts)
    wanted = facts.fields()
    if locked.lines.exists():
        _hold_to_lines(before, facts)
    other = invoice_of(facts.issuer, facts.number)
    if other is not None and other.pk != locked.pk:
        raise InvoiceError(f"Invoice {other} is there already. Its number tells an invoice apart.", field="number")
    changes = differences(before.fields(), wanted)
    if changes:
        _write(locked, facts, at=at)
        _record("invoice.changed", locked, by=by, changes=changes)
    return locked


@transaction.atomic
def void_invoice(invoice: Invoice, *, by: Actor, at: datetime) -> Invoice:
    """Have an invoice count no more. Voiding one twice changes nothing."""
    return _set_status(invoice, Invoice.Status.VOIDED, action="invoice.voided", by=by, at=at)


@transaction.atomic
def restore_invoice(invoice: Invoice, *, by: Actor, at: datetime) -> Invoice:
    """Have a voided invoice count again: as issued where it has a date of issue, else as open."""
    if invoice.status != Invoice.Status.VOIDED:
        return invoice
    status = Invoice.Status.ISSUED if invoice.issue_date else Invoice.Status.OPEN
    return _set_status(invoice, status, action="invoice.restored", by=by, at=at)


def plan_invoices(invoices: Sequence[InvoiceFacts], *, columns: frozenset[str]) -> tuple[PlannedInvoice, ...]:
    """Return what taking in the invoices of a file would do, in their order; changes nothing.

    :param columns: fields that the file tells of; the others stay as they are.
    :raises InvoiceError: something cannot be so, or an invoice that has lines comes without.
    """
    known = {(issuer_key(one.issuer), one.number): one for one in _named_like(invoices)}
    lines = lines_of_each(known.values())
    plan = []
    for one in invoices:
        check(one)
        before = known.get((issuer_key(one.issuer), one.number))
        said = facts_of(before, lines=lines.get(before.pk, ())) if before else None
        plan.append(_planned(one, before, said=said, columns=columns))
    return tuple(plan)


@transaction.atomic
def take_in_invoices(
    invoices: Sequence[InvoiceFacts],
    *,
    organization_id: UUID,
    columns: frozenset[str],
    file_name: str,
    by: Actor,
    at: datetime,
) -> TakenIn:
    """Keep all invoices of a file, or none: new ones are added, known ones say and itemize what the file does.

    A file that says what is known changes nothing.

    :param columns: fields that the file tells of; the others stay as they are.
    :raises InvoiceError: something cannot be so, or an invoice that has lines comes without.
    """
    list(_named_like(invoices).select_for_update())
    plan = plan_invoices(invoices, columns=columns)
    _carry_out(plan, organization_id=organization_id, file_name=file_name[:200], by=by, at=at)
    return record_file("invoices.taken_in", plan, organization_id=organization_id, file_name=file_name, by=by)


def check(facts: InvoiceFacts) -> None:
    """Hold an invoice against what can be.

    :raises InvoiceError: something of it cannot be so.
    """
    for name, message in problems(facts):
        raise InvoiceError(f"{name.replace('_', ' ').capitalize()} {message}", field=name)


def invoice_of(issuer: str, number: str) -> Invoice | None:
    """Return the invoice of a number; capitals of the issuer's name do not count."""
    named = Invoice.objects.annotate(issuer_key=Lower("issuer"))
    return named.filter(issuer_key=issuer_key(issuer), number=number).first()


def facts_of(invoice: Invoice, *, lines: tuple[InvoiceLine, ...] = ()) -> InvoiceFacts:
    """Return what a kept invoice says, with these lines."""
    names = [name for name in InvoiceFacts.__dataclass_fields__ if name != "lines"]
    return InvoiceFacts(**{name: getattr(invoice, name) for name in names}, lines=lines)


def lines_of(invoice: Invoice) -> tuple[InvoiceLine, ...]:
    """Return the lines of a kept invoice, in their order."""
    names = tuple(InvoiceLine.__dataclass_fields__)
    return tuple(InvoiceLine(**row) for row in invoice.lines.order_by("position").values(*names))


def _named_like(invoices: Sequence[InvoiceFacts]) -> QuerySet[Invoice]:
    """Return kept invoices that have the number of one of these, among them perhaps those of other issuers."""
    return Invoice.objects.filter(number__in={facts.number for facts in invoices}).order_by("id")


def _planned(
    given: InvoiceFacts, before: Invoice | None, *, said: InvoiceFacts | None, columns: frozenset[str]
) -> PlannedInvoice:
    """Return what becomes of an invoice that says, after a file, what the file does."""
    facts = _merged(said, given, columns=columns) if said else given
    changes = _changes(said, facts)
    deed: Deed = "added" if said is None else "changed" if changes else "unchanged"
    return Planned(name=f"{facts.number} of {facts.issuer}", facts=facts, deed=deed, changes=changes, before=before)


def _carry_out(
    plan: Sequence[PlannedInvoice], *, organization_id: UUID, file_name: str, by: Actor, at: datetime
) -> None:
    added: list[Invoice] = []
    changed: list[Invoice] = []
    lines: dict[Invoice, Sequence[InvoiceLine]] = {}
    for one in plan:
        if one.deed == "unchanged":
            continue
        invoice = one.before or _new(one.facts, organization_id=organization_id, by=by, at=at)
        invoice.file_name = file_name
        invoice.origin = Invoice.Origin.DETAIL if one.facts.lines else Invoice.Origin.UPLOADED
        _say(invoice, one.facts, at=at)
        (changed if one.before else added).append(invoice)
        if "lines" in one.changes:
            lines[invoice] = one.facts.lines
    write_invoices(added, changed)
    known = {invoice.pk for invoice in changed}
    write_lines(lines, had_some=(invoice.pk for invoice in lines if invoice.pk in known))


def _merged(said: InvoiceFacts, given: InvoiceFacts, *, columns: frozenset[str]) -> InvoiceFacts:
    """Return what an invoice says once a file has been taken in; one without details leaves those known as they are."""
    kept = {name: value for name, value in said.fields().items() if name not in columns}
    if given.lines or not said.lines:
        return replace(given, **kept)
    _hold_to_lines(said, replace(given, **kept))
    return replace(given, **kept, lines=said.lines)


def _hold_to_lines(said: InvoiceFacts, given: InvoiceFacts) -> None:
    for name in OF_LINES:
        if getattr(given, name) != getattr(said, name):
            message = f"Invoice {said.number} has lines, which say otherwise. Take in its details again to change them."
            raise InvoiceError(message, field=name)


def _changes(said: InvoiceFacts | None, facts: InvoiceFacts) -> dict[str, Any]:
    """Return what changes of a kept invoice, as pairs; of a new one, what it says."""
    if said is None:
        return told(facts.fields()) | ({"lines": len(facts.lines)} if facts.lines else {})
    changes = differences(said.fields(), facts.fields())
    return changes | ({"lines": [len(said.lines), len(facts.lines)]} if facts.lines != said.lines else {})


def _set_status(invoice: Invoice, status: Invoice.Status, *, action: str, by: Actor, at: datetime) -> Invoice:
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if locked.status != status:
        before, locked.status, locked.changed_at = locked.status, status, at
        locked.save(update_fields=["status", "changed_at"])
        _record(action, locked, by=by, changes={"status": [before, str(status)]})
    return locked


def _new(facts: InvoiceFacts, *, organization_id: UUID, by: Actor, at: datetime) -> Invoice:
    return Invoice(
        organization_id=organization_id,
        entered_by=by.name[:200],
        entered_at=at,
        changed_at=at,
        **facts.fields(),
    )


def _write(invoice: Invoice, facts: InvoiceFacts, *, at: datetime) -> None:
    _say(invoice, facts, at=at)
    invoice.save()


def _say(invoice: Invoice, facts: InvoiceFacts, *, at: datetime) -> None:
    for name, value in facts.fields().items():
        setattr(invoice, name, value)
    invoice.changed_at = at


def _record(action: str, invoice: Invoice, *, by: Actor, changes: Mapping[str, Any]) -> None:
    record(
        action,
        organization_id=invoice.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=f"invoice {invoice}",
        changes=changes,
    )
