"""What the made-up company has signed for: licences by the seat, subscriptions and support. Pure.

Every contract runs for twelve months and is renewed at five percent more. A day costs whole cents, so that any month
is known without spreading an amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from itfm.demo.cur import plain
from itfm.demo.other_bill import (
    CENT_DIGITS,
    USD,
    AskedFor,
    OtherBill,
    Tally,
    money,
    months_before,
    months_of,
    write_csv,
)
from itfm.demo.usage import Month

KEY: Final = "contracts"
MONTHS: Final = 12
QUARTER: Final = 3
TITLES: Final = (
    "contract_id", "contract_name", "vendor", "service_name", "service_category", "description", "start_date",
    "end_date", "amount", "currency", "payment_schedule", "invoices", "invoice_id", "seats", "seats_assigned",
    "seats_active", "unit_price", "renewal_notice_date", "auto_renews", "cost_center",
)  # fmt: skip
SAAS: Final = "Business Applications"


@dataclass(frozen=True)
class Contract:
    """One that is renewed each year. `renewed` is how many months before the last one its present term began.

    `price` is in cents for a day, of a seat where there are `seats`: bought, assigned and in use.
    """

    number: str
    vendor: str
    service: str
    category: str
    cost_center: str
    price: int
    renewed: int
    seats: tuple[int, int, int] | None = None
    is_quarterly: bool = False


@dataclass(frozen=True)
class Term:
    """Twelve months of a contract, `end` exclusive, at so many cents a day."""

    contract: Contract
    start: date
    end: date
    price: int

    @property
    def daily(self) -> int:
        """Return what a day of all seats costs."""
        return self.price * (self.contract.seats[0] if self.contract.seats else 1)

    @property
    def invoice_id(self) -> str:
        """Return the number of the one invoice; a row of several has none to tell."""
        return "" if self.contract.is_quarterly else f"{self.contract.number}-{self.start:%Y%m}"

    def invoices(self) -> Iterator[tuple[date, int]]:
        """Yield when how many cents are invoiced, in advance."""
        step = QUARTER if self.contract.is_quarterly else MONTHS
        for month in range(0, MONTHS, step):
            first, end = months_before(self.start, -month), months_before(self.start, -month - step)
            yield first, self.daily * (end - first).days


CONTRACTS: Final = (
    Contract("MS-E3-2210", "Microsoft", "Microsoft 365 E3", SAAS, "7040", 118, 4, (640, 611, 547)),
    Contract("SF-88120", "Salesforce", "Salesforce Service Cloud", SAAS, "5040", 541, 7, (120, 96, 71)),
    Contract("ATL-4471", "Atlassian", "Jira and Confluence", "Developer Tools", "8010", 52, 0, (380, 402, 355)),
    Contract("FIG-3390", "Figma", "Figma Organization", SAAS, "1060", 148, 10, (64, 58, 31)),
    Contract("ZM-70021", "Zoom", "Zoom Workplace", SAAS, "6030", 44, 2, (640, 580, 498), is_quarterly=True),
    Contract("WD-5520", "Workday", "Workday HCM", SAAS, "7020", 61_250, 8, is_quarterly=True),
    Contract("ORA-SUP-19", "Oracle", "Oracle Database support", "Databases", "7010", 34_800, 5),
    Contract("CS-9917", "CrowdStrike", "CrowdStrike Falcon", "Security", "9040", 9, 3, (2_400, 2_311, 2_311)),
    Contract("PAN-1204", "Palo Alto Networks", "Firewall subscriptions", "Networking", "9030", 27_300, 6),
)  # fmt: skip


def write(folder: Path, calendar: Sequence[Month]) -> OtherBill:
    """Write the list of all terms that a month of the calendar has a day of."""
    terms = list(_terms(calendar))
    tally = Tally(calendar)
    asked: list[AskedFor] = []
    for term in terms:
        for number in range((term.end - term.start).days):
            tally.spend(term.start + timedelta(days=number), term.daily)
        for day, cents in term.invoices():
            if tally.bill(day, cents) and term.invoice_id:
                asked.append(AskedFor(term.contract.vendor, term.invoice_id, day, money(cents)))
    write_csv(folder / KEY / "contracts.csv", TITLES, map(_row, terms))
    settings = {"path": str(folder / KEY), **months_of(calendar)}
    return OtherBill(KEY, KEY, "Contracts and licences", settings, tally.totals(), tuple(asked))


def _terms(calendar: Sequence[Month]) -> Iterator[Term]:
    first, last = calendar[0].first_day, calendar[-1].first_day
    for contract in CONTRACTS:
        start, price = months_before(last, contract.renewed), contract.price
        while (end := months_before(start, -MONTHS)) > first:
            yield Term(contract, start, end, price)
            start, price = months_before(start, MONTHS), price * 100 // 105


def _row(term: Term) -> list[object]:
    contract, days = term.contract, (term.end - term.start).days
    invoices = ";".join(f"{day}={plain(cents, CENT_DIGITS)}" for day, cents in term.invoices())
    seats = contract.seats or ("", "", "")
    return [
        contract.number, f"{contract.service} {term.start:%Y}", contract.vendor, contract.service, contract.category,
        f"{contract.service}, twelve months", term.start, term.end - timedelta(days=1),
        plain(term.daily * days, CENT_DIGITS), USD, "custom" if contract.is_quarterly else "upfront",
        invoices if contract.is_quarterly else "", term.invoice_id, *seats,
        plain(term.price * days, CENT_DIGITS) if contract.seats else "", months_before(term.end, 3),
        "yes" if contract.seats else "no", contract.cost_center,
    ]  # fmt: skip
