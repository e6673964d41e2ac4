"""Write CSV lines that are mostly the same text again: fixed pieces per template, a few numbers between. Pure.

The pieces are escaped and joined once per template; DuckDB puts each line together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NUMBER_DIGITS: Final = 18
_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]')


def csv_text(fields: Sequence[str]) -> str:
    """Return the fields as one CSV line without its end (RFC 4180)."""
    return ",".join(_escaped(field) if _NEEDS_QUOTES.search(field) else field for field in fields)


def _escaped(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


def decimals(whole: npt.NDArray[np.int64], digits: int) -> pa.Array:
    """Return whole numbers of 10^-`digits` as exact decimals."""
    words = np.empty((len(whole), 2), dtype=np.int64)
    words[:, 0] = whole
    words[:, 1] = whole >> 63
    return pa.Array.from_buffers(pa.decimal128(NUMBER_DIGITS, digits), len(whole), [None, pa.py_buffer(words)])


def texts(choices: pa.Array, index: npt.NDArray[np.int64]) -> pa.Array:
    """Return the chosen texts."""
    return pc.take(choices, pa.array(index))


class LineText:
    """The text of lines of one layout. `varying` columns come with each batch, all others from the template."""

    def __init__(self, columns: Sequence[str], templates: Sequence[Mapping[str, str]], varying: Sequence[str]) -> None:
        self._pieces = _pieces(columns, templates, set(varying))
        self._varying = [name for name in columns if name in set(varying)]
        self._connection = duckdb.connect(config={"threads": 1})

    def encoded(self, template: npt.NDArray[np.int64], values: Mapping[str, pa.Array]) -> memoryview:
        """Return the lines as UTF-8; `values` holds one array per varying column, numbers as decimals."""
        index = pa.array(template)
        columns = {f"piece_{number}": pc.take(piece, index) for number, piece in enumerate(self._pieces)}
        columns |= {f"value_{number}": values[name] for number, name in enumerate(self._varying)}
        terms = [f"piece_{number}" for number in range(len(self._pieces))]
        for number, name in reversed(list(enumerate(self._varying))):
            terms.insert(number + 1, _as_text(f"value_{number}", values[name].type))
        lines = pa.table(columns)
        self._connection.register("lines", lines)
        # Only names made here stand in the query.
        made = self._connection.sql(f"SELECT {' || '.join(terms)} AS line FROM lines").to_arrow_table()  # noqa: S608
        self._connection.unregister("lines")
        return _bytes(made.column(0).combine_chunks().cast(pa.large_string()))

    def close(self) -> None:
        """Give back the memory of the connection."""
        self._connection.close()


def _as_text(column: str, kind: pa.DataType) -> str:
    return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.')" if pa.types.is_decimal(kind) else column


def _pieces(columns: Sequence[str], templates: Sequence[Mapping[str, str]], varying: set[str]) -> list[pa.Array]:
    """Return the text before, between and after the varying columns, each with one entry per template."""
    runs: list[list[str]] = [[]]
    for name in columns:
        if name in varying:
            runs.append([])
        else:
            runs[-1].append(name)
    last = len(runs) - 1
    pieces = []
    for number, run in enumerate(runs):
        before = "," if number > 0 else ""
        after = "\n" if number == last else ","
        # A run between two varying columns keeps both its commas; an empty one keeps one.
        pieces.append(pa.array([_piece(run, template, before, after) for template in templates], pa.string()))
    return pieces


def _piece(run: Sequence[str], template: Mapping[str, str], before: str, after: str) -> str:
    if not run:
        return after if before else ""
    return before + csv_text([template.get(name, "") for name in run]) + after


def _bytes(lines: pa.Array) -> memoryview:
    """Return the joined text of an array of strings, which lies in one piece in memory."""
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    first, last = int(ends[lines.offset]), int(ends[lines.offset + len(lines)])
    return memoryview(data)[first:last]
