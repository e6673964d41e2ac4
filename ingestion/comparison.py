"""What changed from one revision of a bill to another, by account and service, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ingestion.models import BillRevision
from ingestion.revisions import reader, revision_folder, stored_sums
from itfm.core.inert import csv_line
from itfm.core.money import CONTEXT

DIFFERENCES: Final = """
-- Billed cost and charges of two revisions where they differ. Exact.
-- Grain: (account_id, service_name, billing_currency).
WITH
charges AS (
    SELECT FALSE AS is_newer, * FROM read_parquet($older_daily) AS daily
    INNER JOIN read_parquet($older_sets) AS sets USING (attribute_set_id)
    UNION ALL BY NAME
    SELECT TRUE AS is_newer, * FROM read_parquet($newer_daily) AS daily
    INNER JOIN read_parquet($newer_sets) AS sets USING (attribute_set_id)
)
SELECT
    sub_account_id AS account_id,
    coalesce(MAX(sub_account_name) FILTER (WHERE is_newer), MAX(sub_account_name)) AS account_name,
    service_name,
    billing_currency,
    coalesce(SUM(billed_cost) FILTER (WHERE NOT is_newer), 0) AS older_cost,
    coalesce(SUM(billed_cost) FILTER (WHERE is_newer), 0) AS newer_cost,
    coalesce(SUM(charge_count) FILTER (WHERE NOT is_newer), 0)::BIGINT AS older_charges,
    coalesce(SUM(charge_count) FILTER (WHERE is_newer), 0)::BIGINT AS newer_charges
FROM charges
GROUP BY sub_account_id, service_name, billing_currency
HAVING older_cost <> newer_cost OR older_charges <> newer_charges
ORDER BY abs(newer_cost - older_cost) DESC, account_id NULLS LAST, service_name NULLS LAST, billing_currency
"""
TITLES: Final = (
    "account_id",
    "account_name",
    "service_name",
    "currency",
    "billed_cost_in_{older}",
    "billed_cost_in_{newer}",
    "change",
    "charges_in_{older}",
    "charges_in_{newer}",
    "charges_change",
)
ALL: Final = "All charges"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Billed cost and number of charges in two revisions, in one currency."""

    currency: str
    older_cost: Decimal
    newer_cost: Decimal
    older_charges: int
    newer_charges: int

    @property
    def change(self) -> Decimal:
        """What the newer revision has more."""
        return CONTEXT.subtract(self.newer_cost, self.older_cost)

    @property
    def charges_change(self) -> int:
        """How many charges the newer revision has more."""
        return self.newer_charges - self.older_charges


@dataclass(frozen=True, kw_only=True)
class Difference(Compared):
    """Charges of an account and a service that differ between two revisions; None is charges that name none."""

    account_id: str | None
    account_name: str | None
    service_name: str | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two revisions: where they differ, the largest difference in cost first, and all charges of each by currency.

    The changes of the differences add up to those of the totals, which are the totals of the revisions.
    """

    older: int
    newer: int
    differences: tuple[Difference, ...]
    totals: tuple[Compared, ...]


def comparison(older: BillRevision, newer: BillRevision) -> Comparison | None:
    """Return what changed from one revision to another; None where the files of one are not there."""
    before, after = stored_sums(older), stored_sums(newer)
    found = _differences(older, newer)
    if before is None or after is None or found is None:
        return None
    totals = tuple(
        Compared(
            currency=currency,
            older_cost=before[currency].billed_cost if currency in before else Decimal(0),
            newer_cost=after[currency].billed_cost if currency in after else Decimal(0),
            older_charges=before[currency].charge_count if currency in before else 0,
            newer_charges=after[currency].charge_count if currency in after else 0,
        )
        for currency in sorted({*before, *after})
    )
    return Comparison(older=older.number, newer=newer.number, differences=found, totals=totals)


def comparison_csv(found: Comparison) -> Iterator[bytes]:
    """Return a comparison as CSV in parts, the totals last; a text that a spreadsheet would run gets an apostrophe."""
    yield csv_line(title.format(older=found.older, newer=found.newer) for title in TITLES)
    for one in found.differences:
        yield csv_line((one.account_id, one.account_name, one.service_name, one.currency, *_figures(one)))
    for total in found.totals:
        yield csv_line((ALL, "", "", total.currency, *_figures(total)))


def _figures(one: Compared) -> tuple[Decimal | int, ...]:
    costs = (one.older_cost, one.newer_cost, one.change)
    return (*costs, one.older_charges, one.newer_charges, one.charges_change)


def _differences(older: BillRevision, newer: BillRevision) -> tuple[Difference, ...] | None:
    folders = {"older": revision_folder(older), "newer": revision_folder(newer)}
    names = {"daily": "daily.parquet", "sets": "attribute_sets.parquet"}
    files = {f"{age}_{name}": folder / file for age, folder in folders.items() for name, file in names.items()}
    if not all(file.is_file() for file in files.values()):
        return None
    with reader(*folders.values()) as database:
        rows = database.execute(DIFFERENCES, {name: str(file) for name, file in files.items()}).fetchall()
    return tuple(
        Difference(
            account_id=account,
            account_name=account_name,
            service_name=service,
            currency=currency,
            older_cost=older_cost,
            newer_cost=newer_cost,
            older_charges=older_charges,
            newer_charges=newer_charges,
        )
        for account, account_name, service, currency, older_cost, newer_cost, older_charges, newer_charges in rows
    )
