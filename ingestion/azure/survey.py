"""What the files of an Azure bill hold, in few rows: what its plan is made by. Pure.

One pass over the files, before they are read for good, tells which export each file is of, which months both exports
are there for, what the amounts of each are, and the words that stand for services, regions and units. It is the pass
that counts what the rows have in common too (`counted`): there is none for this alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import duckdb

from ingestion.azure import line_items
from ingestion.azure.columns import Columns
from ingestion.focus import expressions
from ingestion.focus.expressions import literal, quoted
from ingestion.normalize.diagnosing import answers_to
from ingestion.normalize.plan import DerivedColumn
from ingestion.normalize.reading import Reading

SURVEYED: Final = "surveyed"
"""The table of what a survey has counted."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows of one file that are alike; some of them may be free, and some may cost something.

    `worth` is Quantity x EffectivePrice where both that and the cost are told, `priced_cost` the cost of the same rows;
    they serve only to be compared.
    """

    file_number: int
    month: date | None
    period: str | None
    currency: str | None
    consumed_service: str | None
    resource_type: str | None
    location: str | None
    unit: str | None
    is_purchase: bool
    is_covered: bool
    is_unused: bool
    has_free: bool
    has_cost: bool
    row_count: int
    cost: Decimal
    worth: float
    priced_cost: float


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a bill that this program looks up: services by (ConsumedService, type), regions, units."""

    services: frozenset[tuple[str | None, str | None]]
    locations: frozenset[str]
    units: frozenset[str]


def survey(
    reading: Reading, connection: duckdb.DuckDBPyConnection, columns: Columns, *, key: Sequence[str]
) -> tuple[Group, ...]:
    """Return the groups of all files.

    :param reading: the files, with the numbers and moments that are read of them.
    :param key: the raw columns of which each combination is counted.
    :raises RejectedBillError: the files cannot be read.
    """
    answers_to(
        f"CREATE OR REPLACE TEMP TABLE {SURVEYED} AS {_combinations(reading, columns, key=key)}",
        raw=reading.raw,
        connection=connection,
        numbers=(columns.names["cost"],),
    )
    text = columns.text
    rows = connection.execute(
        f"SELECT x_file_number, {line_items.month(columns)}, {text('billing_period_start')},"
        f" {text('billing_currency')}, {text('consumed_service')}, x_resource_type, {text('location')},"
        f" {text('unit_of_measure')}, {line_items.is_purchase(columns)}, {line_items.is_covered(columns)},"
        f" {line_items.is_unused(columns)}, sum(x_free) > 0, sum(x_free) < sum(x_charges), sum(x_charges),"
        " coalesce(sum(x_cost), 0), coalesce(sum(x_worth), 0), coalesce(sum(x_priced_cost), 0)"
        f" FROM {SURVEYED} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return tuple(_group(row) for row in rows)


def _combinations(reading: Reading, columns: Columns, *, key: Sequence[str]) -> str:
    """Return the query of each file's combinations, with what they cost and how many of their rows hold oddities."""
    text = columns.text
    cost, price, quantity = (f"TRY_CAST({text(name)} AS DOUBLE)" for name in ("cost", "effective_price", "quantity"))
    worth = f"{price} * {quantity} * coalesce(TRY_CAST({text('exchange_rate')} AS DOUBLE), 1)"
    is_told = "x_cost_told <> 0 AND x_worth_told <> 0"
    names = ", ".join(map(quoted, key))
    odd = reading.oddity(numbers=reading.plan.decimals, moments=reading.plan.date_times)
    rows = (
        f"SELECT *, {cost} AS x_cost_told, {worth} AS x_worth_told, {_number(text('cost'))} AS x_exact_cost"
        f" FROM ({reading.raw.sql(numbered=False)})"
    )
    return (
        f"SELECT x_file_number, {names}, count(*) AS x_charges, sum(x_exact_cost) AS x_cost,"
        f" count(*) FILTER (WHERE x_cost_told = 0) AS x_free, sum(x_worth_told) FILTER (WHERE {is_told}) AS x_worth,"
        f" sum(x_cost_told) FILTER (WHERE {is_told}) AS x_priced_cost,"
        f" count(*) FILTER (WHERE {odd}) AS x_odd FROM ({rows}) GROUP BY x_file_number, {names}"
    )


def counted(key: Sequence[str], *, export: DerivedColumn, is_unbilled: str) -> str:
    """Return the query of what was counted, as the plan of the bill has it: `key` with the export of each file.

    :param is_unbilled: whether the rows of a combination bill nothing.
    """
    names = ", ".join(map(quoted, key))
    return (
        f"SELECT x_file_number, {names}, {quoted(export.name)}, x_charges,"
        f" CASE WHEN {is_unbilled} THEN 0 ELSE x_cost END AS x_amount, x_odd"
        f" FROM (SELECT *, {export.sql} AS {quoted(export.name)} FROM {SURVEYED})"
    )


def words(groups: Iterable[Group]) -> Words:
    """Return the words of a bill."""
    several = tuple(groups)
    return Words(
        services=frozenset((group.consumed_service, group.resource_type) for group in several),
        locations=frozenset(group.location for group in several if group.location),
        units=frozenset(group.unit for group in several if group.unit),
    )


def files_in_single_units(groups: Iterable[Group], *, sizes: dict[str, int]) -> tuple[int, ...]:
    """Return the files whose Quantity counts single units, not the blocks that prices are for.

    | unit | Quantity | EffectivePrice | Cost    | Quantity counts |
    |------|----------|----------------|---------|-----------------|
    | 10K  | 0.0004   | 0.1            | 0.00004 | blocks          |
    | 10K  | 4        | 0.1            | 0.00004 | single units    |

    Microsoft's account of the conversion divides Quantity by the block size, its published Enterprise Agreement exports
    are already in blocks; the amounts of a file say what it does, and where they do not, blocks are meant.
    """
    as_blocks: dict[int, float] = {}
    as_units: dict[int, float] = {}
    for group in groups:
        size = sizes.get(group.unit or "", 1)
        if size == 1:
            continue
        number = group.file_number
        as_blocks[number] = as_blocks.get(number, 0) + abs(group.worth - group.priced_cost)
        as_units[number] = as_units.get(number, 0) + abs(group.worth / size - group.priced_cost)
    return tuple(sorted(number for number, distance in as_units.items() if distance < as_blocks[number]))


def _number(column: str) -> str:
    """Return a column as an exact number, null for what is none; plain numbers take the fast way."""
    is_odd = f"regexp_matches({column}, {literal(expressions.ODD_NUMBER)})"
    exact = f"CASE WHEN {is_odd} THEN {expressions.exact_decimal(column)} ELSE {expressions.decimal(column)} END"
    return f"TRY({exact})"


def _group(row: tuple[object, ...]) -> Group:
    return Group(**dict(zip(Group.__dataclass_fields__, row, strict=True)))  # type: ignore[arg-type]
