"""Rows of BigQuery as a table of texts, the same bytes for the same rows. Pure but for the files.

Nested fields are columns `service.id`, as in a CSV of the export; repeated ones are JSON. Google's costs are FLOAT64:
each stands as the shortest decimal that gives that number again, and is summed as a decimal only. NUMERIC keeps every
digit. BigQuery tells rows in no order, so they are sorted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

from ingestion.delivery.services import plain_text
from ingestion.focus.expressions import literal, quoted

if TYPE_CHECKING:
    from google.cloud.bigquery import SchemaField

MEMORY: Final = "512MB"
ROW_GROUP_ROWS: Final = 20_480


@dataclass(frozen=True)
class Column:
    """A column of the table: the places of its value, field within field."""

    title: str
    places: tuple[int | str, ...]

    def text(self, row: Sequence[Any]) -> str | None:
        """Return its value in a row as text, None where there is none."""
        value: Any = row
        for place in self.places:
            if value is None:
                return None
            value = value[place]
        return None if value is None else _text(value)


def columns_of(schema: Iterable[SchemaField]) -> tuple[Column, ...]:
    """Return the columns that a schema comes to."""
    return tuple(_columns(enumerate(schema), title="", places=()))


def _columns(fields: Iterable[tuple[int | str, SchemaField]], *, title: str, places: tuple[int | str, ...]) -> Any:
    for place, field in fields:
        own = (*places, place)
        if field.fields and field.mode != "REPEATED":
            inner = ((one.name, one) for one in field.fields)
            yield from _columns(inner, title=f"{title}{field.name}.", places=own)
        else:
            yield Column(title=f"{title}{field.name}", places=own)


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return plain_text(Decimal(repr(value)))
    return plain_text(value)


def write_sorted(columns: Sequence[Column], pages: Iterator[list[Any]], *, folder: Path) -> Path:
    """Write all rows as Parquet into the folder and return where.

    They are laid on disk page by page and sorted there, so a month may be larger than memory.
    """
    target = folder / "rows.parquet"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": 1,
        "temp_directory": str(folder / "sorting"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    names = [f"c{number}" for number in range(len(columns))]
    schema = pa.schema([(name, pa.string()) for name in names])
    with duckdb.connect(str(folder / "rows.duckdb"), config=settings) as connection:
        connection.execute(f"CREATE TABLE told ({', '.join(f'{name} VARCHAR' for name in names)})")
        for rows in pages:
            page = pa.table([pa.array([column.text(row) for row in rows], pa.string()) for column in columns], schema)
            connection.register("page", page)
            connection.execute("INSERT INTO told SELECT * FROM page")
            connection.unregister("page")
        titled = ", ".join(f"{name} AS {quoted(c.title)}" for name, c in zip(names, columns, strict=True))
        connection.execute(
            f"COPY (SELECT {titled} FROM told ORDER BY ALL) TO {literal(str(target))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        )
    return target
