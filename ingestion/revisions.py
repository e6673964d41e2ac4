"""What the stored files of a bill's revisions say: their sums, and the difference between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb
from django.conf import settings

from ingestion.focus.expressions import literal
from ingestion.models import BillRevision
from itfm.core.lake import organization_folder

MOST_DIFFERENCES: Final = 200

SUMS: Final = """
-- Billed cost and charges of a revision. Grain: billing_currency. Exact.
SELECT
    billing_currency,
    SUM(billed_cost) AS billed_cost,
    SUM(charge_count)::BIGINT AS charge_count
FROM read_parquet($daily)
GROUP BY billing_currency
ORDER BY billing_currency
"""
DIFFERENCES: Final = """
-- Billed cost and charges of two revisions where they differ. Grain: (service_name, billing_currency). Exact.
WITH
older AS (
    SELECT service_name, billing_currency, SUM(billed_cost) AS cost, SUM(charge_count)::BIGINT AS charges
    FROM read_parquet($older_daily)
    INNER JOIN read_parquet($older_sets) USING (attribute_set_id)
    GROUP BY service_name, billing_currency
),
newer AS (
    SELECT service_name, billing_currency, SUM(billed_cost) AS cost, SUM(charge_count)::BIGINT AS charges
    FROM read_parquet($newer_daily)
    INNER JOIN read_parquet($newer_sets) USING (attribute_set_id)
    GROUP BY service_name, billing_currency
),
compared AS (
    SELECT
        coalesce(older.service_name, newer.service_name) AS service_name,
        coalesce(older.billing_currency, newer.billing_currency) AS billing_currency,
        coalesce(older.cost, 0) AS older_cost,
        coalesce(newer.cost, 0) AS newer_cost,
        coalesce(older.charges, 0) AS older_charges,
        coalesce(newer.charges, 0) AS newer_charges
    FROM older
    FULL JOIN newer
        ON older.service_name IS NOT DISTINCT FROM newer.service_name
        AND older.billing_currency = newer.billing_currency
)
SELECT service_name, billing_currency, older_cost, newer_cost, older_charges, newer_charges
FROM compared
WHERE older_cost <> newer_cost OR older_charges <> newer_charges
ORDER BY abs(newer_cost - older_cost) DESC, service_name NULLS LAST, billing_currency
"""


@dataclass(frozen=True, kw_only=True)
class StoredSum:
    """What the stored charges of a revision add up to in one currency."""

    billed_cost: Decimal
    charge_count: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A service whose cost or number of charges differs between two revisions; None is a charge without service."""

    service_name: str | None
    currency: str
    older_cost: Decimal
    newer_cost: Decimal
    older_charges: int
    newer_charges: int


def revision_folder(revision: BillRevision) -> Path:
    """Return where a revision's files lie."""
    return organization_folder(revision.organization_id) / revision.folder


def stored_sums(revision: BillRevision) -> dict[str, StoredSum] | None:
    """Return the sums of a revision's stored charges by currency; None where its files are not there."""
    folder = revision_folder(revision)
    if not (folder / "daily.parquet").is_file():
        return None
    with reader(folder) as database:
        rows = database.execute(SUMS, {"daily": str(folder / "daily.parquet")}).fetchall()
    return {currency: StoredSum(billed_cost=cost, charge_count=int(charges or 0)) for currency, cost, charges in rows}


def differences(older: BillRevision, newer: BillRevision) -> list[Difference] | None:
    """Return where two revisions differ, the largest difference in cost first; None where files are not there."""
    folders = {"older": revision_folder(older), "newer": revision_folder(newer)}
    names = {"daily": "daily.parquet", "sets": "attribute_sets.parquet"}
    files = {f"{age}_{name}": folder / file for age, folder in folders.items() for name, file in names.items()}
    if not all(file.is_file() for file in files.values()):
        return None
    with reader(*folders.values()) as database:
        rows = database.execute(DIFFERENCES, {name: str(file) for name, file in files.items()}).fetchall()
    return [
        Difference(
            service_name=service,
            currency=currency,
            older_cost=older_cost,
            newer_cost=newer_cost,
            older_charges=older_charges,
            newer_charges=newer_charges,
        )
        for service, currency, older_cost, newer_cost, older_charges, newer_charges in rows
    ]


@contextmanager
def reader(*folders: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database that can read these folders and nothing else."""
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{settings.ENGINE_MEMORY_BYTES}B",
        "threads": settings.ENGINE_THREADS,
    }
    with duckdb.connect(config=limits) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"SET allowed_directories = [{', '.join(literal(f'{folder}/') for folder in folders)}]")
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        yield database
