"""The made-up company's general ledger: the journal of each month as QuickBooks Online exports it. Pure.

Salaries, rent, power and what else no bill tells. The main cloud's invoice is booked too, in an account that is
reconciled with the bill: it is recognized and not counted a second time.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from itfm.core.periods import next_period, previous_period
from itfm.demo import organization, usage
from itfm.demo.other_bill import CENT_DIGITS, AskedFor, OtherBill, Tally, money, write_csv
from itfm.demo.registers.assets import TEAM_SIZE, people
from itfm.demo.usage import Month

KEY: Final = "ledger"
TITLES: Final = (
    "Date", "Transaction Type", "Num", "Name", "Memo/Description", "Account", "Class", "Debit", "Credit",
)  # fmt: skip
CLOUD_ACCOUNT: Final = "6510 Cloud hosting"
ACCOUNT_MAP: Final = (
    "6000-6099=Internal Labor; 6100-6199=External Labor; 6200-6299=Facilities & Power; 6300-6399=Telecom"
)
SALARY: Final = 935_000
"""Cents that a month of one person costs."""
CONTRACTORS: Final = (("2020", 1_840_000), ("4030", 2_275_000), ("1040", 1_310_000))
"""Cost centers and the cents of a month."""


@dataclass(frozen=True)
class Posting:
    """One line of the journal; `number` is that of an invoice. Cents below zero are a credit."""

    day: date
    account: str
    cost_center: str
    cents: int
    memo: str
    vendor: str = ""
    number: str = ""


def write(folder: Path, calendar: Sequence[Month], cloud_invoices: Sequence[AskedFor]) -> OtherBill:
    """Write a journal for each month; the cloud's invoice of a month is booked in the next."""
    tally = Tally(calendar)
    asked: list[AskedFor] = []
    booked = {invoice.day: invoice for invoice in cloud_invoices}
    for month in calendar:
        own = list(_postings(month))
        for posting in own:
            tally.bill(posting.day, posting.cents)
            tally.spend(posting.day, posting.cents)
        asked += _invoices(own)
        every = [*own, *_cloud(month, booked.get(previous_period(month.first_day)))]
        period = f"{month.first_day:%Y%m%d}-{next_period(month.first_day):%Y%m%d}"
        rows = map(_row, sorted(every, key=lambda posting: posting.day))
        write_csv(folder / KEY / period / "journal.csv", TITLES, rows)
    settings = {
        "path": str(folder / KEY),
        "account_map": ACCOUNT_MAP,
        "reconciled_accounts": CLOUD_ACCOUNT.split()[0],
        "default_currency": "USD",
        "date_format": "MM/DD/YYYY",
    }
    return OtherBill(KEY, KEY, "General ledger", settings, tally.totals(), tuple(asked))


def _postings(month: Month) -> Iterator[Posting]:
    """Yield what is a cost of its own."""
    first, (_, facilities) = month.first_day, organization.FACILITIES
    yield _bought(first, "6210 Rent", facilities, 18_400_000, "Harborview Properties", "HVP")
    power = usage.shrunk(3_120_000, months=month.age)
    yield _bought(first.replace(day=20), "6220 Electricity", facilities, power, "Northgrid Energy", "NG")
    yield _bought(first.replace(day=9), "6310 Telephony", "9030", 2_260_500, "Telenova", "TN")
    payday = first.replace(day=25)
    for team in organization.TEAMS:
        yield Posting(payday, "6010 Salaries", team.cost_center, people(team) * SALARY, f"Payroll {team.name}")
    for shared in organization.SHARED_TEAMS:
        salaries = shared.budget // TEAM_SIZE * SALARY
        yield Posting(payday, "6010 Salaries", shared.cost_center, salaries, f"Payroll {shared.name}")
    end = first.replace(day=monthrange(first.year, first.month)[1])
    for cost_center, cents in CONTRACTORS:
        yield _bought(end, "6110 Contractors", cost_center, cents, "Brightwater Consulting", "BWC")
    yield _bought(end, "6110 Contractors", "1040", -125_000, "Brightwater Consulting", "BWC")


def _bought(day: date, account: str, cost_center: str, cents: int, vendor: str, lead: str) -> Posting:
    memo = f"{account.partition(' ')[2]} {day:%B %Y}"
    return Posting(day, account, cost_center, cents, memo, vendor, f"{lead}-{day:%Y%m}")


def _cloud(month: Month, invoice: AskedFor | None) -> Iterator[Posting]:
    if invoice:
        cents, third = int(invoice.amount.scaleb(CENT_DIGITS)), month.first_day.replace(day=3)
        memo = f"Cloud services {invoice.day:%B %Y}"
        yield Posting(third, CLOUD_ACCOUNT, "9090", cents, memo, invoice.issuer, invoice.number)


def _invoices(postings: Sequence[Posting]) -> Iterator[AskedFor]:
    """Yield the invoices that were booked, each with the sum of its postings."""
    sums: dict[tuple[str, str, date], int] = {}
    for posting in postings:
        if posting.number:
            key = posting.vendor, posting.number, posting.day
            sums[key] = sums.get(key, 0) + posting.cents
    for (vendor, number, day), cents in sums.items():
        yield AskedFor(vendor, number, day, money(cents))


def _row(posting: Posting) -> list[object]:
    amount = f"{money(abs(posting.cents)):,.2f}"
    kind = "Bill" if posting.number else "Journal Entry"
    return [
        f"{posting.day:%m/%d/%Y}", kind, posting.number, posting.vendor, posting.memo, posting.account,
        posting.cost_center, amount if posting.cents >= 0 else "", amount if posting.cents < 0 else "",
    ]  # fmt: skip
