"""The rows of a run's files that a slice is made of, asked of DuckDB. Reads only the files it is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from allocation.costs.query import COLUMNS, Filter
from allocation.engine.inputs import Revision
from allocation.engine.relations import IN, OUT
from allocation.engine.run_files import create_views
from allocation.engine.widening import charges_of
from allocation.explain.slices import Slice
from allocation.selectors import Visibility

_DIRECT: Final = "direct"
_CELL_COLUMNS: Final = tuple(name for name in COLUMNS if name not in {"origin", "charge_date"})


class Part(NamedTuple):
    """What one kind of entry of one split sums to in the slice; own cost has no split."""

    entry: int
    split_number: int | None
    amount: Decimal
    row_count: int


class Moved(NamedTuple):
    """What a receiver got from a split by one weight."""

    split_number: int
    receiver: str | None
    quantity: Decimal
    total: Decimal
    fallback: str | None
    first_day: date
    last_day: date
    pool_amount: Decimal
    amount: Decimal


class Caught(NamedTuple):
    """Own cost by the rules that caught it: canonical JSON, dimension key -> index of the rule."""

    rules: str
    cost: Decimal
    charge_count: int


class Line(NamedTuple):
    """A charge with its place in the delivery."""

    source_id: str
    file_number: int
    row_number: int
    charge_date: date
    service: str | None
    description: str | None
    resource: str | None
    account: str | None
    tags: str | None
    cost: Decimal


class LedgerSlice:
    """A slice of one run's ledger, held in the memory of a connection that reads nothing but the run's files."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, folder: Path, wanted: Slice, visibility: Visibility
    ) -> None:
        self.connection, self.wanted = connection, wanted
        create_views(connection, folder)
        cells = _all([_passes(one.name, one) for one in wanted.by_column(*_CELL_COLUMNS)])
        values = [_passes(_value("dimension_values", one.name), one) for one in wanted.by_dimension()]
        segments = _all([*values, _visible(visibility)])
        origin = _all([_passes(f"COALESCE(split_key, '{_DIRECT}')", one) for one in wanted.by_column("origin")])
        connection.execute(f"CREATE TEMP TABLE shown_cells AS SELECT cell_id FROM cells WHERE {cells}")  # noqa: S608
        connection.execute(
            f"CREATE TEMP TABLE shown_segments AS SELECT segment_id FROM segments WHERE {segments}"  # noqa: S608
        )
        connection.execute(
            f"""
            CREATE TEMP TABLE slice AS
            SELECT
                charge_date, cell_id, segment_id, entry, split_number, pool_segment_id, charge_count,
                driver_quantity, driver_total, fallback, {wanted.cost} AS cost
            FROM ledger LEFT JOIN splits USING (split_number)
            SEMI JOIN shown_cells USING (cell_id) SEMI JOIN shown_segments USING (segment_id)
            WHERE {self._place()} AND {origin}
            """  # noqa: S608
        )

    def parts(self) -> list[Part]:
        """Return the sums by entry and split; own cost first."""
        found = self.connection.execute(
            "SELECT entry, split_number, SUM(cost), COUNT(*) FROM slice"
            " GROUP BY entry, split_number ORDER BY split_number NULLS FIRST, entry"
        )
        return [Part(*row) for row in found.fetchall()]

    def charge_count(self) -> int:
        """Return how many bill lines the own cost is the sum of."""
        row = self.connection.execute("SELECT COALESCE(SUM(charge_count), 0) FROM slice").fetchone()
        return int(row[0]) if row else 0

    def moved_in(self, dimensions: Sequence[str]) -> list[Moved]:
        """Return what came in by split, receiver and weight, largest first; the receiver's dimension by split."""
        return self._moved(self._received("slice", dimensions))

    def moved_out(self, dimensions: Sequence[str]) -> list[Moved]:
        """Return who got what the slice handed on, by split, receiver and weight, largest first."""
        taken = f"""(
            SELECT ledger.*, ledger.{self.wanted.cost} AS cost
            FROM ledger SEMI JOIN (SELECT * FROM slice WHERE entry = {OUT}) AS given
                USING (split_number, charge_date, cell_id, pool_segment_id)
            WHERE billing_currency = {quoted(self.wanted.currency)}
        )"""  # noqa: S608
        return self._moved(self._received(taken, dimensions))

    def pools(self, dimensions: Sequence[str]) -> list[tuple[int, str | None]]:
        """Return from which values of the receivers' dimension each split's cost came."""
        receiver = _by_split("pool.dimension_values", dimensions)
        found = self.connection.execute(
            f"""
            SELECT DISTINCT split_number, {receiver} AS pool
            FROM (SELECT DISTINCT split_number, pool_segment_id FROM slice WHERE entry = {IN}) AS given
            JOIN segments AS pool ON pool.segment_id = given.pool_segment_id
            ORDER BY ALL NULLS LAST
            """  # noqa: S608
        )
        return found.fetchall()

    def caught(self, revisions: Sequence[Revision]) -> list[Caught]:
        """Return own cost by the rules that caught it, from the daily sums of the bills."""
        bills = " UNION ALL BY NAME ".join(
            f"SELECT *, {quoted(one.source_id)} AS source_id FROM read_parquet({quoted(one.daily)})"  # noqa: S608
            for one in revisions
        )
        found = self.connection.execute(
            f"""
            SELECT rules, SUM({self.wanted.cost}), SUM(charge_count)
            FROM ({bills}) JOIN {self._own_sets()} USING (source_id, attribute_set_id)
            WHERE {self._place()}
            GROUP BY rules ORDER BY rules
            """  # noqa: S608
        )
        return [Caught(rules, cost, int(count)) for rules, cost, count in found.fetchall()]

    def largest_lines(self, revisions: Sequence[Revision], *, limit: int, with_tags: bool = False) -> list[Line]:
        """Return the largest charges of the own cost, whatever their sign; account and tags only when asked for."""
        more = "sub_account_id, tags" if with_tags else "NULL::VARCHAR AS sub_account_id, NULL::VARCHAR AS tags"
        charges = " UNION ALL BY NAME ".join(
            f"""
            SELECT
                {quoted(one.source_id)} AS source_id, billing_currency,
                CAST(charge_period_start AS DATE) AS charge_date, x_file_number, x_row_number,
                service_name, charge_description, resource_id, {more},
                COALESCE({self.wanted.cost}, 0) AS cost
            FROM {charges_of(f"SELECT * FROM {self._own_sets()} WHERE source_id = {quoted(one.source_id)}", one)}
            """  # noqa: S608
            for one in revisions
        )
        found = self.connection.execute(
            f"""
            SELECT
                source_id, x_file_number, x_row_number, charge_date,
                service_name, charge_description, resource_id, sub_account_id, tags, cost
            FROM ({charges})
            WHERE {self._place()}
            ORDER BY ABS(cost) DESC, source_id, x_file_number, x_row_number
            LIMIT {int(limit)}
            """  # noqa: S608
        )
        return [Line(*row) for row in found.fetchall()]

    def _own_sets(self) -> str:
        return (
            "(SELECT source_id, attribute_set_id, rules FROM classification"
            " SEMI JOIN shown_cells USING (cell_id) SEMI JOIN shown_segments USING (segment_id)) AS own"
        )

    def _place(self) -> str:
        conditions = [f"billing_currency = {quoted(self.wanted.currency)}"]
        if self.wanted.first_day:
            conditions.append(f"charge_date >= DATE '{self.wanted.first_day:%Y-%m-%d}'")
        if self.wanted.last_day:
            conditions.append(f"charge_date <= DATE '{self.wanted.last_day:%Y-%m-%d}'")
        days = self.wanted.by_column("charge_date")
        return _all([*conditions, *(_passes("CAST(charge_date AS VARCHAR)", one) for one in days)])

    def _received(self, rows: str, dimensions: Sequence[str]) -> str:
        """Return the rows that came in, with their receiver and with what their pool held."""
        return f"""(
            SELECT given.*, {_by_split("segments.dimension_values", dimensions)} AS receiver, -pool.held AS held
            FROM (SELECT * FROM {rows} WHERE entry = {IN}) AS given
            JOIN segments USING (segment_id)
            JOIN (
                SELECT split_number, charge_date, cell_id, pool_segment_id, {self.wanted.cost} AS held
                FROM ledger WHERE entry = {OUT} AND billing_currency = {quoted(self.wanted.currency)}
            ) AS pool USING (split_number, charge_date, cell_id, pool_segment_id)
        )"""  # noqa: S608

    def _moved(self, rows: str) -> list[Moved]:
        found = self.connection.execute(
            f"""
            SELECT
                split_number, receiver, driver_quantity, driver_total, fallback, MIN(charge_date), MAX(charge_date),
                SUM(held), SUM(cost)
            FROM {rows}
            GROUP BY split_number, receiver, driver_quantity, driver_total, fallback
            ORDER BY split_number, ABS(SUM(cost)) DESC, receiver, MIN(charge_date), driver_quantity, driver_total
            """  # noqa: S608
        )
        return [Moved(*row) for row in found.fetchall()]


def _visible(visibility: Visibility) -> str:
    if visibility.sees_everything:
        return "TRUE"
    seen = [_is_one_of(_value("dimension_values", name), values) for name, values in visibility.values]
    return f"({' OR '.join(seen or ['FALSE'])})"


def _passes(expression: str, one: Filter) -> str:
    texts = [value for value in one.values if value is not None]
    found = [_is_one_of(expression, texts)] if texts else []
    found += [f"({expression}) IS NULL"] if None in one.values else []
    return f"{'NOT ' if one.exclude else ''}({' OR '.join(found)})"


def _is_one_of(expression: str, texts: Sequence[str]) -> str:
    """Return a condition that is never null."""
    return f"COALESCE(({expression}) IN ({', '.join(map(quoted, texts))}), FALSE)" if texts else "FALSE"


def _value(column: str, dimension: str) -> str:
    """Return one value out of a JSON object; as a pointer, so that a key may be any text."""
    pointer = "/" + dimension.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string({column}, {quoted(pointer)})"


def _by_split(column: str, dimensions: Sequence[str]) -> str:
    """Return the value of the dimension that each split's receivers are in, by the split's number."""
    branches = " ".join(f"WHEN {number} THEN {_value(column, name)}" for number, name in enumerate(dimensions))
    return f"CASE split_number {branches} END" if branches else "CAST(NULL AS VARCHAR)"


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "TRUE"


def quoted(value: Any) -> str:
    """Return a text as SQL writes it."""
    return "'" + str(value).replace("'", "''") + "'"
