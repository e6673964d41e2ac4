"""Write the bills of a made-up company in each provider's own format, with rules to allocate them. Pure.

The same arguments give the same bytes. What was written is known from the whole numbers it was made of, so that an
import can be held against totals it had no part in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Final

import numpy as np

from itfm.core.periods import parse_period, period_name, previous_period
from itfm.demo import catalog, cost_optimization, organization, other_bills, rule_set, sources, usage
from itfm.demo.cost_optimization import WrittenList
from itfm.demo.other_bill import AskedFor, OtherBill
from itfm.demo.sources import Source
from itfm.demo.usage import Month

Progress = Callable[[str, int, int], None]
"""Told what is being written, how many charges are written and how many there will be."""

FEWEST_CHARGES: Final = 3_000
RESTATED_AGE: Final = 2
"""The month before the month before the last one was delivered twice."""


class TooFewChargesError(ValueError):
    """A company of 40 teams needs more charges than asked for."""


@dataclass(frozen=True)
class Total:
    """What the bill of one source and month says; `cost` is AWS's unblended or FOCUS's billed cost."""

    charges: int
    cost: Decimal
    currency: str
    issuer: str
    invoice_number: str

    @property
    def invoiced(self) -> Decimal:
        """Return what is asked to be paid, rounded to cents as issuers round."""
        return self.cost.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Delivered:
    """One source as delivered: the kind of connector that reads it, its folder and its totals by `2026-10`."""

    kind: str
    name: str
    folder: Path
    totals: dict[str, Total]


@dataclass(frozen=True)
class DemoCompany:
    """What was written. Import `deliveries`, then `restated`, which replaces one month of the first source.

    `recommendations` are those of the first source, to be laid beside its bills as `cost_optimization.FOLDER`.
    `others` are bills of no cloud; their charges are not among those asked for.
    """

    name: str
    folder: Path
    deliveries: tuple[Delivered, ...]
    restated: Delivered
    recommendations: WrittenList
    others: tuple[OtherBill, ...]
    rules: Path

    @property
    def totals(self) -> dict[tuple[str, str], Total]:
        """Return the totals of the first deliveries by source and month."""
        return {
            (delivered.name, month): total for delivered in self.deliveries for month, total in delivered.totals.items()
        }


def cloud_invoices(deliveries: Iterable[Delivered], restated: Delivered) -> Iterator[tuple[str, AskedFor]]:
    """Yield the invoice of each source and month of the clouds; of the restated month it is that of what counts now."""
    later = {(restated.name, month): total for month, total in restated.totals.items()}
    for delivered in sorted(deliveries, key=lambda one: one.name):
        for month, first in sorted(delivered.totals.items()):
            total = later.get((delivered.name, month), first)
            day = parse_period(month)
            yield delivered.name, AskedFor(total.issuer, total.invoice_number, day, total.invoiced, total.currency)


def write(
    folder: Path,
    *,
    charges: int,
    last_month: date,
    months: int = 13,
    seed: int = 1,
    progress: Progress | None = None,
) -> DemoCompany:
    """Write `months` months of bills that end with `last_month`, which has exactly `charges` charges over all sources.

    :raises TooFewChargesError: `charges` is under 3,000.
    """
    if charges < FEWEST_CHARGES:
        raise TooFewChargesError(f"{charges:,} charges are too few; write at least {FEWEST_CHARGES:,}")
    made = sources.all_sources(charges, seed)
    calendar = _calendar(last_month, months)
    planned = _Planned(folder, made, charges, seed, progress, calendar)
    deliveries = tuple(planned.delivered(source, number) for number, source in enumerate(made))
    restated = planned.restated()
    report = sources.main_report(charges, seed)
    advice = cost_optimization.write(folder / cost_optimization.FOLDER, report, calendar[-1].first_day)
    main = [asked for name, asked in cloud_invoices(deliveries, restated) if name == made[0].name]
    others = other_bills.write(folder, calendar, seed=seed, cloud_invoices=main)
    rules = rule_set.write(folder, calendar, seed=seed)
    return DemoCompany(organization.NAME, folder, deliveries, restated, advice, others, rules)


def _calendar(last_month: date, months: int) -> list[Month]:
    """Return the months from the first to the last."""
    day = last_month.replace(day=1)
    found = []
    for age in range(months):
        found.append(Month(day, age))
        day = previous_period(day)
    return found[::-1]


class _Planned:
    """What is to be written, and how much of it is done."""

    def __init__(
        self,
        folder: Path,
        made: list[Source],
        charges: int,
        seed: int,
        progress: Progress | None,
        calendar: list[Month],
    ) -> None:
        self.folder = folder
        self.sources = made
        self.charges = charges
        self.seed = seed
        self.calendar = calendar
        self._progress = progress
        self._done = 0
        restated = next((month for month in calendar if month.age == RESTATED_AGE), calendar[0])
        self.restated_month = Month(restated.first_day, restated.age, is_restated=True)
        every = [self.lines(number, month) for month in calendar for number in range(len(made))]
        self._whole = sum(every) + self.lines(0, self.restated_month)

    def lines(self, number: int, month: Month) -> int:
        """Return how many lines a source has in a month: its share of the charges, the first taking what is over."""
        shares = [self.charges * source.percent // 100 for source in self.sources]
        shares[0] += self.charges - sum(shares)
        # A restatement adds a refund and leaves the other lines where they were.
        return usage.shrunk(shares[number], months=month.age) + month.is_restated

    def delivered(self, source: Source, number: int) -> Delivered:
        totals = {
            period_name(month.first_day): self._written(source, number, month, self.folder) for month in self.calendar
        }
        return Delivered(source.kind, source.name, self.folder / source.name, totals)

    def restated(self) -> Delivered:
        source, month, folder = self.sources[0], self.restated_month, self.folder / "restated"
        total = self._written(source, 0, month, folder)
        return Delivered(source.kind, source.name, folder / source.name, {period_name(month.first_day): total})

    def _written(self, source: Source, number: int, month: Month, folder: Path) -> Total:
        # The restated month draws the same numbers, so that only what was restated differs.
        random = np.random.default_rng([self.seed, number, month.first_day.year, month.first_day.month])
        lines = self.lines(number, month)
        written = source.write(folder / source.name, month, lines=lines, random=random)
        self._done += lines
        if self._progress is not None:
            self._progress(f"{source.name} {period_name(month.first_day)}", self._done, self._whole)
        cost = Decimal(written.cost).scaleb(-catalog.COST_DIGITS)
        return Total(written.lines, cost, source.currency, source.issuer, source.invoice_number(month.first_day))
