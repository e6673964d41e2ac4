"""The ledger of a run summed up by billing period, beside its files, and questions about months asked of it.

A month of a million mart rows has some ten thousand sums here. DuckDB groups those of a year by three names in the time
that Postgres needs to read them; questions about days, and those of runs without this file, go to Postgres.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import duckdb

from allocation.costs.query import COLUMNS, CostQuery, Filter
from allocation.engine.backends.duckdb import DuckDB, connect
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.expressions import literal
from itfm.core import lake

if TYPE_CHECKING:
    from allocation.selectors import Visibility

FILE: Final = "months.parquet"
SEGMENTS: Final = "segments.parquet"
SUMS: Final = (*COST_COLUMNS, "consumed_quantity", "charge_count")
GROUPS: Final = tuple(name for name in COLUMNS if name != "charge_date")
_ZERO: Final = Decimal(0)
_OF_A_PAGE: Final = DuckDB(memory_limit="512MiB")
"""What one question may use."""


class Row(NamedTuple):
    """What the combination at a place cost; places count from 1, and those beyond the limit are summed up as one."""

    currency: str
    place: int
    combinations: int
    """How many combinations stand at the place."""
    groups: tuple[str | None, ...]
    costs: tuple[Decimal, ...]
    """By bucket of time."""
    compared: Decimal


def write_months(folder: Path, *, engine: DuckDB) -> None:
    """Sum up a run's ledger beside it. Grain: segment, the columns of `GROUPS`, currency.

    `origin` is 'direct' or the key of the split, the other columns and `segment_id` are those of the run's own files.
    """
    exact = {"charge_count": "CAST(SUM(charge_count) AS BIGINT) AS charge_count"}  # no integer of Parquet holds a SUM
    sums = ", ".join(exact.get(name, f"SUM({name}) AS {name}") for name in SUMS)
    texts = ", ".join("COALESCE(split_key, 'direct') AS origin" if name == "origin" else name for name in GROUPS)
    places = ", ".join(["split_number", "mart_id", "segment_id", "billing_currency"])
    files = {name: folder / f"{name}.parquet" for name in ("ledger", "cells", "splits")}
    with connect(engine, reads=[*files.values()], writes=folder) as database:
        for name, file in files.items():
            database.read_parquet(str(file)).create_view(name)
        database.execute(
            f"""
            COPY (
                WITH sums AS (
                    SELECT {places}, {sums} FROM ledger JOIN cells USING (cell_id) GROUP BY {places}
                )
                SELECT segment_id, billing_currency, {texts}, {", ".join(SUMS)}
                FROM sums JOIN cells ON cells.cell_id = sums.mart_id LEFT JOIN splits USING (split_number)
                ORDER BY split_number NULLS FIRST, sums.mart_id, segment_id, billing_currency
            ) TO {literal(str(folder / FILE))} (FORMAT parquet, COMPRESSION zstd)
            """  # noqa: S608 - our own names
        )


def month_sums(folder: Path, *, engine: DuckDB) -> dict[str, dict[str, Decimal]]:
    """Return the sums of a run's months file by currency and cost column."""
    sums = ", ".join(f"SUM({name})" for name in COST_COLUMNS)
    with connect(engine, reads=[folder / FILE], writes=folder) as database:
        rows = database.execute(
            f"SELECT billing_currency, {sums} FROM read_parquet(?) GROUP BY 1 ORDER BY 1",  # noqa: S608
            [str(folder / FILE)],
        ).fetchall()
    return {row[0]: dict(zip(COST_COLUMNS, row[1:], strict=True)) for row in rows}


@contextmanager
def reading(organization_id: UUID) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that can read the files of an organization's runs, and reach nothing else."""
    with _database(organization_id, os.getpid()).cursor() as connection:
        yield connection


@lru_cache(maxsize=4)
def _database(organization_id: UUID, _process: int) -> duckdb.DuckDBPyConnection:
    """Return the database of an organization's questions in this process, for as long as others are not asked more.

    To make one takes longer than most questions. It keeps no files: what it reads is read anew each time. A database's
    threads do not come along when a process forks, so a child makes its own.
    """
    organization = lake.organization_folder(organization_id)
    settings = replace(_OF_A_PAGE, temp_directory=organization / "scratch" / "questions")
    return connect(settings, reads=[], writes=organization / "runs")


def rows_of_months(
    query: CostQuery,
    folders: Mapping[date, Path],
    *,
    organization_id: UUID,
    buckets: Sequence[date],
    visibility: Visibility,
) -> list[Row]:
    """Return the costs of a question over the folders of runs by billing period, by currency and place.

    The largest combinations stand first; ties stand in the order of their names, what no rule caught last.
    """
    if not folders:
        return []
    statement = _Statement(query, visibility)
    with reading(organization_id) as database:
        found = database.execute(statement.text(folders), statement.values).fetchall()
    return [
        _row(place, list(sums), buckets=buckets)
        for place, sums in groupby(found, key=lambda row: tuple(row[: 3 + len(query.by)]))
    ]


def _row(place: tuple[Any, ...], sums: Sequence[tuple[Any, ...]], *, buckets: Sequence[date]) -> Row:
    """Put the sums of one place side by side; what a bucket lacks is zero."""
    known = {bucket: cost for *_, bucket, is_compared, cost in sums if not is_compared}
    compared = sum((cost for *_, is_compared, cost in sums if is_compared), _ZERO)
    costs = tuple(known.get(bucket, _ZERO) for bucket in buckets)
    return Row(place[0], place[1], place[2], place[3:], costs, compared)


@dataclass
class _Statement:
    """A question as SQL for DuckDB. Names come from this module and from `COLUMNS`; all else is a parameter."""

    query: CostQuery
    visibility: Visibility
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, folders: Mapping[date, Path]) -> str:
        """Return the text, whose parameters are then in `values`."""
        groups = [f"g{number}" for number in range(len(self.query.by))]
        keys = ", ".join(["billing_currency", *groups])
        months = " UNION ALL ".join(self._month(period, folder) for period, folder in sorted(folders.items()))
        same = " AND ".join(
            f"costs.{name} IS NOT DISTINCT FROM ranked.{name}" for name in ("billing_currency", *groups)
        )
        order = ", ".join(["ABS(total) DESC", "ABS(compared) DESC", *(f"{name} ASC NULLS LAST" for name in groups)])
        last = self._add(self.query.limit + 1)
        firsts = "".join(f", MIN({name}) AS {name}" for name in groups)
        named = "".join(f", {name}" for name in groups)
        return f"""
            WITH costs AS ({months}),
            totals AS (
                SELECT
                    {keys},
                    COALESCE(SUM(cost) FILTER (WHERE NOT is_compared), 0) AS total,
                    COALESCE(SUM(cost) FILTER (WHERE is_compared), 0) AS compared
                FROM costs GROUP BY {keys}
            ),
            ranked AS (
                SELECT *, LEAST(ROW_NUMBER() OVER (PARTITION BY billing_currency ORDER BY {order}), {last}) AS place
                FROM totals
            ),
            counted AS (
                SELECT billing_currency, place, COUNT(*) AS combinations{firsts}
                FROM ranked
                GROUP BY billing_currency, place
            ),
            summed AS (
                SELECT costs.billing_currency, place, bucket, is_compared, SUM(cost) AS cost
                FROM costs JOIN ranked ON {same}
                GROUP BY costs.billing_currency, place, bucket, is_compared
            )
            SELECT billing_currency, place, combinations{named}, bucket, is_compared, cost
            FROM summed JOIN counted USING (billing_currency, place)
            ORDER BY billing_currency, place, bucket, is_compared
            """  # noqa: S608

    def _month(self, period: date, folder: Path) -> str:
        """Return the rows of one run that pass: currency, groups, bucket, whether compared with, cost."""
        query = self.query
        is_compared = not query.first <= period <= query.last
        bucket = period if query.granularity == "month" else query.first
        groups = "".join(f", {self._name(name)} AS g{number}" for number, name in enumerate(query.by))
        conditions = [self._passes(one) for one in query.filters]
        if query.currency:
            conditions.append(f"billing_currency = {self._add(query.currency)}")
        conditions += self._visible()
        return f"""
            SELECT
                billing_currency{groups}, DATE '{bucket}' AS bucket, {is_compared} AS is_compared,
                {query.measure} AS cost
            FROM read_parquet({literal(str(folder / FILE))}) AS months
            JOIN ({self._segments(folder)}) AS segments USING (segment_id)
            WHERE {" AND ".join(conditions) or "TRUE"}"""  # noqa: S608

    def _segments(self, folder: Path) -> str:
        """Return the segments of a run with a column for each dimension that is looked at."""
        values = "".join(
            f", json_extract_string(dimension_values, {self._add(key)}) AS d{number}"
            for number, key in enumerate(self._dimensions)
        )
        return f"SELECT segment_id{values} FROM read_parquet({literal(str(folder / SEGMENTS))})"  # noqa: S608

    @property
    def _dimensions(self) -> Sequence[str]:
        named = [*self.query.by, *(one.name for one in self.query.filters)]
        seen = [dimension for dimension, _ in self.visibility.values]
        return [name for name in dict.fromkeys([*named, *seen]) if name not in COLUMNS]

    def _name(self, name: str) -> str:
        return f"CAST({name} AS VARCHAR)" if name in COLUMNS else f"d{self._dimensions.index(name)}"

    def _visible(self) -> list[str]:
        if self.visibility.sees_everything:
            return []
        seen = [self._one_of(dimension, values) for dimension, values in self.visibility.values]
        return [f"({' OR '.join(seen) or 'FALSE'})"]

    def _one_of(self, dimension: str, values: Sequence[str]) -> str:
        return f"COALESCE(list_contains({self._add(list(values))}::VARCHAR[], {self._name(dimension)}), FALSE)"

    def _passes(self, one: Filter) -> str:
        expression = self._name(one.name)
        texts = [value for value in one.values if value is not None]
        found = [self._one_of(one.name, texts)] if texts else []
        found += [f"{expression} IS NULL"] if None in one.values else []
        return f"{'NOT ' if one.exclude else ''}({' OR '.join(found)})"

    def _add(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"
