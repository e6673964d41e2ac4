"""What DuckDB answers, each time on a connection of its own.

The connection of the module (`duckdb.sql`, `duckdb.execute`) belongs to all tests of a process: a result that one
of them did not read to its end makes another fail. The linter forbids it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def rows(sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Return all rows of a query, or of a statement that writes a file."""
    with duckdb.connect() as database:
        return database.execute(sql, list(values)).fetchall()
