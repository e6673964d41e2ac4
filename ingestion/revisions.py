"""What the stored files of a bill's revisions add up to, and reading them."""

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


@dataclass(frozen=True, kw_only=True)
class StoredSum:
    """What the stored charges of a revision add up to in one currency."""

    billed_cost: Decimal
    charge_count: int


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
