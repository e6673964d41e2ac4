"""Invoices, and whether the charges of the bills in force come to the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from rest_framework import serializers

from ingestion.models import Bill, Invoice
from ingestion.payables.facts import InvoiceFacts, problems
from ingestion.payables.line_by_line import LineReconciliation, LineState
from ingestion.payables.reconciling import State
from ingestion.services.invoice_files import look_at_file, take_in_file
from ingestion.services.invoices import (
    InvoiceError,
    change_invoice,
    enter_invoice,
    facts_of,
    restore_invoice,
    void_invoice,
)
from ingestion.services.kept import TakenIn, counted
from ingestion.services.payable_files import MAX_BYTES, RefusedFileError
from ingestion.tie_out import Reads, UnknownInvoice, books_of, invoices, lines_beside_charges
from itfm.api.fields import PLAIN, Choice, Day, Exact, Form, Period, Query, Text
from itfm.api.operations import Call, Resource, etag_of, operation
from itfm.api.paging import Page, PageQuery, page_of, page_of_sequence
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.bills import OneBillAnswer

TAG = ["Invoices"]
LIVING = ("open", "issued")
STATUSES = (*LIVING, "voided")


def _text(help_text: str, **options: Any) -> Text:
    return Text(max_length=200, allow_blank=True, required=False, help_text=help_text, **options)


class InvoicesQuery(PageQuery):
    """Which invoices."""

    period = Period(required=False, help_text="Only invoices of this billing period.")
    status = Choice(choices=STATUSES, required=False)


class ReconciliationAnswer(Form):
    """What an invoice says beside what its charges say; tax that its lines tell apart is left out of the first two."""

    state = Choice(choices=get_args(State))
    amount = Exact(help_text="On the invoice, or on all invoices that are held against the same charges.")
    charges_amount = Exact(source="ours", allow_null=True, help_text="Billed cost; null where no charge was found.")
    difference = Exact(allow_null=True, help_text="What the charges have more.")
    tolerance = Exact(help_text="FOCUS 1.4, Rounding Variance Tolerance.")
    charge_count = serializers.IntegerField()
    invoice_count = serializers.IntegerField(help_text="Invoices that are held against the same charges.")
    is_by_number = serializers.BooleanField(help_text="Whether the charges carry the number of the invoice.")
    tax = Exact(allow_null=True, help_text="On the invoice; null where it has no lines.")
    charges_tax = Exact(source="tax_ours", allow_null=True)


class InvoiceAnswer(Form):
    """What an issuer asks to be paid for a billing period."""

    id = serializers.UUIDField()
    issuer = Text()
    number = Text(help_text="InvoiceId in FOCUS.")
    billing_period = Period()
    currency = Text()
    amount = Exact(help_text="To be paid, tax included.")
    status = Choice(choices=STATUSES)
    issue_date = Day(allow_null=True)
    due_date = Day(allow_null=True)
    billing_account = Text(source="billing_account_id", help_text="Empty: any account of the issuer.")
    payment_terms = Text()
    reference_number = Text(help_text="Number of the invoice that this one corrects.")
    purchase_order = Text()
    line_count = serializers.IntegerField(help_text="Lines that itemize it.")
    origin = Choice(choices=Invoice.Origin.values)
    file_name = Text(help_text="The file it came with last; empty where it was entered.")
    entered_by = Text()
    entered_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    reconciliation = ReconciliationAnswer()


class InvoiceLineAnswer(Form):
    """Lines of an invoice with one key beside their charges. Amounts are without tax but on lines of tax."""

    key = Text(help_text="InvoiceDetailId; where the charges carry none, ChargeCategory.")
    charge_category = Text()
    description = Text()
    amount = Exact(allow_null=True, help_text="On the invoice; null where it has no such line.")
    charges_amount = Exact(source="ours", allow_null=True, help_text="Billed cost; null where no charge was found.")
    difference = Exact(help_text="What the charges have more.")
    tolerance = Exact(help_text="FOCUS 1.4, Rounding Variance Tolerance.")
    charge_count = serializers.IntegerField()
    state = Choice(choices=get_args(LineState))


class OfPeriodQuery(PageQuery):
    """Of which billing period."""

    period = Period(help_text="Billing period.")


class UnknownInvoiceAnswer(Form):
    """Charges that carry the number of an invoice nobody has entered."""

    issuer = Text(help_text="As the charges name it.")
    number = Text()
    billing_account = Text(source="account", help_text="Empty where the charges are of several accounts.")
    currency = Text()
    billed_cost = Exact()
    charge_count = serializers.IntegerField()


class FileQuery(Query):
    """What the file is called, and whether it is only looked at."""

    name = Text(max_length=200, validators=[PLAIN], help_text="With its ending: .csv, .csv.gz, .xlsx or .parquet.")
    dry_run = Choice(
        choices=("true", "false"), default="false", help_text="Whether only to tell what the file would do."
    )


class TakenInAnswer(Form):
    """What a file did."""

    added = serializers.IntegerField(help_text="Those that were not known.")
    changed = serializers.IntegerField(help_text="Those that say something else now.")
    unchanged = serializers.IntegerField(help_text="Those that said the same.")


class InvoiceForm(Form):
    """An invoice to keep."""

    issuer = Text(max_length=200, help_text="As bills name it: InvoiceIssuerName.")
    number = Text(max_length=200, help_text="InvoiceId in FOCUS.")
    billing_period = Period()
    currency = Text(max_length=3, help_text="ISO 4217, such as EUR.")
    amount = Exact(help_text="To be paid, tax included.")
    status = Choice(choices=LIVING, default="issued")
    issue_date = Day(required=False, allow_null=True)
    due_date = Day(required=False, allow_null=True)
    billing_account = _text("Empty: any account of the issuer.")
    payment_terms = _text("As they stand on the invoice.")
    reference_number = _text("Number of the invoice that this one corrects.")
    purchase_order = _text("As it stands on the invoice.")


class InvoiceChangeForm(Form):
    """What to change of an invoice; what is left out stays. With lines, period, currency and amount are theirs."""

    issuer = Text(max_length=200, required=False)
    number = Text(max_length=200, required=False)
    billing_period = Period(required=False)
    currency = Text(max_length=3, required=False)
    amount = Exact(required=False)
    status = Choice(choices=LIVING, required=False)
    issue_date = Day(required=False, allow_null=True)
    due_date = Day(required=False, allow_null=True)
    billing_account = _text("Empty: any account of the issuer.")
    payment_terms = _text("As they stand on the invoice.")
    reference_number = _text("Number of the invoice that this one corrects.")
    purchase_order = _text("As it stands on the invoice.")


class Invoices(Resource):
    """All invoices."""

    @operation(
        "bills.read", query=InvoicesQuery, answers=InvoiceAnswer, is_list=True, operation_id="list_invoices", tags=TAG
    )
    def get(self, call: Call) -> Page[Invoice]:
        """List invoices beside their charges, newest billing period first."""
        found = invoices()
        if "period" in call.query:
            found = found.filter(billing_period=call.query["period"])
        if "status" in call.query:
            found = found.filter(status=call.query["status"])
        page = page_of(found, order=("-billing_period", "issuer", "number", "id"), query=call.query)
        reconciled(page.rows, at=call.at)
        return page

    @operation(
        "invoices.write", body=InvoiceForm, answers=InvoiceAnswer, status=201, operation_id="create_invoice", tags=TAG
    )
    def post(self, call: Call) -> Reply:
        """Keep an invoice. The same invoice is kept once."""
        facts = InvoiceFacts(**_fields(call.body))
        _hold(facts)
        try:
            made, _ = enter_invoice(facts, organization_id=call.organization.id, by=call.actor, at=call.at)
        except InvoiceError as error:
            raise ProblemError("conflict", str(error)) from error
        return _told(made.id, at=call.at, status=201, headers={"Location": f"/api/v1/invoices/{made.id}"})


class InvoiceFiles(Resource):
    """Files of invoices."""

    @operation(
        "invoices.write",
        query=FileQuery,
        file_bytes=MAX_BYTES,
        answers=TakenInAnswer,
        operation_id="take_in_invoices",
        tags=TAG,
    )
    def post(self, call: Call) -> TakenIn:
        """Keep all invoices of a file, or none: `errors` name file, row and column. The same again changes nothing.

        The body is the file: a row per invoice, or FOCUS 1.4 Invoice Detail with a row per line.
        """
        named: dict[str, Any] = {"name": call.query["name"], "organization_id": call.organization.id}
        try:
            if call.query["dry_run"] == "true":
                return counted(look_at_file([call.file], **named))
            return take_in_file([call.file], by=call.actor, at=call.at, **named)
        except RefusedFileError as error:
            raise file_problem(error) from error


class UnknownInvoices(Resource):
    """Numbers in charges that no invoice has."""

    @operation(
        "bills.read",
        query=OfPeriodQuery,
        answers=UnknownInvoiceAnswer,
        is_list=True,
        operation_id="list_unknown_invoices",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[UnknownInvoice]:
        """List the charges of a billing period that carry the number of an invoice nobody has entered."""
        found = books_of(call.query["period"], at=call.at).unknown
        return page_of_sequence(
            found,
            name=lambda one: f"{one.issuer}/{one.number}/{one.currency}",
            list_name="unknown-invoices",
            query=call.query,
        )


class BillsWithoutInvoice(Resource):
    """Bills that no invoice was found for."""

    @operation(
        "bills.read",
        query=OfPeriodQuery,
        answers=OneBillAnswer,
        is_list=True,
        operation_id="list_bills_without_invoice",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[Bill]:
        """List the bills in force of a billing period that no invoice was found for; their totals are estimated."""
        states = {tie.revision.bill_id: tie.state for tie in books_of(call.query["period"], at=call.at).bills_without}
        bills = Bill.objects.filter(id__in=states).select_related("source", "current_revision")
        page = page_of(bills, order=("source_id", "id"), query=call.query)
        for bill in page.rows:
            bill.invoice_state = states[bill.id]  # type: ignore[attr-defined]
        return page


class OneInvoice(Resource):
    """One invoice."""

    @operation("bills.read", answers=InvoiceAnswer, operation_id="read_invoice", tags=TAG)
    def get(self, call: Call, invoice_id: UUID) -> Reply:
        """Tell of one invoice beside its charges. Its ETag is what a change must be made from."""
        return _told(_invoice(invoice_id).id, at=call.at)

    @operation(
        "invoices.write",
        body=InvoiceChangeForm,
        answers=InvoiceAnswer,
        is_versioned=True,
        operation_id="change_invoice",
        tags=TAG,
    )
    def patch(self, call: Call, invoice_id: UUID) -> Reply:
        """Have an invoice say something else; the audit log keeps what it said before."""
        found = _invoice(invoice_id, is_locked=True)
        call.expect(_etag(found))
        facts = replace(facts_of(found), **_fields(call.body))
        _hold(facts)
        try:
            change_invoice(found, facts, by=call.actor, at=call.at)
        except InvoiceError as error:
            raise ProblemError("conflict", str(error)) from error
        return _told(found.id, at=call.at)

    @operation("invoices.write", answers=InvoiceAnswer, operation_id="void_invoice", tags=TAG)
    def delete(self, call: Call, invoice_id: UUID) -> Reply:
        """Have an invoice count no more; it stays, voided. Doing it twice changes nothing."""
        return _told(void_invoice(_invoice(invoice_id), by=call.actor, at=call.at).id, at=call.at)


class InvoiceLines(Resource):
    """The lines of an invoice."""

    @operation("bills.read", answers=InvoiceLineAnswer, is_list=True, operation_id="list_invoice_lines", tags=TAG)
    def get(self, call: Call, invoice_id: UUID) -> Page[LineReconciliation]:
        """List the lines of an invoice beside their charges, in its order; charges without a line come last."""
        found = lines_beside_charges(_invoice(invoice_id))
        return page_of_sequence(
            found, name=lambda one: one.key, list_name=f"invoice-lines/{invoice_id}", query=call.query
        )


class InvoiceRestorations(Resource):
    """The return of a voided invoice."""

    @operation("invoices.write", answers=InvoiceAnswer, operation_id="restore_invoice", tags=TAG)
    def post(self, call: Call, invoice_id: UUID) -> Reply:
        """Have a voided invoice count again: as issued where it has a date of issue, else as open."""
        return _told(restore_invoice(_invoice(invoice_id), by=call.actor, at=call.at).id, at=call.at)


def _fields(body: Any) -> dict[str, Any]:
    return {("billing_account_id" if name == "billing_account" else name): value for name, value in body.items()}


def _hold(facts: InvoiceFacts) -> None:
    """Hold an invoice against what can be.

    :raises ProblemError: something of it cannot be so.
    """
    names = {"billing_account_id": "billing_account"}
    wrong = [
        FieldProblem(pointer=f"/{names.get(name, name)}", detail=f"It {message}") for name, message in problems(facts)
    ]
    if wrong:
        raise ProblemError("invalid", "The invoice has fields that are wrong.", errors=wrong)


def file_problem(error: RefusedFileError) -> ProblemError:
    """Return what is answered where nothing of a file was taken in."""
    wrong = [FieldProblem(pointer="", detail=sentence) for sentence in error.problems]
    return ProblemError("invalid", "Nothing of the file was taken in.", errors=wrong)


def reconciled(found: Sequence[Invoice], *, at: datetime) -> Sequence[Invoice]:
    """Return invoices of `ingestion.tie_out.invoices` with what `InvoiceAnswer` tells of their charges."""
    reads = Reads()
    books = {period: books_of(period, at=at, reads=reads) for period in {one.billing_period for one in found}}
    for one in found:
        one.reconciliation = books[one.billing_period].reconciliations[one.id]  # type: ignore[attr-defined]
    return found


def _told(invoice_id: UUID, *, at: datetime, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    [found] = reconciled([invoices().get(pk=invoice_id)], at=at)
    return Reply(found, status=status, headers={**(headers or {}), "ETag": _etag(found)})


def _etag(invoice: Invoice) -> str:
    return etag_of(f"{invoice.id}/{invoice.changed_at.isoformat()}".encode())


def _invoice(invoice_id: UUID, *, is_locked: bool = False) -> Invoice:
    rows = Invoice.objects.select_for_update() if is_locked else Invoice.objects
    found = rows.filter(pk=invoice_id).first()
    if found is None:
        raise unknown("invoice")
    return found
