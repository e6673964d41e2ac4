"""From the rows of a file to invoices: all of them, or what is wrong with each cell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingestion.payables.cells import CellError
from ingestion.payables.facts import InvoiceFacts, InvoiceLine, issuer_key, problems
from ingestion.payables.layouts import DETAIL, TABLE, Field, columns_of, is_detail
from itfm.core.inert import as_written
from itfm.core.money import total

MOST_PROBLEMS: Final = 50
LONGEST: Final = 10_000
LINE_FIELDS: Final = frozenset(InvoiceLine.__dataclass_fields__)
ALIKE: Final = ("currency", "status", "issue_date", "due_date")
"""What all lines of an invoice say alike."""


@dataclass(frozen=True, kw_only=True)
class InvoiceFile:
    """The invoices of a file and the fields it has columns for; with problems there are none."""

    invoices: tuple[InvoiceFacts, ...] = ()
    columns: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


@dataclass
class _Sheet:
    """A file while it is read; rows are numbered as a spreadsheet does, the heading being 1."""

    name: str
    titles: Sequence[str]
    layout: Sequence[Field]
    places: Mapping[str, int]
    problems: list[str] = field(default_factory=list)

    def complain(self, row: int, name: str, message: str) -> None:
        """Say what is wrong with a cell."""
        place = self.places.get(name)
        title = self.titles[place] if place is not None else name
        self.problems.append(f"{self.name}, row {row}, column {title}: {message}")

    def read(self, row: int, cells: Sequence[str | None]) -> dict[str, Any] | None:
        """Return the fields of a row; None where a cell cannot be read."""
        count, found = len(self.problems), {}
        for one in self.layout:
            if one.name in self.places:
                try:
                    found[one.name] = one.read(_within_limit(cells[self.places[one.name]] or ""))
                except CellError as error:
                    self.complain(row, one.name, str(error))
        return found if len(self.problems) == count else None


def _within_limit(cell: str) -> str:
    """Return a cell as it was written before it was kept from running in a spreadsheet."""
    if len(cell) > LONGEST:
        raise CellError(f"it is longer than {LONGEST:,} characters. Shorten it.")
    return as_written(cell)


def invoices_of(name: str, titles: Sequence[str], rows: Iterable[Sequence[str | None]]) -> InvoiceFile:
    """Return the invoices of a file's rows, in their order; empty rows are passed over."""
    layout = DETAIL if is_detail(titles) else TABLE
    sheet = _Sheet(name=name, titles=titles, layout=layout, places=columns_of(titles, layout))
    missing = [one.label for one in layout if one.is_needed and one.name not in sheet.places]
    if missing:
        asked = (
            f"{name}, row 1: there is no column {', '.join(missing)}. Add it, or give the column that has it this name."
        )
        return InvoiceFile(problems=(asked,))
    read = [
        (row, found)
        for row, cells in enumerate(rows, start=2)
        if any(cells) and (found := sheet.read(row, cells)) is not None
    ]
    invoices = _from_lines(sheet, read) if layout is DETAIL else _from_rows(sheet, read)
    if not read and not sheet.problems:
        sheet.problems.append(f"{name}: there is no row under the heading. Add one per invoice.")
    if sheet.problems:
        return InvoiceFile(problems=_few(sheet.problems))
    return InvoiceFile(invoices=tuple(invoices), columns=frozenset(sheet.places) - {"charge_category", "detail_id"})


def _from_rows(sheet: _Sheet, read: Sequence[tuple[int, dict[str, Any]]]) -> list[InvoiceFacts]:
    first: dict[tuple[str, str], int] = {}
    found = []
    for row, fields in read:
        facts = InvoiceFacts(**fields)
        known = first.setdefault((issuer_key(facts.issuer), facts.number), row)
        if known != row:
            sheet.complain(row, "number", f"'{facts.number[:60]}' stands in row {known} already. Keep one of the two.")
        found.append(_checked(sheet, row, facts))
    return found


def _from_lines(sheet: _Sheet, read: Sequence[tuple[int, dict[str, Any]]]) -> list[InvoiceFacts]:
    grouped: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = {}
    for row, fields in read:
        grouped.setdefault((issuer_key(fields["issuer"]), fields["number"]), []).append((row, fields))
    return [_from_group(sheet, group) for group in grouped.values()]


def _from_group(sheet: _Sheet, group: Sequence[tuple[int, dict[str, Any]]]) -> InvoiceFacts:
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


def _checked(sheet: _Sheet, row: int, facts: InvoiceFacts) -> InvoiceFacts:
    for name, message in problems(facts):
        sheet.complain(row, name, f"it {message}")
    return facts


def _few(found: list[str]) -> tuple[str, ...]:
    hidden = len(found) - MOST_PROBLEMS
    return (*found[:MOST_PROBLEMS], *([f"And {hidden:,} more cells."] if hidden > 0 else []))
