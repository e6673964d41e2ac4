"""Actuals of a general ledger, a posting in each row, as CSV or Parquet. Pure but for the files.

Amount is debit less credit. A posting is a charge of its day, in the billing period of its month; what it costs in
effect is what it bills. One that another source counts already is kept with a cost of zero, its amount beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar, Final, Literal

import duckdb
from pydantic import AfterValidator, Field, PrivateAttr

from ingestion.amortization.cells import LAST_DAY, NOT_GIVEN, Cells, shown
from ingestion.amortization.charges import Charge, Item, amount_text
from ingestion.amortization.expanding import accrued
from ingestion.amortization.registers import tag_titles, tags_of
from ingestion.amortization.settings import AccruingSettings, Window
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.focus.services import OTHER_CATEGORY
from ingestion.ledger.accounts import OTHER, number_and_name, plain_account, pool_of, read_account_map, read_accounts
from ingestion.ledger.elsewhere import NO_COMPANY, Elsewhere, Met, Posting
from ingestion.ledger.layouts import Columns, columns_of
from ingestion.ledger.meetings import OF_OTHERS, Meetings
from ingestion.ledger.postings import Posted, Postings, posting_id
from ingestion.ledger.writing import DayFirst, DecimalMark, ledger_day, ledger_units, slashed_days
from ingestion.normalize.checks import CURRENCY_CODE
from ingestion.normalize.connector import ConnectorKind, discover
from ingestion.normalize.contents import OtherBill
from ingestion.normalize.tables import RawTables

MOST_LISTED: Final = 50
SUMMARIES: Final = ("total", "subtotal", "opening", "closing", "beginning", "ending", "balance", "net movement")
"""How rows of a report begin that are no postings."""
CREDIT_SIGNS: Final = frozenset({"h", "c", "credit"})
"""Debit/credit indicators of SAP (H, Haben) and others that turn an amount without sign."""


def _readable_accounts(text: str) -> str:
    read_accounts(text)
    return text


def _readable_map(text: str) -> str:
    read_account_map(text)
    return text


class LedgerSettings(AccruingSettings):
    """A source of postings; all months of its files are charged unless it names months."""

    reading: ClassVar[tuple[str, ...]] = (
        "account_map",
        "unmapped",
        "reconciled_accounts",
        "default_currency",
        "date_format",
        "decimal_mark",
        "book",
        "alike",
    )

    account_map: Annotated[str, AfterValidator(_readable_map)] = Field(
        default="",
        max_length=20_000,
        title="Account map",
        description="The cost pool of each account: 6100-6199=Internal Labor; 62*=Software; 6300, 6310=Telecom.",
    )
    unmapped: Literal["leave_out", "other"] = Field(
        default="leave_out",
        title="Unmapped accounts",
        description="What becomes of accounts that the map does not name: leave_out, or other to keep them as Other.",
    )
    reconciled_accounts: Annotated[str, AfterValidator(_readable_accounts)] = Field(
        default="",
        max_length=20_000,
        title="Reconciled accounts",
        description="Accounts whose postings are invoices that come as bills of their own, such as 6400-6499, 6510.",
    )
    default_currency: Annotated[str, Field(pattern=CURRENCY_CODE)] | None = Field(
        default=None, description="Three letters such as EUR, for files that do not name their currency."
    )
    date_format: DayFirst | None = Field(
        default=None, title="Date format", description="MM/DD/YYYY or DD/MM/YYYY, where dates have slashes."
    )
    decimal_mark: DecimalMark = Field(
        default=".", title="Decimal mark", description="A point, as in 1,234.50, or a comma, as in 1.234,50."
    )
    book: str = Field(
        default="",
        max_length=100,
        title="Book",
        description="Sources of one book may have the same postings; they count once. Name it where there are several.",
    )
    alike: Literal["count", "leave_out"] = Field(
        default="count",
        title="Postings that are alike",
        description="What becomes of postings without ids that are like those of another source: count, or leave_out.",
    )
    _others: tuple[OtherBill, ...] = PrivateAttr(default=())

    @property
    def others(self) -> tuple[OtherBill, ...]:
        """The bills of other sources beside which files are read."""
        return self._others

    def window(self) -> Window:
        """Return the days that are charged: all that are posted, but for what the months say."""
        if self.last_month:
            return super().window()
        return Window(start=date.fromisoformat(f"{self.first_month}-01") if self.first_month else None, end=LAST_DAY)


def basis(settings: LedgerSettings) -> str:
    """Return what the charges depend on besides the files: what the settings say of their postings."""
    # What sources were not told from the first counts once it is told: none is read anew only because it could be.
    later = [f"{name}={getattr(settings, name)}" for name in LATER if getattr(settings, name) != DEFAULTS[name]]
    first = [f"{name}={getattr(settings, name)}" for name in settings.reading if name not in LATER]
    return "\n".join([*first, *later, f"{settings.window()}"])


def beside(settings: LedgerSettings, others: Sequence[OtherBill]) -> LedgerSettings:
    """Return the settings with which files are read beside other bills."""
    copy = settings.model_copy()
    copy._others = tuple(others)  # noqa: SLF001 - no setting that a user gives
    return copy


LATER: Final = ("book", "alike")
DEFAULTS: Final = {name: LedgerSettings.model_fields[name].default for name in LATER}
Sums = dict[tuple[str, str], int]


@dataclass
class LedgerRows:
    """The postings of files; `columns` and `slashed` go by file. Sums are by what they are listed by, and currency."""

    settings: LedgerSettings
    tag_titles: dict[str, str]
    columns: Mapping[str, Columns]
    slashed: Mapping[str, DayFirst | None]
    facts: tuple[str, ...] = ("x_account", "x_cost_pool", "x_ledger", "x_posting_id", *OF_OTHERS)
    unmapped: Sums = field(default_factory=lambda: defaultdict(int))
    reconciled: Sums = field(default_factory=lambda: defaultdict(int))
    summaries: list[Cells] = field(default_factory=list)
    postings: Postings = field(default_factory=Postings)
    pools: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._window = self.settings.window()
        self._elsewhere = Elsewhere(self.settings.others)
        self._meetings = Meetings(leaves_out_alike=self.settings.alike == "leave_out")
        self._map = read_account_map(self.settings.account_map)
        self._reconciled = read_accounts(self.settings.reconciled_accounts)

    def item(self, cells: Cells) -> Item | None:
        """Return the charge of a posting."""
        columns = self.columns[cells.file]
        if _is_summary(cells, columns):
            self.summaries.append(cells)
            return None
        day, amount = self._day(cells, columns), self._amount(cells, columns)
        currency = self._currency(cells, columns)
        number, name = number_and_name(cells.needed(columns.name("account")))
        name = cells.text(columns.name("account_name")) or name
        tags = tags_of(cells, {columns.name("cost_center"): "cost_center", **self.tag_titles})
        posted = Posted(day=day, account=number, amount=amount, currency=currency, tags=tags)
        if not cells.is_sound() or self.postings.is_known(cells, columns, posted) or not cells.is_sound():
            return None
        vendor = cells.text(columns.name("vendor")) or "No vendor"
        if any(number in accounts for accounts in self._reconciled):
            self.reconciled[vendor, currency] += amount
            return None
        pool = self._pool(number)
        if pool is None:
            self.unmapped[number if name == number else f"{number} {name}", currency] += amount
            if self.settings.unmapped == "leave_out" and self._map:
                return None
        facts = _facts(cells, columns, vendor=vendor, account=number, name=name)
        own = {"billing_currency": currency, "tags": tags, "x_cost_pool": pool or OTHER}
        met = self._met(cells, columns, posted)
        cost = 0 if self._meetings.is_left_out(met) else amount
        of_others = self._meetings.facts(met, amount=amount)
        return Item(facts=facts | own | of_others, charges=[Charge(day, "Usage", "One-Time", cost, cost)])

    def _met(self, cells: Cells, columns: Columns, posted: Posted) -> Met | None:
        if not self.settings.others or posted.day not in self._window:
            return None
        posting = Posting(
            id=posting_id(cells, columns),
            company=_told_company(cells, columns),
            document=cells.text(columns.name("document")),
            day=posted.day,
            account=posted.account,
            amount=posted.amount,
            currency=posted.currency,
        )
        met = self._elsewhere.meet(posting)
        self._meetings.note(met, amount=posted.amount, currency=posted.currency)
        return met

    def findings(self) -> Iterator[Finding]:
        """Return which postings did not become charges of a pool, and why."""
        if self.reconciled:
            message = (
                "Postings of reconciled accounts come as bills of their own and were not added a second time:"
                f" {_listed(self.reconciled)}."
            )
            yield Finding(code="reconciled_with_bills", severity="info", message=message)
        if self.unmapped:
            is_left = self.settings.unmapped == "leave_out" and bool(self._map)
            then = "they were left out" if is_left else "they are in the cost pool Other"
            message = f"The account map does not name these accounts; {then}: {_listed(self.unmapped)}."
            yield Finding(code="accounts_unmapped", severity="warning", message=message)
        for (file, earlier), count in self.postings.left_out.items():
            message = f"{count:,} postings of {file} are in {earlier} too, by their ids, and were counted once."
            yield Finding(code="postings_twice", severity="info", file=file, message=message)
        yield from self._meetings.findings()
        if self.summaries:
            first = self.summaries[0]
            message = (
                f"{len(self.summaries):,} rows are headings, totals or balances of the report, no postings, and were"
                f" left out; the first is row {first.row} of {first.file}."
            )
            yield Finding(code="rows_no_postings", severity="info", file=first.file, row=first.row, message=message)

    def _pool(self, account: str) -> str | None:
        key = plain_account(account)
        if key not in self.pools:
            self.pools[key] = pool_of(account, self._map)
        return self.pools[key]

    def _day(self, cells: Cells, columns: Columns) -> date:
        name = columns.name("date")
        text = cells.needed(name)
        slashed = self.settings.date_format or self.slashed[cells.file]
        day = ledger_day(text, slashed=slashed)
        if text and day is None:
            is_open = slashed is None and "/" in text
            how = "could be either of two days. Set the date format of the source." if is_open else "is no day."
            cells.wrong(name, f"is {shown(text)}, which {how}", code="not_a_day")
        return day or NOT_GIVEN

    def _amount(self, cells: Cells, columns: Columns) -> int:
        amount, debit, credit = (columns.name(meaning) for meaning in ("amount", "debit", "credit"))
        if cells.has(amount):
            units = self._units(cells, amount)
            is_credit = cells.text(columns.name("indicator")).lower() in CREDIT_SIGNS
            return -abs(units) if is_credit else units
        if not cells.has(debit) and not cells.has(credit):
            named = amount if "amount" in columns.names else debit
            cells.wrong(named, "is empty, and the row cannot do without it.", code="value_missing")
        return self._units(cells, debit) - self._units(cells, credit)

    def _units(self, cells: Cells, name: str) -> int:
        text = cells.text(name)
        units = ledger_units(text, mark=self.settings.decimal_mark) if text else 0
        if units is None:
            written = "1,234.50" if self.settings.decimal_mark == "." else "1.234,50"
            what = f"is {shown(text)}, which is no amount such as {written}. If the marks are others, set the source's."
            cells.wrong(name, what, code="not_an_amount")
        return units or 0

    def _currency(self, cells: Cells, columns: Columns) -> str:
        name = columns.name("currency")
        if cells.has(name) or self.settings.default_currency is None:
            return cells.currency(name)
        return self.settings.default_currency


def _facts(cells: Cells, columns: Columns, *, vendor: str, account: str, name: str) -> dict[str, str | None]:
    company = _told_company(cells, columns) or NO_COMPANY
    return {
        "billing_account_id": company,
        "billing_account_name": company,
        "billing_account_type": "Company",
        "charge_description": cells.text(columns.name("description")) or name,
        "invoice_id": cells.text(columns.name("document")),
        "invoice_issuer_name": vendor,
        "resource_type": "Posting",
        "service_category": OTHER_CATEGORY,
        "service_name": name,
        "service_provider_name": vendor,
        "service_subcategory": f"Other ({OTHER_CATEGORY})",
        "sub_account_id": account,
        "sub_account_name": name,
        "sub_account_type": "Ledger Account",
        "x_account": account,
        "x_ledger": columns.layout,
        "x_posting_id": posting_id(cells, columns),
    }


def _told_company(cells: Cells, columns: Columns) -> str:
    return cells.text(columns.name("company"))


def _is_summary(cells: Cells, columns: Columns) -> bool:
    """Return whether a row is a heading, a total or a balance that a report has between its postings."""
    texts = [text.strip() for text in cells.values.values() if text and text.strip()]
    is_dated = cells.text(columns.name("date"))[:1].isdigit()
    return len(texts) < 2 or (not is_dated and texts[0].lower().startswith(SUMMARIES))


def _listed(sums: Sums) -> str:
    largest = sorted(sums.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    told = [f"{name} {amount_text(amount)} {currency}" for (name, currency), amount in largest[:MOST_LISTED]]
    more = len(sums) - len(told)
    return ", ".join(told) + (f" and {more:,} more" if more else "")


def open_ledger(raw: RawTables, settings: LedgerSettings, connection: duckdb.DuckDBPyConnection) -> LedgerRows:
    """Look at the columns of each file, and at how it writes days.

    :raises RejectedBillError: a file is laid out in no way that is known.
    """
    names = {column.title: column.name for column in raw.columns}
    found = {table.file.name: columns_of([names[title] for title in table.titles]) for table in raw.tables}
    columns = {file: layout for file, layout in found.items() if layout is not None}
    if len(columns) < len(found):
        raise RejectedBillError(_unknown(file) for file, layout in found.items() if layout is None)
    slashed = {
        table.file.name: _slashed(raw, connection, columns[table.file.name], file_number=table.file.number)
        for table in raw.tables
    }
    return LedgerRows(settings=settings, tag_titles=tag_titles(raw), columns=columns, slashed=slashed)


def _slashed(
    raw: RawTables, connection: duckdb.DuckDBPyConnection, columns: Columns, *, file_number: int
) -> DayFirst | None:
    day, rows = quoted(columns.name("date")), raw.sql(file_numbers=[file_number], numbered=False)
    answers = connection.execute(f"SELECT DISTINCT {day} FROM ({rows}) WHERE contains({day}, '/')").fetchall()
    return slashed_days(text for (text,) in answers)


def _unknown(file: str) -> Finding:
    message = (
        f"{file} has no columns date, account and amount (or debit and credit), and is no known export of NetSuite,"
        " SAP, QuickBooks or Xero. Name its columns so, in the first row."
    )
    return Finding(code="column_missing", severity="error", file=file, row=0, message=message)


KIND = ConnectorKind(
    label="General ledger (CSV or Parquet)",
    description=(
        "Actuals of the general ledger, exported from NetSuite, SAP, QuickBooks, Xero or another system: labor,"
        " facilities and what else no bill tells, by cost pool."
    ),
    params=LedgerSettings,
    discover=discover,
    normalize=accrued(open_ledger),
    basis=basis,
    beside=beside,
)
