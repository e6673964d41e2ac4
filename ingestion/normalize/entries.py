"""The dictionary of a bill: what its rows have in common, worked out once per distinct combination. Pure.

Table `entry` has one row per combination of the plan's key columns (and one more for each that some row doubles), in
the order of the type `entry_key`, with the plan's entry columns, `attribute_set_id` and the canonical `tags`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from ingestion.focus import attributes
from ingestion.focus.expressions import literal, quoted
from ingestion.normalize.reading import DOUBLE, Reading

FEW_TAG_VALUES: Final = 2_000
"""A tag key with more values than this names single things; rules look at it only when told to."""


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    """What is known of the entries: columns with one value throughout are `constants`, as SQL literals."""

    columns: tuple[str, ...]
    constants: dict[str, str]
    has_doubles: bool

    def value(self, column: str) -> str:
        """Return the expression of an entry's column for the row's `x_entry`."""
        return self.constants.get(column, f"{quoted('entry_' + column)}(x_entry)")


def count_combinations(connection: duckdb.DuckDBPyConnection, reading: Reading) -> int:
    """Write table `combination` and return how many rows hold numbers that are not plain."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE combination AS {reading.combinations()}")
    return int(connection.execute("SELECT coalesce(sum(x_odd), 0) FROM combination").fetchall()[0][0])


def write_entries(
    connection: duckdb.DuckDBPyConnection, reading: Reading, *, tag_keys: frozenset[str] | None
) -> Dictionary:
    """Write table `entry` from `combination`, and its columns as variables."""
    plan = reading.plan
    key = ", ".join(quoted(name) for name in plan.key)
    connection.execute(
        f"CREATE TEMP TABLE grouped AS SELECT {key}, {reading.key()} AS x_key, sum(x_amount) AS x_amount,"
        f" sum(x_charges) AS x_charges, sum(x_doubled) AS x_doubled FROM combination GROUP BY {key}"
    )
    own = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in plan.entries.items())
    double = ", ".join(f"{plan.double_entries.get(name, quoted(name))} AS {quoted(name)}" for name in plan.entries)
    connection.execute(
        f"CREATE TEMP TABLE meaning AS SELECT x_key, x_doubled, x_amount, FALSE AS is_double, {own} FROM grouped"
    )
    connection.execute(
        f"INSERT INTO meaning SELECT x_key || {DOUBLE}, 0, 0, TRUE, {double} FROM meaning WHERE x_doubled > 0"
    )
    _write_tags(connection, tag_keys, tag_key=plan.tag_key)
    connection.execute("CREATE TYPE entry_key AS ENUM (SELECT x_key FROM meaning ORDER BY x_key)")
    compared = ", ".join(f"{quoted(name)} NULLS FIRST" for name in (*attributes.COLUMNS, "allocation_tags"))
    connection.execute(
        "CREATE TEMP TABLE entry AS SELECT enum_code(CAST(x_key AS entry_key)) AS x_entry,"
        " meaning.* EXCLUDE (tags), tag_set.tags, tag_set.allocation_tags,"
        # Dropped entries rank behind all others, so that the ids in use have no gaps.
        f" dense_rank() OVER (PARTITION BY billing_period ORDER BY is_dropped, {compared}) - 1 AS attribute_set_id"
        " FROM meaning LEFT JOIN tag_set ON meaning.tags = tag_set.source"
    )
    connection.execute(
        "CREATE TEMP TABLE file_entry AS SELECT DISTINCT x_file_number,"
        f" enum_code(CAST({reading.key()} AS entry_key)) AS x_entry FROM combination"
    )
    return _publish(connection, (*plan.entries, "attribute_set_id"))


def _write_tags(connection: duckdb.DuckDBPyConnection, tag_keys: frozenset[str] | None, *, tag_key: str) -> None:
    """Write table `tag_set`: tags as delivered, made canonical, and of them those that allocation may look at."""
    connection.execute(
        "CREATE TEMP TABLE source_tags AS SELECT DISTINCT tags AS source FROM meaning WHERE tags IS NOT NULL"
    )
    connection.execute(
        "CREATE TEMP TABLE source_object AS SELECT source, CASE WHEN json_valid(source)"
        " AND json_type(source) = 'OBJECT' THEN source ELSE '{}' END AS object FROM source_tags"
    )
    connection.execute(
        f"CREATE TEMP TABLE tag AS SELECT source, {tag_key} AS key, max(value) AS value FROM"
        " (SELECT source, each.key, each.value ->> '$' AS value FROM source_object, json_each(object) AS each)"
        " WHERE coalesce(value, '') <> '' GROUP BY ALL"
    )
    if tag_keys is None:
        wanted = f"SELECT key FROM tag GROUP BY key HAVING count(DISTINCT value) <= {FEW_TAG_VALUES}"
    else:
        wanted = "SELECT unnest([" + ", ".join(literal(key) for key in sorted(tag_keys)) + "]::VARCHAR[])"
    pair = "CAST(to_json(key) AS VARCHAR) || ':' || CAST(to_json(value) AS VARCHAR)"
    connection.execute(
        f"CREATE TEMP TABLE tag_set AS SELECT source, '{{' || string_agg({pair}, ',' ORDER BY key) || '}}' AS tags,"
        f" '{{' || string_agg({pair}, ',' ORDER BY key) FILTER (WHERE key IN ({wanted})) || '}}' AS allocation_tags"
        " FROM tag GROUP BY source"
    )


def unreadable_tags(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return an example of tags that are no JSON object; None when all are."""
    found = connection.execute(
        "SELECT min(source) FROM source_tags WHERE NOT json_valid(source) OR json_type(source) <> 'OBJECT'"
    ).fetchall()
    return None if found[0][0] is None else str(found[0][0])


def _publish(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> Dictionary:
    counts = ", ".join(f"count(DISTINCT {quoted(name)}), count({quoted(name)}), count(*)" for name in columns)
    counted = connection.execute(f"SELECT {counts} FROM entry").fetchall()[0]
    constants = {}
    for index, name in enumerate(columns):
        distinct, filled, rows = counted[3 * index : 3 * index + 3]
        kind = connection.execute(f"SELECT any_value(typeof({quoted(name)})) FROM entry").fetchall()[0][0]
        if filled == 0:
            constants[name] = f"NULL::{'VARCHAR' if kind == 'NULL' else kind}"
        elif distinct == 1 and filled == rows:
            value = connection.execute(f"SELECT any_value({quoted(name)})::VARCHAR FROM entry").fetchall()[0][0]
            constants[name] = f"CAST({literal(value)} AS {kind})"
        else:
            _make_lookup(connection, f"entry_{name}", f"SELECT {quoted(name)} FROM entry ORDER BY x_entry")
    doubles = connection.execute("SELECT count(*) FROM entry WHERE is_double").fetchall()[0][0]
    if doubles:
        _make_lookup(
            connection,
            "entry_double",
            "SELECT double.x_entry FROM entry LEFT JOIN entry AS double"
            f" ON double.x_key = entry.x_key || {DOUBLE} ORDER BY entry.x_entry",
        )
    return Dictionary(columns=tuple(columns), constants=constants, has_doubles=bool(doubles))


def _make_lookup(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    """Make the function that gives a column of `entry` for a vector of its numbers.

    A join would give up the order of the rows, and a list in a variable is copied for each vector of rows; a function
    that takes from an Arrow array does neither, whatever the number of entries.
    """
    relation = connection.sql(query)
    column = relation.to_arrow_table().column(0).combine_chunks()

    def taken(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
        return pa.chunked_array([column.take(chunk) for chunk in numbers.chunks], column.type)

    connection.create_function(
        name,
        taken,
        ["UINTEGER"],
        relation.types[0],
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )
