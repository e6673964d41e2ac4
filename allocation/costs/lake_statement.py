"""From a question about costs to the SQL that answers it from the files of runs, for DuckDB. Pure.

Names come from this module and from `query.COLUMNS`; all else is a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from allocation.costs.lake_rows import MONTHS, SEGMENTS, LakeRows
from allocation.costs.query import COLUMNS, CostQuery
from allocation.engine.run_files import rows_of
from itfm.core.periods import next_period

if TYPE_CHECKING:
    from allocation.selectors import Visibility

COMPARED: Final = -1
"""The bucket of what is compared with."""


class LakeStatement(LakeRows):
    """A question as SQL for DuckDB. Names come from this module and from `COLUMNS`; all else is a parameter.

    Combinations are summed up over all buckets first, and told apart by bucket only where they stand among the largest:
    that takes half the time of telling all of them apart.
    """

    def __init__(
        self, query: CostQuery, folders: Mapping[date, Path], *, buckets: Sequence[date], visibility: Visibility
    ) -> None:
        super().__init__(folders, visibility=visibility, by=query.by, filters=query.filters, currency=query.currency)
        self.query, self.buckets = query, buckets

    def text(self) -> str:
        """Return the text, whose parameters are then in `values`.

        Columns: currency, place, count of combinations, the groups, bucket, the sum in it; places count from 1, and
        place `limit + 1` sums up all others. A bucket without costs at a place has no row there.
        """
        if not self.query.by:
            return self._alone()
        return self._ranked() if len(self.buckets) > 1 else self._ranked_in_one()

    def entries(self) -> str:
        """Return the text that tells the rows of ledgers that pass, each with its period, cell, split and segments.

        In one order, whatever computed it. Parameters are then in `values`.
        """
        periods = sorted(self.folders)
        pools = f"SELECT file_index, segment_id, dimension_values FROM {self._read(SEGMENTS, periods)}"  # noqa: S608
        return f"""
            SELECT
                costs.*, {self._by_file(periods)} AS billing_period, segments.dimension_values,
                pools.dimension_values AS pool_dimension_values
            FROM ({self._ledger(periods)}) AS costs
            {self._segments(periods, also=["dimension_values"])}
            LEFT JOIN ({pools}) AS pools
                ON pools.file_index = costs.file_index AND pools.segment_id = costs.pool_segment_id
            WHERE {self._condition()}
            ORDER BY
                billing_period, split_number NULLS FIRST, charge_date, cell_id, entry, billing_currency,
                costs.segment_id, pool_segment_id
            """  # noqa: S608

    def _alone(self) -> str:
        return f"""
            SELECT billing_currency, 1, 1, bucket, SUM(cost)
            FROM ({self._costs()}) AS costs
            GROUP BY billing_currency, bucket
            ORDER BY billing_currency, bucket
            """  # noqa: S608

    def _ranked_in_one(self) -> str:
        """Return the text for a single bucket, whose sums are the totals themselves."""
        groups = self._groups
        limit = self._add(self.query.limit)
        named = ", ".join(f"IF(place > {limit}, NULL, MIN({name})) AS {name}" for name in groups)
        return f"""
            WITH costs AS ({self._costs()}),
            combinations AS ({self._combinations()}),
            ranked AS (
                SELECT *, LEAST(ROW_NUMBER() OVER (PARTITION BY billing_currency ORDER BY {self._order}), {limit} + 1)
                    AS place
                FROM combinations
            ),
            placed AS (
                SELECT
                    billing_currency, place, COUNT(*) AS combination_count, {named},
                    SUM(total) AS total, SUM(compared) AS compared
                FROM ranked GROUP BY billing_currency, place
            )
            SELECT
                billing_currency, place, combination_count, {", ".join(groups)},
                UNNEST([0, {COMPARED}]) AS bucket, UNNEST([total, compared]) AS cost
            FROM placed
            ORDER BY billing_currency, place, bucket
            """  # noqa: S608

    def _ranked(self) -> str:
        groups = self._groups
        keys = ", ".join(["billing_currency", *groups])
        same = " AND ".join(f"costs.{name} IS NOT DISTINCT FROM largest.{name}" for name in groups)
        limit = self._add(self.query.limit)
        return f"""
            WITH costs AS {self._keeping} ({self._costs()}),
            combinations AS MATERIALIZED ({self._combinations()}),
            currencies AS (
                SELECT
                    billing_currency, COUNT(*) AS combination_count, LIST_MIN(MAX(ABS(total), {limit})) AS least
                FROM combinations GROUP BY billing_currency
            ),
            largest AS (
                SELECT {keys}, ROW_NUMBER() OVER (PARTITION BY billing_currency ORDER BY {self._order}) AS place
                FROM combinations JOIN currencies USING (billing_currency)
                WHERE ABS(total) >= least
                QUALIFY place <= {limit}
            ),
            summed AS (
                SELECT costs.billing_currency, COALESCE(place, {limit} + 1) AS place, bucket, SUM(cost) AS cost
                FROM costs LEFT JOIN largest ON costs.billing_currency = largest.billing_currency AND {same}
                GROUP BY ALL
            )
            SELECT
                billing_currency, place, IF(place > {limit}, combination_count - {limit}, 1),
                {", ".join(groups)}, bucket, cost
            FROM summed JOIN currencies USING (billing_currency) LEFT JOIN largest USING (billing_currency, place)
            ORDER BY billing_currency, place, bucket
            """  # noqa: S608

    @property
    def _keeping(self) -> str:
        """Whether rows are kept for the second time that they are asked for, as pays for the few of a whole ledger."""
        is_narrowed = self.query.filters or not self.visibility.sees_everything
        return "MATERIALIZED" if self.query.tells_days and is_narrowed else "NOT MATERIALIZED"

    @property
    def _order(self) -> str:
        """The order of combinations: ties stand in the order of their names."""
        return ", ".join(
            ["ABS(total) DESC", "ABS(compared) DESC", *(f"{name} ASC NULLS LAST" for name in self._groups)]
        )

    def _combinations(self) -> str:
        keys = ", ".join(["billing_currency", *self._groups])
        return f"""
            SELECT
                {keys},
                COALESCE(SUM(cost) FILTER (WHERE bucket <> {COMPARED}), 0) AS total,
                COALESCE(SUM(cost) FILTER (WHERE bucket = {COMPARED}), 0) AS compared
            FROM costs GROUP BY {keys}"""  # noqa: S608

    def _costs(self) -> str:
        """Return the rows of the runs that pass: currency, groups, bucket, cost."""
        cut = self.query.last_compared_days
        of_days = [period for period in sorted(self.folders) if period in cut or self.query.tells_days]
        whole = [period for period in sorted(self.folders) if period not in of_days]
        parts = [self._rows(self._read(MONTHS, whole), whole, self._bucket_of_file(whole))] if whole else []
        parts += [self._rows(self._days(of_days, cut), of_days, self._bucket_of_row(of_days))] if of_days else []
        return " UNION ALL ".join(parts)

    def _rows(self, table: str, periods: Sequence[date], bucket: str) -> str:
        """Return the rows that pass of a table over the files of some periods, which has their number in the list."""
        query = self.query
        groups = "".join(f", {self._name(name)} AS g{number}" for number, name in enumerate(query.by))
        return f"""
            SELECT
                billing_currency{groups}, {bucket} AS bucket, {query.measure} AS cost
            FROM {table} AS costs {self._segments(periods)}
            WHERE {self._condition()}"""  # noqa: S608

    def _days(self, periods: Sequence[date], last_days: Mapping[date, date]) -> str:
        """Return the ledger, of some periods up to a day, with the columns of months and the day."""
        columns = ", ".join(["file_index", "segment_id", "billing_currency", *COLUMNS, self.query.measure])
        last_day = self._by_file([last_days.get(one, date.max) for one in periods])
        return f"(SELECT {columns} FROM ({self._ledger(periods)}) AS ledger WHERE charge_date <= {last_day})"  # noqa: S608

    def _ledger(self, periods: Sequence[date]) -> str:
        """Return the rows of ledgers with the texts of their cells and splits."""
        return f"""
            SELECT *, COALESCE(split_key, 'direct') AS origin
            FROM {self._ledgers(periods)} AS ledger
            JOIN {self._read("cells.parquet", periods)} AS cells USING (file_index, cell_id)
            LEFT JOIN {self._read("splits.parquet", periods)} AS splits USING (file_index, split_number)
        """  # noqa: S608

    def _ledgers(self, periods: Sequence[date]) -> str:
        """Return the rows of ledgers with the number of their period in the list."""
        rows = [
            f"SELECT *, {number} AS file_index FROM {rows_of(self.folders[period])}"  # noqa: S608
            for number, period in enumerate(periods)
        ]
        return f"({' UNION ALL '.join(rows)})"

    def _bucket(self, period: date) -> int:
        """Return the place of a period's bucket, by day of that of its first day."""
        if not self.query.first <= period <= self.query.last:
            return COMPARED
        return 0 if self.query.granularity == "total" else self.buckets.index(period)

    def _bucket_of_file(self, periods: Sequence[date]) -> str:
        return self._by_file([self._bucket(one) for one in periods])

    def _bucket_of_row(self, periods: Sequence[date]) -> str:
        """Return the place of a row's bucket; what a bill has of other months counts on its first or last day."""
        bucket = self._bucket_of_file(periods)
        if self.query.granularity != "day":
            return bucket
        first = self._by_file(periods)
        last = self._by_file([next_period(one) - timedelta(days=1) for one in periods])
        return (
            f"IF({bucket} = {COMPARED}, {COMPARED}, {bucket} + LEAST(GREATEST(charge_date, {first}), {last}) - {first})"
        )
