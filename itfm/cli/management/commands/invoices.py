"""`itfm invoices`: list and enter invoices, take in files of them, and hold those of a month against its charges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ingestion.models import Invoice
from ingestion.payables.facts import STATUSES, InvoiceFacts
from ingestion.payables.line_by_line import LineReconciliation
from ingestion.services.invoice_files import look_at_file, take_in_file
from ingestion.services.invoices import InvoiceError, enter_invoice
from ingestion.tie_out import Books, books_of, invoices, lines_beside_charges
from itfm.accounts.models import Organization
from itfm.api.resources.invoices import InvoiceAnswer, InvoiceLineAnswer, UnknownInvoiceAnswer, reconciled
from itfm.cli.command import REFUSED, Answer, Command, columns, organization
from itfm.cli.papers import COMMAND, add_file, day_of, take_in
from itfm.core.money import AmountError, amount, plain
from itfm.core.periods import PeriodError, parse_period, period_name
from itfm.core.tenancy import tenant

TIES: Final = frozenset({"matches", "within_tolerance", "not_issued", "voided"})
"""States of invoices that leave nothing to look into: those that agree, and those that are held to nothing."""
_HEADS: Final = ("number", "issuer", "period", "currency", "invoice", "charges", "difference", "state")
_LINE_HEADS: Final = ("line", "category", "invoice", "charges", "difference", "state")


class Command(Command):  # type: ignore[no-redef]
    """Lists, enters, imports and compares invoices."""

    help = "List and enter invoices, take in files of them, and hold those of a month against its charges."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        listing = actions.add_parser("list", help="List invoices beside their charges, newest billing period first.")
        listing.add_argument("--period", metavar="YYYY-MM", help="Only those of this billing period.")
        listing.add_argument("--status", choices=STATUSES, help="Only those that are so.")
        _add_facts(actions.add_parser("add", help="Keep an invoice; the same again is kept once."))
        taking = actions.add_parser("import", help="Take in a file of invoices, whole or not at all.")
        add_file(taking, help_text="CSV, XLSX or Parquet: a row per invoice, or FOCUS 1.4 Invoice Detail.")
        comparing = actions.add_parser(
            "difference", help="Hold the invoices of a month against its charges; exits with 2 where they do not agree."
        )
        comparing.add_argument("--period", required=True, metavar="YYYY-MM")
        comparing.add_argument("--lines", action="store_true", help="Tell each line of the invoices as well.")
        for action in actions.choices.values():
            action.add_argument("--organization", required=True, metavar="SLUG")
            self.add_json(action)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Do what is asked in the organization that is named."""
        owner = organization(options["organization"])
        asked: dict[str, Callable[..., Answer]] = {
            "list": _list,
            "add": _add,
            "import": _import,
            "difference": _difference,
        }
        with tenant(owner.id):
            return asked[options["action"]](owner, options, at=timezone.now())


def _add_facts(parser: CommandParser) -> None:
    parser.add_argument("--issuer", required=True, help="As bills name it (InvoiceIssuerName).")
    parser.add_argument("--number", required=True, help="As it stands on the invoice (InvoiceId).")
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="Its billing period.")
    parser.add_argument("--amount", required=True, help="To be paid, tax included: 1234.56.")
    parser.add_argument("--currency", required=True, help="ISO 4217, such as EUR.")
    parser.add_argument("--status", choices=STATUSES[:2], default="issued")
    parser.add_argument("--issue-date", metavar="YYYY-MM-DD")
    parser.add_argument("--due-date", metavar="YYYY-MM-DD")
    parser.add_argument("--account", default="", help="Billing account; left out, any of the issuer's.")
    parser.add_argument("--payment-terms", default="")
    parser.add_argument("--reference-number", default="", help="Number of the invoice that this one corrects.")
    parser.add_argument("--purchase-order", default="")


def _list(_owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    found = invoices()
    if options["period"]:
        found = found.filter(billing_period=_period(options["period"]))
    if options["status"]:
        found = found.filter(status=options["status"])
    told = list(reconciled(list(found), at=at))
    return Answer(
        data={"invoices": [_data(one) for one in told]},
        text=columns([_HEADS, *map(_row, told)]) if told else "There is no invoice.",
    )


def _add(owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    try:
        facts = InvoiceFacts(
            issuer=options["issuer"],
            number=options["number"],
            billing_period=_period(options["period"]),
            currency=options["currency"],
            amount=amount(options["amount"]),
            status=options["status"],
            billing_account_id=options["account"],
            issue_date=day_of(options["issue_date"]),
            due_date=day_of(options["due_date"]),
            payment_terms=options["payment_terms"],
            reference_number=options["reference_number"],
            purchase_order=options["purchase_order"],
        )
    except AmountError as error:
        raise CommandError(f"--amount: {error}") from error
    try:
        made, is_new = enter_invoice(facts, organization_id=owner.id, by=COMMAND, at=at)
    except InvoiceError as error:
        told = {"code": "invalid_invoice", "field": error.field, "message": str(error)}
        return Answer(
            data={"status": "rejected", "invoice": None, "error": told}, text=f"rejected: {error}", exit_code=REFUSED
        )
    [kept] = reconciled([invoices().get(pk=made.id)], at=at)
    status = "added" if is_new else "unchanged"
    return Answer(
        data={"status": status, "invoice": _data(kept), "error": None},
        text=f"{status}\n{columns([_HEADS, _row(kept)])}",
    )


def _import(owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    return take_in(
        options,
        look=partial(look_at_file, organization_id=owner.id),
        take=partial(take_in_file, organization_id=owner.id, by=COMMAND, at=at),
    )


def _difference(_owner: Organization, options: dict[str, Any], *, at: datetime) -> Answer:
    books = books_of(_period(options["period"]), at=at)
    told = list(reconciled(books.invoices, at=at))
    lines = {one.id: lines_beside_charges(one) for one in told} if options["lines"] else {}
    agrees = not books.unknown and all(books.reconciliations[one.id].state in TIES for one in told)
    data = {
        "billing_period": period_name(books.period),
        "agrees": agrees,
        "invoices": [
            {**_data(one), "lines": [_plain(InvoiceLineAnswer(line).data) for line in lines[one.id]]}
            if options["lines"]
            else _data(one)
            for one in told
        ],
        "unknown": [_plain(UnknownInvoiceAnswer(one).data) for one in books.unknown],
        "bills_without": [
            {"bill": str(tie.revision.bill_id), "source": tie.revision.bill.source.name, "state": tie.state}
            for tie in books.bills_without
        ],
    }
    text = "\n".join(_words(books, told, lines=lines, agrees=agrees))
    return Answer(data=data, text=text, exit_code=0 if agrees else REFUSED)


def _row(invoice: Invoice) -> tuple[str, ...]:
    found = invoice.reconciliation  # type: ignore[attr-defined]  # put there by `reconciled`
    amounts = (_written(one) for one in (invoice.amount, found.ours, found.difference))
    # Charges without numbers are held against all invoices of their issuer at once, which explains the difference.
    together = f", {found.invoice_count} held together" if found.invoice_count > 1 else ""
    return (
        invoice.number,
        invoice.issuer,
        period_name(invoice.billing_period),
        invoice.currency,
        *amounts,
        f"{found.state.replace('_', ' ')}{together}",
    )


def _words(
    books: Books, told: list[Invoice], *, lines: dict[UUID, tuple[LineReconciliation, ...]], agrees: bool
) -> Iterator[str]:
    """Yield what a person reads of a month: its invoices, their lines, and what has no counterpart."""
    yield f"{period_name(books.period)}: {'agrees' if agrees else 'does not agree'}"
    if told:
        yield columns([_HEADS, *map(_row, told)])
    for one in told:
        if lines.get(one.id):
            yield f"lines of {one}"
            yield columns([_LINE_HEADS, *map(_line, lines[one.id])])
    if books.unknown:
        yield "numbers in charges that no invoice has"
        heads = ("number", "issuer", "currency", "charges", "billed")
        rows = [(u.number, u.issuer, u.currency, f"{u.charge_count:,}", plain(u.billed_cost)) for u in books.unknown]
        yield columns([heads, *rows])
    for tie in books.bills_without:
        yield f"no invoice for the bill of {tie.revision.bill.source.name}, whose total is {tie.state}"


def _line(line: LineReconciliation) -> tuple[str, ...]:
    amounts = (_written(one) for one in (line.amount, line.ours, line.difference))
    return (line.key, line.charge_category, *amounts, line.state.replace("_", " "))


def _written(value: Decimal | None) -> str:
    return "none" if value is None else plain(value)


def _data(invoice: Invoice) -> dict[str, Any]:
    return _plain(InvoiceAnswer(invoice).data)


def _plain(data: Any) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, dict) else value for name, value in data.items()}


def _period(text: str) -> date:
    try:
        return parse_period(text)
    except PeriodError as error:
        raise CommandError(str(error)) from error
