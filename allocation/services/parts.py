"""The parts of the mart by content, so that a run need not load again what it left as it was.

A part is what one origin, own cost or a split, put on one day. Its SHA-256 is over all that the mart says of its rows:
names and texts rather than the numbers that stand for them in a run's files, so that a new service elsewhere in the
bill changes the parts it is in and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from allocation.costs.months import SUMS
from allocation.costs.query import COLUMNS
from allocation.engine.backends.duckdb import DuckDB, connect
from ingestion.focus.attributes import COST_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

FILE: Final = "parts.parquet"
NAMES: Final = tuple(name for name in COLUMNS if name not in {"origin", "charge_date"})
"""What a row's cell is called; origin and day are the part's own."""
AMOUNTS: Final = (*COST_COLUMNS, "consumed_quantity")
_DECIMAL_BYTES: Final = 16
_DIGEST_BYTES: Final = 16
_ROWS_AT_ONCE: Final = 100_000
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_OWN: Final = -1
"""Stands for the split of own cost, which has none."""


class Part(NamedTuple):
    """What one origin put on one day."""

    origin: str
    charge_date: date


def write_parts(folder: Path, *, engine: DuckDB) -> None:
    """Write the SHA-256 of each part of the mart that a run's files give, in the order of the mart."""
    names = ("ledger", "cells", "segments", "splits")
    files = {name: folder / f"{name}.parquet" for name in names}
    splits = pq.read_table(files["splits"])
    keys = dict(zip(splits["split_number"].to_pylist(), splits["split_key"].to_pylist(), strict=True))
    keys[_OWN] = "direct"
    with connect(engine, reads=[*files.values()], writes=folder) as database:
        for name in names:
            database.read_parquet(str(files[name])).create_view(name)
        found = _Hashed(folder)
        for batch in _rows(database):
            found.add(batch)
    parts = [(keys[split], date.fromordinal(_FIRST_DAY + day), *one) for (split, day), one in found.parts()]
    columns = list(zip(*parts, strict=True)) or [()] * 4
    kinds = {"origin": pa.string(), "charge_date": pa.date32(), "row_count": pa.int64(), "sha256": pa.string()}
    table = {name: pa.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)}
    pq.write_table(pa.table(table), folder / FILE, compression="zstd")


def read_parts(folder: Path) -> dict[Part, str] | None:
    """Return the SHA-256 of each part of a run; None where the run has no such file."""
    if not (folder / FILE).exists():
        return None
    rows = pq.read_table(folder / FILE).to_pylist()
    return {Part(row["origin"], row["charge_date"]): row["sha256"] for row in rows}


def changed_parts(before: Path, after: Path) -> list[Part] | None:
    """Return the parts that two runs do not have alike, gone ones among them; None where that is not known."""
    old, new = read_parts(before), read_parts(after)
    if old is None or new is None:
        return None
    return sorted(part for part in {*old, *new} if old.get(part) != new.get(part))


def _rows(database: duckdb.DuckDBPyConnection) -> Iterable[pa.RecordBatch]:
    """Return the rows of the mart with numbers for texts, in an order that follows from what they say."""
    sums = ", ".join(f"SUM({name}) AS {name}" for name in AMOUNTS)
    reader: Iterable[pa.RecordBatch] = database.sql(
        f"""
        SELECT
            COALESCE(split_number, {_OWN}) AS split_number, charge_date, mart_id, segment_id, billing_currency, {sums},
            CAST(SUM(charge_count) AS BIGINT) AS charge_count
        FROM ledger
        JOIN cells USING (cell_id)
        JOIN (SELECT segment_id, row_number() OVER (ORDER BY dimension_values) AS place FROM segments)
            USING (segment_id)
        GROUP BY split_number, charge_date, mart_id, segment_id, place, billing_currency
        ORDER BY split_number NULLS FIRST, charge_date, mart_id, place, billing_currency
        """  # noqa: S608 - our own names
    ).to_arrow_reader(_ROWS_AT_ONCE)
    return reader


class _Hashed:
    """Takes up rows of the mart in their order, and answers what each part comes to.

    Columns are hashed one by one, so that it does not matter in which portions the rows come.
    """

    def __init__(self, folder: Path) -> None:
        cells = pq.read_table(folder / "cells.parquet").to_pylist()
        segments = pq.read_table(folder / "segments.parquet").to_pylist()
        self._cells = _digests((row["cell_id"], [row[name] for name in NAMES]) for row in cells)
        self._segments = _digests((row["segment_id"], row["dimension_values"]) for row in segments)
        self._parts: dict[tuple[int, int], list[Any]] = {}
        self._counts: dict[tuple[int, int], int] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take up some rows."""
        columns = [
            self._cells.take(batch["mart_id"].to_numpy(), axis=0),
            self._segments.take(batch["segment_id"].to_numpy(), axis=0),
            _texts(batch["billing_currency"]),
            *(_decimals(batch[name]) for name in AMOUNTS),
            batch["charge_count"].to_numpy(),
        ]
        places = np.stack([batch["split_number"].to_numpy(), batch["charge_date"].cast(pa.int32()).to_numpy()], axis=1)
        starts = [0, *(np.flatnonzero((places[1:] != places[:-1]).any(axis=1)) + 1).tolist(), len(places)]
        for start, end in pairwise(starts):
            if start < end:
                self._take((int(places[start][0]), int(places[start][1])), [one[start:end] for one in columns])

    def parts(self) -> Iterator[tuple[tuple[int, int], tuple[int, str]]]:
        """Yield split and day of each part, with its number of rows and its SHA-256."""
        for place, columns in self._parts.items():
            # A column more, or another order, is another content.
            found = hashlib.sha256(json.dumps([*NAMES, *SUMS]).encode())
            for column in columns:
                found.update(column.digest())
            yield place, (self._counts[place], found.hexdigest())

    def _take(self, place: tuple[int, int], columns: Sequence[NDArray[Any]]) -> None:
        hashes = self._parts.setdefault(place, [hashlib.sha256() for _ in columns])
        for known, column in zip(hashes, columns, strict=True):
            known.update(np.ascontiguousarray(column))
        self._counts[place] = self._counts.get(place, 0) + len(columns[0])


def _digests(things: Iterable[tuple[int, object]]) -> Bytes:
    """Return 128 bits of the SHA-256 of things by their number."""
    found = {number: hashlib.sha256(json.dumps(thing).encode()).digest()[:_DIGEST_BYTES] for number, thing in things}
    digests = np.zeros((max(found, default=-1) + 1, _DIGEST_BYTES), np.uint8)
    for number, digest in found.items():
        digests[number] = np.frombuffer(digest, np.uint8)
    return digests


def _texts(column: pa.Array) -> Bytes:
    """Return the digest of each text; few are distinct."""
    coded = column.dictionary_encode()
    digests = _digests(enumerate(coded.dictionary.to_pylist()))
    found: Bytes = digests.take(coded.indices.to_numpy(), axis=0)
    return found


def _decimals(column: pa.Array) -> Bytes:
    """Return the bytes of each amount."""
    if column.null_count:
        raise ValueError("An amount of the ledger is missing.")
    first, last = column.offset * _DECIMAL_BYTES, (column.offset + len(column)) * _DECIMAL_BYTES
    return np.frombuffer(column.buffers()[1], np.uint8)[first:last].reshape(-1, _DECIMAL_BYTES)
