"""Giving the regions of a bill the names that an organization says they have. Pure but for the files.

Only a region without a name is given one: what the bill or our tables call it is never overruled. No other column
changes, so neither attribute sets nor daily sums do, which hold no RegionName.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb

from ingestion.focus.expressions import literal
from ingestion.focus.mapped_regions import MappedRegion
from ingestion.normalize.contents import Limits, NormalizedBill, NormalizedDelivery
from ingestion.normalize.engine import engine
from ingestion.normalize.writing import PARQUET

CHARGES: Final = "charges.parquet"
UNNAMED: Final = "region_id IS NOT NULL AND region_name IS NULL"
"""The condition of charges whose region has no name."""


def with_region_names(
    delivery: NormalizedDelivery, regions: Sequence[MappedRegion], *, limits: Limits
) -> NormalizedDelivery:
    """Return the bills of a delivery with an organization's own names of regions, written into their charges."""
    if not regions:
        return delivery
    limits.temp_folder.mkdir(parents=True, exist_ok=True)
    with engine(limits) as connection:
        bills = tuple(_named(connection, bill, regions) for bill in delivery.bills)
    return replace(delivery, bills=bills)


def _named(
    connection: duckdb.DuckDBPyConnection, bill: NormalizedBill, regions: Sequence[MappedRegion]
) -> NormalizedBill:
    charges = bill.folder / CHARGES
    found = connection.execute(
        "SELECT DISTINCT coalesce(host_provider_name, ''), region_id"
        f" FROM read_parquet({literal(str(charges))}) WHERE {UNNAMED}"
    ).fetchall()
    unnamed = {(provider, called) for provider, called in found}
    applied = tuple(sorted(one for one in regions if one.key in unnamed))
    if applied:
        _write(connection, charges, applied)
    return replace(bill, mapped_regions=applied)


def _write(connection: duckdb.DuckDBPyConnection, charges: Path, regions: Sequence[MappedRegion]) -> None:
    """Write the charges anew, in the same order."""
    cases = " ".join(
        f"WHEN coalesce(host_provider_name, '') = {literal(one.provider)} AND region_id = {literal(one.called)}"
        f" THEN {literal(one.name)}"
        for one in regions
    )
    name = f"CASE WHEN {UNNAMED} THEN CASE {cases} END ELSE region_name END AS region_name"
    whole = charges.with_name(f"{CHARGES}.named")
    rows = f"SELECT * REPLACE ({name}) FROM read_parquet({literal(str(charges))})"
    connection.execute(f"COPY ({rows}) TO {literal(str(whole))} {PARQUET}")
    whole.replace(charges)
