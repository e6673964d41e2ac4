"""The attribute sets and daily sums of a bill written anew, told apart by further columns. Pure but for the files.

They are made from the bill's own charges, so that nothing has to be read again. A widened set is a set of the bill and
a text of each further column; by these a charge finds its widened set.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.further import Further
from allocation.engine.inputs import Revision
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.expressions import literal, quoted

MOST_SETS: Final = 2_000_000
"""Rules are asked of each attribute set, in memory."""
_PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
_AMOUNTS: Final = (*COST_COLUMNS, "consumed_quantity")

Sums = dict[str, dict[str, Decimal]]
"""Billing currency -> cost column -> sum."""


class TooManySetsError(ValueError):
    """There are more than `most` widened sets. `name`, of what widens them, has the most values."""

    def __init__(self, name: str, *, values: int, most: int) -> None:
        super().__init__(name)
        self.name, self.values, self.most = name, values, most


def left_out_tags(charges: Path, *, attribute_sets: Path, engine: DuckDB, scratch: Path) -> tuple[str, ...]:
    """Return the tag keys that a bill's charges have and its attribute sets have not, sorted."""
    keys = "SELECT DISTINCT unnest(json_keys(tags)) AS key FROM (SELECT DISTINCT tags FROM read_parquet({file}))"
    files = [keys.format(file=literal(str(path))) for path in (charges, attribute_sets)]
    with connect(engine, reads=[charges, attribute_sets], writes=scratch) as database:
        found = database.execute(f"{files[0]} EXCEPT {files[1]} ORDER BY key").fetchall()
    return tuple(str(key) for (key,) in found)


def write_widened(revision: Revision, further: Further, *, to: Path, engine: DuckDB, most: int = MOST_SETS) -> Sums:
    """Write `attribute_sets.parquet` and `daily.parquet` of a bill as it came; return what the daily sums add up to.

    :raises TooManySetsError: there would be more than `most` sets.
    """
    to.mkdir(parents=True)
    files = [revision.charges, revision.attribute_sets]
    with connect(engine, reads=files, writes=to) as database:
        for name, path in zip(("charges", "base"), files, strict=True):
            database.read_parquet(str(path)).create_view(name)
        _number_sets(database, further, most=most)
        _write_sets(database, further, to=to / "attribute_sets.parquet")
        _write_daily(database, further, to=to / "daily.parquet")
        sums = ", ".join(f"sum({name})" for name in COST_COLUMNS)
        rows = database.execute(
            f"SELECT billing_currency, {sums} FROM read_parquet(?) GROUP BY 1 ORDER BY 1",  # noqa: S608 - our own names
            [str(to / "daily.parquet")],
        ).fetchall()
    return {row[0]: dict(zip(COST_COLUMNS, row[1:], strict=True)) for row in rows}


def distinct_texts(
    rows: Path, further: Further, *, containing: str, limit: int, engine: DuckDB, scratch: Path
) -> list[str]:
    """Return the first texts, in order, that further columns have and that contain a piece of text in any case.

    `rows` are the charges of a bill, or for columns alone attribute sets that have them.
    """
    texts = " UNION ".join(f"SELECT DISTINCT {text} AS text FROM charges" for text in further.texts().values())  # noqa: S608
    with connect(engine, reads=[rows], writes=scratch) as database:
        database.read_parquet(str(rows)).create_view("charges")
        found = database.execute(
            f"SELECT text FROM ({texts}) WHERE contains(lower(text), lower(?)) ORDER BY text LIMIT ?",  # noqa: S608
            [containing, limit],
        ).fetchall()
    return [str(text) for (text,) in found]


def charges_of(sets: str, revision: Revision, *, with_sets: bool = False) -> str:
    """Return the SQL of the rows `charges` of a bill that are of some attribute sets, as the revision has them.

    `sets` is a query with `attribute_set_id`, each once. The files needed are those of `files_of_lines`.

    :param with_sets: its other columns stand beside the rows, as `own`.
    """
    join = "JOIN" if with_sets else "SEMI JOIN"
    charges = f"read_parquet({literal(str(revision.charges))}) AS charges"
    if revision.further.is_nothing:
        return f"{charges} {join} ({sets}) AS own ON own.attribute_set_id = charges.x_attribute_set_id"
    widened = f"read_parquet({literal(str(revision.attribute_sets))})"
    own = f"SELECT * FROM {widened} {join} ({sets}) AS wanted USING (attribute_set_id)"  # noqa: S608
    return f"{charges} {join} ({own}) AS own ON {_is_of('own', revision.further)}"


def files_of_lines(revision: Revision) -> list[Path]:
    """Return the files that `charges_of` reads."""
    return [revision.charges, *([] if revision.further.is_nothing else [revision.attribute_sets])]


def _number_sets(database: duckdb.DuckDBPyConnection, further: Further, *, most: int) -> None:
    """Write table `widened`: the sets as they came and the further texts, numbered in that order."""
    texts = further.texts()
    listed = ", ".join(f"{text} AS {quoted(name)}" for name, text in texts.items())
    database.execute(
        "CREATE TEMP TABLE combination AS"  # noqa: S608 - names are quoted
        f" SELECT DISTINCT x_attribute_set_id AS base_attribute_set_id, {listed} FROM charges"
    )
    if _number(database, "SELECT count(*) FROM combination") > most:
        counts = {
            words: _number(database, f"SELECT count(DISTINCT {quoted(name)}) FROM combination")  # noqa: S608
            for words, name in zip(further.words, texts, strict=True)
        }
        name = max(counts, key=lambda one: counts[one])
        raise TooManySetsError(name, values=counts[name], most=most)
    order = ", ".join(["base_attribute_set_id", *(f"{quoted(name)} NULLS FIRST" for name in texts)])
    database.execute(
        f"CREATE TEMP TABLE widened AS SELECT *, CAST(row_number() OVER (ORDER BY {order}) - 1 AS INTEGER)"  # noqa: S608
        " AS attribute_set_id FROM combination"
    )


def _write_sets(database: duckdb.DuckDBPyConnection, further: Further, *, to: Path) -> None:
    listed = "".join(f", widened.{quoted(name)}" for name in further.texts())
    database.execute(
        "COPY (SELECT widened.attribute_set_id, base.* EXCLUDE (attribute_set_id, tags),"  # noqa: S608
        f" {_all_tags(further)} AS tags, widened.base_attribute_set_id{listed}"
        " FROM widened JOIN base ON base.attribute_set_id = widened.base_attribute_set_id"
        f" ORDER BY widened.attribute_set_id) TO {literal(str(to))} {_PARQUET}"
    )


def _all_tags(further: Further) -> str:
    """Return the SQL of a set's tags as they came with the further ones behind them."""
    pairs = []
    for at, key in enumerate(further.tags):
        value = f"CAST(to_json(widened.{quoted(f'tag {at}')}) AS VARCHAR)"
        pairs.append(f"{literal(json.dumps(key, ensure_ascii=False) + ':')} || {value}")
    if not pairs:
        return "base.tags"
    own = "nullif(substr(base.tags, 2, length(base.tags) - 2), '')"
    return f"'{{' || concat_ws(',', {own}, {', '.join(pairs)}) || '}}'"


def _write_daily(database: duckdb.DuckDBPyConnection, further: Further, *, to: Path) -> None:
    sums = ", ".join(f"sum(coalesce(charges.{name}, 0))::DECIMAL(38,18) AS {name}" for name in _AMOUNTS)
    database.execute(
        "COPY (SELECT charges.charge_period_start::DATE AS charge_date, widened.attribute_set_id,"  # noqa: S608
        f" charges.billing_currency, {sums}, count(*)::BIGINT AS charge_count"
        f" FROM charges JOIN widened ON {_is_of('widened', further)}"
        " GROUP BY ALL ORDER BY charge_date, attribute_set_id, billing_currency)"
        f" TO {literal(str(to))} {_PARQUET}"
    )


def _is_of(sets: str, further: Further) -> str:
    """Return the condition under which a row of `charges` is of a widened set."""
    same: Iterable[str] = (
        f"{sets}.{quoted(name)} IS NOT DISTINCT FROM {text}" for name, text in further.texts().items()
    )
    return " AND ".join([f"{sets}.base_attribute_set_id = charges.x_attribute_set_id", *same])


def _number(database: duckdb.DuckDBPyConnection, query: str) -> int:
    row = database.execute(query).fetchone()
    return int(row[0]) if row else 0
