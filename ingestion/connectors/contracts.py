"""A list of contracts, one line of a contract in each row, as CSV or Parquet. Pure but for the files.

Every day of the term costs the same, to the last digit (`ingestion.amortization.straight_line`: cut to 12 decimals, the
last day takes what is left); an invoice is billed on its day. Over the term both sums are the amount.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from ingestion.amortization.cells import Cells, read_day, read_units, shown
from ingestion.amortization.charges import Charge, Item, amount_text
from ingestion.amortization.expanding import accrued
from ingestion.amortization.installments import CUSTOM, SCHEDULES, UPFRONT, installments
from ingestion.amortization.registers import discover_register, require_titles, tag_titles, tags_of
from ingestion.amortization.settings import AccruingSettings, basis
from ingestion.amortization.stretches import Stretch
from ingestion.focus.findings import Finding
from ingestion.focus.services import OTHER_CATEGORY, SUBCATEGORIES
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.tables import RawTables

REQUIRED: Final = ("contract_id", "vendor", "start_date", "end_date", "amount", "currency")
CATEGORIES: Final = {name.lower(): name for name in SUBCATEGORIES}
WORDS: Final = {word: word for word in (UPFRONT, *SCHEDULES, CUSTOM)}
YES_NO: Final = {
    **dict.fromkeys(("yes", "true", "y", "1"), "yes"),
    **dict.fromkeys(("no", "false", "n", "0"), "no"),
}
INVOICES: Final = "invoices"
KEPT: Final = (
    "contract_id",
    "line_id",
    "contract_start",
    "contract_end",
    "contract_amount",
    "seats",
    "seats_assigned",
    "seats_active",
    "unit_price",
    "renewal_notice_date",
    "auto_renews",
)


@dataclass
class ContractRows:
    """The lines of contracts in files of these columns; `seen` has the first row of each line."""

    tag_titles: dict[str, str]
    facts: tuple[str, ...] = tuple(f"x_{name}" for name in KEPT)
    seen: dict[tuple[str, ...], str] = field(default_factory=dict)
    notes: list[Finding] = field(default_factory=list)

    def item(self, cells: Cells) -> Item | None:
        """Return the charges of a line of a contract."""
        start, last = cells.needed_day("start_date"), cells.needed_day("end_date")
        amount, currency = cells.needed_units("amount"), cells.currency("currency")
        if cells.is_sound() and last < start:
            cells.wrong("end_date", f"is {last}, before the contract starts on {start}.", code="end_before_start")
        facts = self._facts(cells, currency)
        if not cells.is_sound():
            return None
        end = last + timedelta(days=1)
        invoices = _invoices(cells, amount, start=start, end=end, currency=currency)
        if not cells.is_sound():
            return None
        self._note(cells)
        own = {"x_contract_start": f"{start}", "x_contract_end": f"{last}", "x_contract_amount": amount_text(amount)}
        return Item(facts=facts | own, charges=_charges(amount, invoices, start=start, end=end))

    def findings(self) -> Iterable[Finding]:
        """Return what was noted."""
        return self.notes

    def _facts(self, cells: Cells, currency: str) -> dict[str, str | None]:
        text, vendor, contract = cells.text, cells.needed("vendor"), cells.needed("contract_id")
        category = cells.word("service_category", CATEGORIES) or OTHER_CATEGORY
        for name in ("seats", "seats_assigned", "seats_active"):
            cells.whole(name)
        cells.units("unit_price")
        cells.day("renewal_notice_date")
        line = text("line_id")
        return {
            "billing_account_id": vendor,
            "billing_account_name": vendor,
            "billing_account_type": "Vendor",
            "billing_currency": currency,
            "charge_description": text("description") or text("service_name"),
            "invoice_id": text("invoice_id"),
            "invoice_issuer_name": vendor,
            "resource_id": f"{contract}/{line}" if line else contract,
            "resource_name": text("description"),
            "resource_type": "Contract",
            "service_category": category,
            "service_name": text("service_name") or vendor,
            "service_provider_name": vendor,
            "service_subcategory": f"Other ({category})",
            "sub_account_id": contract,
            "sub_account_name": text("contract_name") or contract,
            "sub_account_type": "Contract",
            "tags": tags_of(cells, self.tag_titles),
            **{f"x_{name}": text(name) for name in KEPT},
            "x_auto_renews": cells.word("auto_renews", YES_NO),
        }

    def _note(self, cells: Cells) -> None:
        """Tell of a line that stands twice, and of more seats in use than were bought."""
        names = ("contract_id", "line_id", "service_name", "description", "start_date", "end_date", "amount")
        key = tuple(cells.text(name) for name in names)
        place = f"{cells.file}, row {cells.row}"
        first = self.seen.setdefault(key, place)
        if first != place:
            message = f"{place}: the line stands in {first} too. Both count; remove one if it is the same."
            self.notes.append(_warning("row_twice", cells, message))
        seats, assigned = cells.whole("seats"), cells.whole("seats_assigned")
        if seats is not None and assigned is not None and assigned > seats:
            message = f"{place}: {assigned:,} seats are assigned, {seats:,} were bought."
            self.notes.append(_warning("seats_exceeded", cells, message))


def _warning(code: str, cells: Cells, message: str) -> Finding:
    return Finding(code=code, severity="warning", file=cells.file, row=cells.row, message=message)


def _charges(amount: int, invoices: list[tuple[date, int]], *, start: date, end: date) -> Iterator[Charge | Stretch]:
    days = (end - start).days
    yield Stretch(start=start, days=days, amount=amount, whole=days)
    for day, part in invoices:
        yield Charge(day, "Purchase", "One-Time" if len(invoices) == 1 else "Recurring", part, 0)


def _invoices(cells: Cells, amount: int, *, start: date, end: date, currency: str) -> list[tuple[date, int]]:
    """Return when how much is invoiced: as the row lists it, else by its schedule, else all of it on the first day."""
    schedule = cells.word("payment_schedule", WORDS)
    if not cells.is_sound():
        return []
    if cells.has(INVOICES):
        if schedule not in {None, CUSTOM}:
            what = f"is {schedule}, though the row lists its invoices. Leave it empty, or write custom."
            cells.wrong("payment_schedule", what, code="schedule_twice")
        return _listed(cells, amount)
    if schedule == CUSTOM:
        what = "is empty, though the schedule is custom. List the invoices as 2026-01-01=100.00;2026-07-01=50.00."
        cells.wrong(INVOICES, what, code="invoices_missing")
        return []
    if schedule in SCHEDULES:
        return installments(amount, start=start, end=end, every=SCHEDULES[schedule], currency=currency)
    return [(start, amount)]


def _listed(cells: Cells, amount: int) -> list[tuple[date, int]]:
    found = _pairs(cells.text(INVOICES))
    invoices = []
    for day_text, amount_of_it in found or ():
        day, units = read_day(day_text.strip()), read_units(amount_of_it.strip())
        if day is None or units is None:
            found = None
            break
        invoices.append((day, units))
    if not found:
        what = f"is {shown(cells.text(INVOICES))}; write 2026-01-01=100.00;2026-07-01=50.00, or the same as JSON."
        cells.wrong(INVOICES, what, code="invoices_unreadable")
    elif (total := sum(part for _, part in invoices)) != amount:
        what = f"adds up to {amount_text(total)}, while the amount of the contract is {amount_text(amount)}."
        cells.wrong(INVOICES, what, code="invoices_differ")
    return invoices


def _pairs(text: str) -> list[tuple[str, str]] | None:
    """Return day and amount of each invoice as they are written, None where they are not."""
    if not text.startswith(("{", "[")):
        parts = [part.partition("=") for part in text.split(";") if part.strip()]
        return [(day, amount) for day, _, amount in parts]
    try:
        read: Any = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None
    pairs = list(read.items()) if isinstance(read, dict) else [_pair(one) for one in read]
    return [(str(day), f"{amount:f}" if isinstance(amount, Decimal) else str(amount)) for day, amount in pairs]


def _pair(one: Any) -> tuple[Any, Any]:
    if isinstance(one, dict):
        return one.get("date"), one.get("amount")
    day, _, amount = str(one).partition("=")
    return day, amount


def open_contracts(raw: RawTables, *_settings: object) -> ContractRows:
    """Look at the columns.

    :raises RejectedBillError: one is missing that no contract can do without.
    """
    require_titles(raw, REQUIRED, kind="a list of contracts")
    return ContractRows(tag_titles=tag_titles(raw))


KIND = ConnectorKind(
    label="Contracts (CSV or Parquet)",
    description=(
        "Software, support and other contracts, a line in each row: what a term costs is spread over its days, an"
        " invoice is billed on its day. The newest list counts whole."
    ),
    params=AccruingSettings,
    discover=discover_register,
    normalize=accrued(open_contracts),
    basis=basis,
    is_register=True,
)
