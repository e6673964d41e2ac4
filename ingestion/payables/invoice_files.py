"""From the rows of a file to invoices: all of them, or what is wrong with each cell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.payables.facts import InvoiceFacts, InvoiceLine, issuer_key, problems
from ingestion.payables.layouts import DETAIL, TABLE, is_detail
from ingestion.payables.reading import Cells, ReadRow, Sheet, read_sheet
from itfm.core.money import total

LINE_FIELDS: Final = frozenset(InvoiceLine.__dataclass_fields__)
ALIKE: Final = ("currency", "status", "issue_date", "due_date")
"""What all lines of an invoice say alike."""


@dataclass(frozen=True, kw_only=True)
class InvoiceFile:
    """The invoices of a file and the fields it has columns for; with problems there are none."""

    invoices: tuple[InvoiceFacts, ...] = ()
    columns: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def invoices_of(name: str, titles: Sequence[str], rows: Iterable[Cells]) -> InvoiceFile:
    """Return the invoices of a file's rows, in their order; empty rows are passed over."""
    layout = DETAIL if is_detail(titles) else TABLE
    sheet, read = read_sheet(name, titles, rows, layout=layout, one="invoice")
    invoices = _from_lines(sheet, read) if layout is DETAIL else _from_rows(sheet, read)
    if sheet.problems:
        return InvoiceFile(problems=sheet.told())
    return InvoiceFile(invoices=tuple(invoices), columns=frozenset(sheet.places) - {"charge_category", "detail_id"})


def _from_rows(sheet: Sheet, read: Sequence[ReadRow]) -> list[InvoiceFacts]:
    first: dict[tuple[str, str], int] = {}
    found = []
    for row, fields in read:
        facts = InvoiceFacts(**fields)
        known = first.setdefault((issuer_key(facts.issuer), facts.number), row)
        if known != row:
            sheet.complain(row, "number", f"'{facts.number[:60]}' stands in row {known} already. Keep one of the two.")
        found.append(_checked(sheet, row, facts))
    return found


def _from_lines(sheet: Sheet, read: Sequence[ReadRow]) -> list[InvoiceFacts]:
    grouped: dict[tuple[str, str], list[ReadRow]] = {}
    for row, fields in read:
        grouped.setdefault((issuer_key(fields["issuer"]), fields["number"]), []).append((row, fields))
    return [_from_group(sheet, group) for group in grouped.values()]


def _from_group(sheet: Sheet, group: Sequence[ReadRow]) -> InvoiceFacts:
    """Return the invoice of some lines; what they need not say alike is the first that is said."""
    first_row, first = group[0]
    for row, fields in group[1:]:
        for name in ALIKE:
            if fields.get(name) != first.get(name):
                two = f"it is '{fields.get(name) or ''}' here and '{first.get(name) or ''}' in row {first_row}"
                sheet.complain(row, name, f"{two}, which is of the same invoice. Make them alike.")
    names = [name for name in first if name not in LINE_FIELDS]
    said = {name: next((fields[name] for _, fields in group if fields[name]), first[name]) for name in names}
    accounts = {fields["billing_account_id"] for _, fields in group}
    lines = tuple(InvoiceLine(**{name: fields[name] for name in LINE_FIELDS & set(fields)}) for _, fields in group)
    facts = InvoiceFacts(
        **said,
        billing_account_id=accounts.pop() if len(accounts) == 1 else "",
        billing_period=max(line.billing_period for line in lines),
        amount=total(line.amount for line in lines),
        lines=lines,
    )
    return _checked(sheet, first_row, facts)


def _checked(sheet: Sheet, row: int, facts: InvoiceFacts) -> InvoiceFacts:
    for name, message in problems(facts):
        sheet.complain(row, name, f"it {message}")
    return facts
