"""The ledger handed out as FOCUS has it: what was allocated, to whom and by which split.

Source: FOCUS 1.3 and 1.4, Split Cost Allocation. A row that a split made names it as AllocatedMethodId; one that gives
cost to a receiver names the receiver as AllocatedResourceId, and one that takes cost from the pool, or leaves it there,
names none. AllocatedMethodDetails is left out: its ratios must sum to 1, and only the amounts here are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import pyarrow.parquet as pq

from allocation.costs.answer import RunsInForce
from allocation.costs.lake_statement import LakeStatement
from allocation.costs.months import reading
from allocation.costs.query import CostQuery, QueryError
from allocation.selectors import EVERYTHING, Visibility
from ingestion.exports import NothingToExportError, write_focus
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.versions import LATEST, Version
from itfm.core import lake
from itfm.core.periods import period_name

MOST_PERIODS: Final = 3
"""Of a file that somebody waits for."""
ROWS_AT_ONCE: Final = 50_000
# A receiver by its values: `product=Cards; team=Payments`.
_RECEIVER: Final = (
    "nullif(array_to_string(list_transform(json_keys(dimension_values),"
    " lambda key: key || '=' || json_extract_string(dimension_values, key)), '; '), '')"
)
_COLUMNS: Final = {
    **{
        name: name
        for name in (
            *("billing_account_id", "billing_currency", "sub_account_id", "service_provider_name", "service_name"),
            *("service_category", "region_id", "charge_category", "pricing_category", "commitment_discount_status"),
            *COST_COLUMNS,
            "consumed_quantity",
        )
    },
    "host_provider_name": "CAST(NULL AS VARCHAR)",
    "billing_period_start": "CAST(billing_period AS TIMESTAMP)",
    "billing_period_end": "CAST(billing_period + INTERVAL 1 MONTH AS TIMESTAMP)",
    "charge_period_start": "CAST(charge_date AS TIMESTAMP)",
    "charge_period_end": "CAST(charge_date + INTERVAL 1 DAY AS TIMESTAMP)",
    "allocated_method_id": "split_key",
    "allocated_resource_id": f"CASE WHEN entry = 2 THEN {_RECEIVER} END",
    "allocated_resource_name": f"CASE WHEN entry = 2 THEN {_RECEIVER} END",
    "allocated_tags": "CASE WHEN split_key IS NOT NULL THEN nullif(dimension_values, '{}') END",
    "x_dimensions": "dimension_values",
    "x_entry": "['direct', 'out', 'in', 'kept'][entry + 1]",
    "x_split": "split_key",
    "x_pool": "pool_dimension_values",
    "x_source_id": "CAST(source_id AS VARCHAR)",
    "x_charge_count": "charge_count",
}
"""Columns of charges to what stands in them. Grain: one row of the ledger."""


def export_costs(
    organization_id: UUID,
    query: CostQuery,
    *,
    runs: RunsInForce,
    to: Path,
    version: Version = LATEST,
    visibility: Visibility = EVERYTHING,
) -> int:
    """Write the ledger rows of runs that pass a question's filters; return how many there are.

    The file is CSV where its name ends so, else Parquet. Rows of one export sum up to the question's costs.

    :raises NothingToExportError: a period is not allocated.
    """
    folders = _folders(organization_id, query.periods, runs)
    statement = LakeStatement(query, folders, buckets=(), visibility=visibility)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in _COLUMNS.items())
    text = f"SELECT {columns} FROM ({statement.entries()}) AS entries"  # noqa: S608 - our own names
    with lake.scratch(organization_id) as scratch, reading(organization_id) as database:
        rows = database.sql(text, params=statement.values).to_arrow_reader(ROWS_AT_ONCE)
        with pq.ParquetWriter(scratch / "entries.parquet", rows.schema, compression="zstd") as file:
            for batch in rows:
                file.write_batch(batch)
        return write_focus([scratch / "entries.parquet"], to=to, version=version)


def check_length(query: CostQuery) -> None:
    """Refuse more periods than somebody can wait for.

    :raises QueryError: there are more.
    """
    if len(query.periods) > MOST_PERIODS:
        raise QueryError("first", f"At most {MOST_PERIODS} billing periods fit one FOCUS file; choose fewer.")


def costs_file(
    organization_id: UUID,
    query: CostQuery,
    *,
    runs: RunsInForce,
    suffix: str,
    version: Version,
    visibility: Visibility,
) -> BinaryIO:
    """Return the same as an open file, gone when it is closed.

    :raises QueryError: it asks for more periods than somebody can wait for.
    :raises NothingToExportError: a period is not allocated.
    """
    check_length(query)
    with lake.scratch(organization_id) as scratch:
        to = scratch / f"costs{suffix}"
        export_costs(organization_id, query, runs=runs, to=to, version=version, visibility=visibility)
        # The open file outlives its name.
        return to.open("rb")


def _folders(organization_id: UUID, periods: Sequence[date], runs: RunsInForce) -> dict[date, Path]:
    """Return the folders of runs, whose ids have been read under the tenant's policy, by period."""
    for period in periods:
        if period not in runs.ids:
            raise NothingToExportError(f"{period_name(period)} is not allocated.")
    return {period: lake.run_folder(organization_id, period=period, run_id=runs.ids[period]) for period in periods}
