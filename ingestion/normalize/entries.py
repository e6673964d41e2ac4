"""The dictionary of a bill: what its rows have in common, worked out once per distinct combination. Pure.

Table `entry` has one row per combination of the plan's key columns (and one more for each that some row doubles), in
the order of the type `entry_key`, with the plan's entry columns, `attribute_set_id` and the canonical `tags`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from ingestion.focus import attributes
from ingestion.focus.expressions import literal, quoted
from ingestion.normalize.mapping import map_services
from ingestion.normalize.reading import DOUBLE, Reading

FEW_TAG_VALUES: Final = 2_000
"""A tag key with more values than this names single things; rules look at it only when told to."""
MOST_WORDS: Final = 5_000
"""A column with more texts than this is no word list: Parquet would repeat the list for each of its row groups."""
MOST_ENTRIES_COMPARED: Final = 50_000
"""With more entries than this, looking for the columns that tell them apart costs more than it saves."""


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    """What is known of the entries.

    Table `entry_value` has their columns; those of one value throughout are `constants`, as SQL literals. Texts of few
    words are of an ENUM type, which Parquet writes without looking at each again. The raw columns of the key are there
    as `k_<raw>`. With `has_doubles`, table `entry_double` gives the entries of a row's doubles by
    number.
    """

    columns: tuple[str, ...]
    constants: dict[str, str]
    has_doubles: bool

    def value(self, column: str) -> str:
        """Return the expression of an entry's column, next to table `entry_value`."""
        return self.constants.get(column, f"entry_value.{quoted(column)}")


def count_combinations(connection: duckdb.DuckDBPyConnection, reading: Reading) -> int:
    """Write table `combination` and return how many rows hold numbers that are not plain."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE combination AS {reading.combinations()}")
    return int(connection.execute("SELECT coalesce(sum(x_odd), 0) FROM combination").fetchall()[0][0])


def telling_columns(connection: duckdb.DuckDBPyConnection, reading: Reading) -> tuple[str, ...]:
    """Return columns of the plan's key that tell its entries apart as well as all of them do.

    Many do not: a region stands in four columns of a report, and some hold one value only.
    """
    key = reading.plan.key
    # Its least and largest tell whether a column has several values; to count them takes a table for each column.
    several = ", ".join(
        f"min({quoted(name)}) < max({quoted(name)}) OR count({quoted(name)}) BETWEEN 1 AND count(*) - 1" for name in key
    )
    answers = connection.execute(f"SELECT {several} FROM combination").fetchall()[0]
    telling = [name for name, has_several in zip(key, answers, strict=True) if has_several]
    entries = _combination_count(connection, telling)
    if entries > MOST_ENTRIES_COMPARED:
        return tuple(telling)
    for name in tuple(telling):
        others = [other for other in telling if other != name]
        if others and _combination_count(connection, others) == entries:
            telling = others
    return tuple(telling)


def _combination_count(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int:
    columns = ", ".join(quoted(name) for name in names) or "TRUE"
    found = connection.execute(f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM combination)").fetchall()
    return int(found[0][0])


def write_entries(
    connection: duckdb.DuckDBPyConnection, reading: Reading, *, tag_keys: frozenset[str] | None
) -> Dictionary:
    """Write table `entry` from `combination`, and `entry_value` for the rows to join."""
    plan = reading.plan
    _write_meanings(connection, reading)
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
    has_doubles = _write_doubles(connection, count=len(plan.doubles))
    return _publish(
        connection,
        (*plan.entries, "attribute_set_id", *(f"k_{name}" for name in plan.key)),
        has_doubles=has_doubles,
    )


def _write_meanings(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Write table `meaning`: the entry of each combination, and one more for each double that some row of it has."""
    plan = reading.plan
    key = ", ".join(quoted(name) for name in plan.key)
    doubled = "".join(f", sum(x_doubled_{number}) AS x_doubled_{number}" for number in _numbers(len(plan.doubles)))
    connection.execute(
        f"CREATE TEMP TABLE grouped AS SELECT {key}, {reading.key()} AS x_key, sum(x_amount) AS x_amount,"
        f" sum(x_charges) AS x_charges{doubled} FROM combination GROUP BY {key}"
    )
    own = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in plan.entries.items())
    own_key = ", ".join(f"{quoted(name)} AS {quoted('k_' + name)}" for name in plan.key)
    connection.execute(
        f"CREATE TEMP TABLE meaning AS SELECT x_key, x_amount, FALSE AS is_double, {own}, {own_key} FROM grouped"
    )
    keys = ", ".join(quoted("k_" + name) for name in plan.key)
    for number, double in enumerate(plan.doubles, start=1):
        columns = ", ".join(f"{double.entries.get(name, quoted(name))} AS {quoted(name)}" for name in plan.entries)
        due = f"SELECT x_key FROM grouped WHERE x_doubled_{number} > 0"
        connection.execute(
            f"INSERT INTO meaning SELECT x_key || {DOUBLE} || {number}, 0, TRUE, {columns}, {keys} FROM meaning"
            f" WHERE NOT is_double AND x_key IN ({due})"
        )
    map_services(connection, plan.mapped_services)


def _write_doubles(connection: duckdb.DuckDBPyConnection, *, count: int) -> bool:
    """Write table `entry_double`, and return whether there are any."""
    written = connection.execute(
        "CREATE TEMP TABLE entry_double AS SELECT entry.x_entry, x_double_number, double.x_entry AS x_double"
        f" FROM entry CROSS JOIN (SELECT unnest({list(_numbers(count))}::INTEGER[]) AS x_double_number)"
        f" JOIN entry AS double ON double.x_key = entry.x_key || {DOUBLE} || x_double_number ORDER BY ALL"
    ).fetchall()
    return bool(written[0][0])


def _numbers(count: int) -> range:
    return range(1, count + 1)


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


def _publish(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], *, has_doubles: bool) -> Dictionary:
    rows = int(connection.execute("SELECT count(*) FROM entry").fetchall()[0][0])
    # Few entries have few words; counting those of more takes a table for each column.
    words = "count(DISTINCT {name})" if rows > MOST_WORDS else "count({name})"
    each = words + ", count({name}), min({name}) = max({name}), min({name})::VARCHAR, any_value(typeof({name}))"
    told = ", ".join(each.format(name=quoted(name)) for name in columns)
    answers = connection.execute(f"SELECT {told} FROM entry").fetchall()[0]
    constants, values = {}, ["x_entry"]
    for index, name in enumerate(columns):
        word_count, filled, is_one, value, kind = answers[5 * index : 5 + 5 * index]
        if filled == 0:
            constants[name] = f"NULL::{'VARCHAR' if kind == 'NULL' else kind}"
            continue
        is_word = kind == "VARCHAR" and word_count <= MOST_WORDS
        if is_word:
            kind = quoted(f"word_{name}")
            connection.execute(
                f"CREATE TYPE {kind} AS ENUM (SELECT DISTINCT {quoted(name)} FROM entry"
                f" WHERE {quoted(name)} IS NOT NULL ORDER BY 1)"
            )
        if is_one and filled == rows:
            constants[name] = f"CAST({literal(value)} AS {kind})"
        else:
            values.append(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}")
    connection.execute(f"CREATE TEMP TABLE entry_value AS SELECT {', '.join(values)} FROM entry ORDER BY x_entry")
    return Dictionary(columns=tuple(columns), constants=constants, has_doubles=has_doubles)
