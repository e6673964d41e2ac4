"""What each split moved in a billing period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from allocation.costs.lake_rows import MONTHS
from allocation.costs.months import reading
from allocation.costs.statement import IN_TENANT, MART
from allocation.engine.run_files import file_rows
from itfm.core import lake
from itfm.core.keeping import kept

Row = tuple[str, str, Decimal]
# What segments have more of by a split. Grain: (origin, billing_currency). Unrounded; for Postgres and DuckDB.
_MOVED: Final = """
SELECT origin, billing_currency, COALESCE(SUM(cost) FILTER (WHERE cost > 0), 0)
FROM (
    SELECT origin, billing_currency, segment_id, SUM(effective_cost) AS cost
    FROM {rows}
    WHERE {condition} AND origin <> 'direct'
    GROUP BY origin, billing_currency, segment_id
) AS segments
GROUP BY origin, billing_currency
ORDER BY origin, billing_currency
"""


def moved_by_splits(period: date, *, run_id: UUID) -> dict[tuple[str, str], Decimal]:
    """Return the effective cost that each split moved, by its key and currency, as the run in force has it.

    A split's rows sum to zero: what receivers got is what the pools gave. So it moved what all segments together have
    more of by it.
    """
    found = kept("moved", run_id, lambda organization_id: _rows(period, organization_id, run_id=run_id))
    return {(origin, currency): cost for origin, currency, cost in found}


def _rows(period: date, organization_id: UUID, *, run_id: UUID) -> Sequence[Row]:
    file = lake.run_folder(organization_id, period=period, run_id=run_id) / MONTHS
    if file.is_file():
        with reading(organization_id) as database:
            return database.execute(_MOVED.format(rows=file_rows(file), condition="TRUE")).fetchall()
    with connection.cursor() as cursor:
        cursor.execute(_MOVED.format(rows=MART, condition=f"{IN_TENANT} AND billing_period = %s"), [period])
        return list(cursor.fetchall())
