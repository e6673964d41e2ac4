"""Postings that another ledger of the organization counts already. Pure but for the files.

| a posting is | where another source counts one of the same month with |
|---|---|
| same | its id, day, account, amount and currency; a document's number also with its company |
| different | its id, but another day, account, amount or currency, or fewer times |
| alike | its day, account, amount and currency, where ids cannot tell and company and document do not contradict |

Which of two sources counts a posting does not matter to the sum. Equal rows of one delivery are numbered, so that of
three rows here and two there one is counted here, whichever came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import duckdb

from ingestion.amortization.calendar import month_of
from ingestion.focus.expressions import literal
from ingestion.ledger.accounts import plain_account
from ingestion.normalize.contents import OtherBill
from itfm.core import money

Match = Literal["same", "different", "alike"]
NO_COMPANY: Final = "General ledger"
"""The billing account of postings whose file names no company."""
FETCHED: Final = 5_000
ENGINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "512MiB",
    "threads": 1,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""A few short columns of a month are sorted in memory; nothing is left on the disk."""
_COLUMNS: Final = {
    "x_posting_id": "coalesce(x_posting_id, '')",
    "x_left_out_amount": "x_left_out_amount",
}
"""What bills do not have that came in before postings were kept by their ids."""


class Posting(NamedTuple):
    """A posting as it is compared; `amount` in units of 10^-18."""

    id: str
    company: str
    document: str
    day: date
    account: str
    amount: int
    currency: str


class Met(NamedTuple):
    """How another source has a posting."""

    bill: OtherBill
    match: Match


_Same = tuple[str, str, date, str, int, str]
_Alike = tuple[date, str, int, str]


@dataclass
class _Group:
    """Postings of another bill that are alike; `left` of them are not yet held against one of this delivery."""

    bill: OtherBill
    id: str
    company: str
    document: str
    left: int = 0


@dataclass
class _Month:
    """What other bills of a month count."""

    same: dict[tuple[_Same, int], OtherBill] = field(default_factory=dict)
    ids: dict[tuple[str, str], OtherBill] = field(default_factory=dict)
    alike: dict[_Alike, list[_Group]] = field(default_factory=lambda: defaultdict(list))


class Elsewhere:
    """The postings that other bills count, read as the months come up."""

    def __init__(self, bills: Sequence[OtherBill]) -> None:
        self._bills: dict[date, list[OtherBill]] = defaultdict(list)
        for bill in bills:
            self._bills[bill.billing_period].append(bill)
        self._months: dict[date, _Month] = {}
        self._copies: dict[_Same, int] = {}

    def meet(self, posting: Posting) -> Met | None:
        """Return how another bill has a posting; call it for each posting once, in the order of the files."""
        period = month_of(posting.day)
        if period not in self._bills:
            return None
        if period not in self._months:
            self._months[period] = _read(self._bills[period])
        month, key = self._months[period], _same(posting)
        if posting.id:
            copy = self._copies.get(key, 0)
            self._copies[key] = copy + 1
            if found := month.same.get((key, copy)):
                _use_up(month, posting, found)
                return Met(found, "same")
            if found := month.ids.get(key[:2]):
                return Met(found, "different")
        group = next((one for one in month.alike.get(_alike(posting), ()) if _may_be_same(posting, one)), None)
        if group is None:
            return None
        group.left -= 1
        return Met(group.bill, "alike")


def _same(posting: Posting) -> _Same:
    """Return what is alike in two copies of a posting; ids of a system are its own whatever the company."""
    company = posting.company if posting.id.startswith("document ") else ""
    return (posting.id, company, *_alike(posting))


def _alike(posting: Posting) -> _Alike:
    return (posting.day, plain_account(posting.account), posting.amount, posting.currency)


def _may_be_same(posting: Posting, group: _Group) -> bool:
    # Ids of one system that differ tell two postings; those of two systems, or of two sorts, tell nothing.
    are_told_apart = _sort(posting.id) == _sort(group.id) and posting.id != group.id and posting.id and group.id
    pairs = ((posting.company, group.company), (posting.document, group.document))
    return group.left > 0 and not are_told_apart and all(not one or not other or one == other for one, other in pairs)


def _sort(posting_id: str) -> str:
    return posting_id.partition("/")[0]


def _use_up(month: _Month, posting: Posting, bill: OtherBill) -> None:
    groups = month.alike.get(_alike(posting), ())
    own = (one for one in groups if one.bill is bill and one.id == posting.id and one.left > 0)
    if group := next(own, None):
        group.left -= 1


def _read(bills: Sequence[OtherBill]) -> _Month:
    month = _Month()
    for bill in bills:
        copies: dict[_Same, int] = {}
        groups: dict[tuple[str, str, str, _Alike], _Group] = {}
        for posting, is_counted in _postings(bill):
            key, alike = _same(posting), _alike(posting)
            copy = copies[key] = copies.get(key, -1) + 1
            if not is_counted:
                continue
            if posting.id:
                month.same.setdefault((key, copy), bill)
                month.ids.setdefault(key[:2], bill)
            place = (posting.id, posting.company, posting.document, alike)
            if place not in groups:
                groups[place] = _Group(bill, *place[:3])
                month.alike[alike].append(groups[place])
            groups[place].left += 1
    return month


def _postings(bill: OtherBill) -> Iterator[tuple[Posting, bool]]:
    """Yield the postings of a bill in the order of its files, with whether it counts them."""
    source = f"read_parquet({literal(str(bill.charges))})"
    with duckdb.connect(config=ENGINE) as database:
        titles = {row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        posting_id, left_out = (sql if name in titles else "''" for name, sql in _COLUMNS.items())
        answers = database.execute(
            f"SELECT {posting_id}, billing_account_id, coalesce(invoice_id, ''), charge_period_start::DATE, x_account,"
            f" billed_cost, {left_out}, billing_currency FROM {source} ORDER BY x_file_number, x_row_number"
        )
        while batch := answers.fetchmany(FETCHED):
            for own_id, company, document, day, account, billed, left, currency in batch:
                amount = money.units_of(Decimal(left) if left else billed)
                told = "" if company == NO_COMPANY else company
                yield Posting(own_id, told, document, day, account, amount, currency), not left
