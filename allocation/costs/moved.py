"""What each split moved in a billing period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection

from allocation.costs.keeping import kept
from allocation.costs.months import FILE, moved_in_month
from allocation.costs.statement import IN_TENANT, MONTHLY
from itfm.core import lake
from itfm.core.tenancy import current_organization_id

Row = tuple[str, str, Decimal]


def moved_by_splits(period: date, *, run_id: UUID) -> dict[tuple[str, str], Decimal]:
    """Return the effective cost that each split moved, by its key and currency, as the run in force has it.

    A split's rows sum to zero: what receivers got is what the pools gave. So it moved what all segments together have
    more of by it.
    """

    def work_out() -> Sequence[Row]:
        folder = lake.run_folder(current_organization_id(), period=period, run_id=run_id)
        return moved_in_month(folder) if (folder / FILE).is_file() else _in_postgres(period)

    return {(origin, currency): cost for origin, currency, cost in kept("moved", run_id, work_out)}


def _in_postgres(period: date) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT origin, billing_currency, COALESCE(SUM(cost) FILTER (WHERE cost > 0), 0)
            FROM (
                SELECT origin, billing_currency, segment_id, SUM(effective_cost) AS cost
                FROM {MONTHLY}
                WHERE {IN_TENANT} AND billing_period = %s AND origin <> 'direct'
                GROUP BY origin, billing_currency, segment_id
            ) AS segments
            GROUP BY origin, billing_currency
            ORDER BY origin, billing_currency
            """,  # noqa: S608 - our own names
            [period],
        )
        return list(cursor.fetchall())
