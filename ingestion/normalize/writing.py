"""Writing one bill's charges, attribute sets and daily sums. Pure but for the files.

The files are those of `docs/architecture.md`, The lake.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from ingestion.focus import attributes
from ingestion.focus.columns import COLUMNS, COSTS, SQL_TYPES
from ingestion.focus.expressions import DECIMAL, literal, quoted
from ingestion.normalize.contents import NormalizedBill, Totals
from ingestion.normalize.entries import Dictionary
from ingestion.normalize.plan import Plan
from ingestion.normalize.reading import Reading

PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
OF_MANY_DAYS: Final = "charge_period_end > charge_period_start + INTERVAL 25 HOUR"
"""The condition of charges for more than a day, of which one has 25 hours in autumn."""
DAILY_SUMS: Final = (*COSTS, "consumed_quantity")


class ConservationError(Exception):
    """What is stored does not add up to what the files say. A defect of this program; nothing is published."""


def charges_sql(reading: Reading, dictionary: Dictionary, *, period: date, file_numbers: tuple[int, ...]) -> str:
    """Return the query of one billing period's charges, in file order."""
    plan = reading.plan
    rows = reading.rows(file_numbers=file_numbers)
    if dictionary.has_doubles:
        numbers = " || ".join(
            f"CASE WHEN {double.is_due} THEN [{number}] ELSE [] END"
            for number, double in enumerate(plan.doubles, start=1)
        )
        doubled = f"SELECT *, unnest([0] || {numbers}) AS x_double_number FROM ({rows})"
        twin = "CASE WHEN x_double_number > 0 THEN x_double ELSE x_entry END AS x_entry"
        joined = f"({doubled}) LEFT JOIN entry_double USING (x_entry, x_double_number)"
        rows = f"SELECT * EXCLUDE (x_double) REPLACE ({twin}) FROM {joined}"
    looked_up = ", ".join(f"{dictionary.value(name)} AS {quoted('e_' + name)}" for name in dictionary.columns)
    filters = [f"e_billing_period = DATE '{period:%Y-%m-%d}'"] if "billing_period" not in dictionary.constants else []
    if dictionary.constants.get("is_dropped") != "CAST('false' AS BOOLEAN)":
        filters.append("NOT e_is_dropped")
    where = f" WHERE {' AND '.join(filters)}" if filters else ""
    joined = f"SELECT line.*, {looked_up} FROM ({rows}) AS line LEFT JOIN entry_value USING (x_entry)"
    return f"SELECT {', '.join(_columns(reading, dictionary))} FROM ({joined}){where}"


def _columns(reading: Reading, dictionary: Dictionary) -> list[str]:
    plan = reading.plan
    in_entries = {quoted(name): quoted(f"e_k_{name}") for name in plan.key}
    columns = []
    for column in COLUMNS:
        if column.name in plan.rows:
            value = in_entries.get(plan.rows[column.name], plan.rows[column.name])
            if dictionary.has_doubles:
                value = _or_doubles(value, plan, column.name)
        elif column.name in dictionary.columns:
            value = quoted(f"e_{column.name}")
        else:
            value = "NULL"
        is_word = value.startswith('"e_') and column.type == "text"
        typed = value if is_word else f"CAST({value} AS {SQL_TYPES[column.type]})"
        columns.append(f"{typed} AS {quoted(column.name)}")
    columns.append(f"CAST({plan.source_file} AS INTEGER) AS x_file_number")
    columns.append(f"CAST({plan.source_row} AS BIGINT) AS x_row_number")
    columns.append("e_attribute_set_id::INTEGER AS x_attribute_set_id")
    columns.extend(f"{in_entries.get(value, value)} AS {quoted(name)}" for name, value in plan.kept.items())
    return columns


def _or_doubles(value: str, plan: Plan, name: str) -> str:
    """Return the expression of a column that doubles have another value of."""
    cases = [
        f" WHEN {number} THEN {double.rows[name]}"
        for number, double in enumerate(plan.doubles, start=1)
        if name in double.rows
    ]
    return f"CASE x_double_number{''.join(cases)} ELSE {value} END" if cases else value


def write_charges(connection: duckdb.DuckDBPyConnection, query: str, *, folder: Path, is_numbered: bool) -> None:
    """Write charges.parquet, in file order; `is_numbered` says that it is of one file, whose rows' numbers tell it.

    Numbering the rows of one file already makes the engine go through it in order, and a join to few entries keeps it.
    Told that order does not matter, it then need not hold batches of rows back, which saves a sixth of the work;
    whether it kept the order is looked at. Sorting, the dearest way, comes last.
    """
    path = folder / "charges.parquet"
    sorted_query = f"SELECT * FROM ({query}) ORDER BY x_file_number, x_row_number, charge_period_start"
    for tried, is_kept in ((query, False), (query, True), (sorted_query, True)):
        if not is_kept and not is_numbered:
            continue
        connection.execute(f"SET preserve_insertion_order = {is_kept}")
        # The engine takes a CSV to be tiny, and would hash the rows of the bill instead of the entries. Of a long list
        # behind IN it would make a join, and number the rows after it with no regard to their order.
        connection.execute("SET disabled_optimizers = 'build_side_probe_side,in_clause'")
        try:
            connection.execute(f"COPY ({tried}) TO {literal(str(path))} {PARQUET}")
        finally:
            connection.execute("RESET disabled_optimizers")
            connection.execute("SET preserve_insertion_order = true")
        if _is_in_order(connection, path):
            return


def _is_in_order(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    answer = connection.execute(
        "SELECT count(*) FROM (SELECT x_file_number AS file, lag(file, 1, 0) OVER () AS last_file,"
        " x_row_number AS row, lag(row, 1, 0) OVER () AS last_row"
        f" FROM read_parquet({literal(str(path))})) WHERE file < last_file OR file = last_file AND row < last_row"
    ).fetchall()
    return bool(answer[0][0] == 0)


def write_attribute_sets(connection: duckdb.DuckDBPyConnection, *, folder: Path, period: date) -> None:
    """Write attribute_sets.parquet from table `entry`."""
    columns = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in attributes.COLUMNS)
    connection.execute(
        f"COPY (SELECT DISTINCT attribute_set_id::INTEGER AS attribute_set_id, {columns}, allocation_tags AS tags"
        f" FROM entry WHERE billing_period = DATE '{period:%Y-%m-%d}' AND NOT is_dropped ORDER BY attribute_set_id)"
        f" TO {literal(str(folder / 'attribute_sets.parquet'))} {PARQUET}"
    )


def write_daily(connection: duckdb.DuckDBPyConnection, *, folder: Path) -> None:
    """Write daily.parquet from charges.parquet."""
    sums = ", ".join(f"sum(coalesce({name}, 0))::{DECIMAL} AS {name}" for name in DAILY_SUMS)
    connection.execute(
        "COPY (SELECT charge_period_start::DATE AS charge_date, x_attribute_set_id AS attribute_set_id,"
        f" billing_currency, {sums}, count(*)::BIGINT AS charge_count"
        f" FROM read_parquet({literal(str(folder / 'charges.parquet'))})"
        " GROUP BY ALL ORDER BY charge_date, attribute_set_id, billing_currency)"
        f" TO {literal(str(folder / 'daily.parquet'))} {PARQUET}"
    )


def normalized_bill(connection: duckdb.DuckDBPyConnection, *, period: date, folder: Path) -> NormalizedBill:
    """Read back what was written and hold it against the files.

    :raises ConservationError: they differ.
    """
    daily, charges = literal(str(folder / "daily.parquet")), literal(str(folder / "charges.parquet"))
    source = dict(
        connection.execute(
            "SELECT billing_currency, sum(x_amount) FROM entry"
            f" WHERE billing_period = DATE '{period:%Y-%m-%d}' AND NOT is_double GROUP BY ALL"
        ).fetchall()
    )
    sums = ", ".join(f"sum({name})" for name in COSTS)
    stored = connection.execute(f"SELECT billing_currency, {sums} FROM read_parquet({daily}) GROUP BY ALL ORDER BY 1")
    totals = {
        currency: Totals(
            source=source.get(currency) or Decimal(0),
            billed_cost=billed,
            effective_cost=effective,
            list_cost=listed,
            contracted_cost=contracted,
        )
        for currency, billed, effective, listed, contracted in stored.fetchall()
    }
    for currency, amount in source.items():
        billed = totals[currency].billed_cost if currency in totals else Decimal(0)
        if (amount or Decimal(0)) != billed:
            raise ConservationError(f"{period:%Y-%m}: the files bill {amount} {currency}, stored are {billed}.")
    row_count, through = connection.execute(
        "SELECT count(*), max(charge_period_start)"
        f" FILTER (WHERE charge_category = 'Usage' AND ({OF_MANY_DAYS}) IS NOT TRUE) FROM read_parquet({charges})"
    ).fetchall()[0]
    return NormalizedBill(
        billing_period=period,
        folder=folder,
        row_count=int(row_count),
        charges_through=through.date() if isinstance(through, datetime) else None,
        totals=totals,
    )
