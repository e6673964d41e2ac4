"""The database that reads and writes bills: in memory, within the limits, without a network. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ingestion.normalize.contents import Limits


@contextmanager
def engine(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database within the limits."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{limits.memory}B",
        "threads": limits.threads,
        "temp_directory": str(limits.temp_folder / "engine"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
    }
    connection = duckdb.connect(config=settings)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()
