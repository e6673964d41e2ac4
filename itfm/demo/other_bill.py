"""A bill of the made-up company that no cloud writes, with what each of its months comes to. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from itfm.core.periods import period_name
from itfm.demo.usage import Month

CENT_DIGITS: Final = 2
USD: Final = "USD"


@dataclass(frozen=True)
class Control:
    """What a month comes to as the bill's connector defines it, worked out apart from the connector.

    `moved` is what changes hands within the bill, which adds nothing to it.
    """

    billed: Decimal
    effective: Decimal
    currency: str = USD
    moved: Decimal = Decimal(0)


@dataclass(frozen=True)
class AskedFor:
    """An invoice whose number stands in the charges of a day's month."""

    issuer: str
    number: str
    day: date
    amount: Decimal
    currency: str = USD


@dataclass(frozen=True)
class OtherBill:
    """A source as written: its kind, key and name, its connector's settings, and its totals by `2026-10`.

    One that is asked for needs the address of its service besides, below that of the services' server.
    """

    kind: str
    key: str
    name: str
    settings: Mapping[str, Any]
    totals: Mapping[str, Control]
    invoices: tuple[AskedFor, ...] = ()
    is_asked_for: bool = False

    def settings_at(self, services_url: str) -> dict[str, Any]:
        """Return the settings to read it with, where the services are served at an address."""
        address = {"endpoint_url": f"{services_url}/{self.key}"} if self.is_asked_for else {}
        return {**self.settings, **address}


@dataclass
class Tally:
    """Sums of whole hundredths by month; what lies outside of the calendar is not counted."""

    calendar: Sequence[Month]
    billed: dict[str, int] = field(default_factory=dict)
    effective: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.billed = dict.fromkeys((period_name(month.first_day) for month in self.calendar), 0)
        self.effective = dict(self.billed)

    def bill(self, day: date, cents: int) -> bool:
        """Count what is billed on a day, and return whether it is in the calendar."""
        return _count(self.billed, day, cents)

    def spend(self, day: date, cents: int) -> bool:
        """Count what a day costs in effect, and return whether it is in the calendar."""
        return _count(self.effective, day, cents)

    def totals(self) -> dict[str, Control]:
        """Return the totals of all months."""
        return {name: Control(money(self.billed[name]), money(self.effective[name])) for name in self.billed}


def _count(sums: dict[str, int], day: date, cents: int) -> bool:
    name = period_name(day)
    if name in sums:
        sums[name] += cents
    return name in sums


def money(cents: int) -> Decimal:
    """Return whole hundredths as an amount."""
    return Decimal(cents).scaleb(-CENT_DIGITS)


def months_before(day: date, count: int) -> date:
    """Return the first day of the month so many months before that of a day."""
    years, index = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(years, index + 1, 1)


def months_of(calendar: Sequence[Month]) -> dict[str, str]:
    """Return the settings that keep a list of whole terms to the months of the other bills."""
    first, last = (period_name(month.first_day) for month in (calendar[0], calendar[-1]))
    return {"first_month": first, "last_month": last}


def write_csv(path: Path, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table of these rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(buffer.getvalue(), encoding="utf-8")
