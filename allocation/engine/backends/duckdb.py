"""Run relational expressions on DuckDB: in memory up to a limit, then on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from ibis.backends.sql.compilers.duckdb import compiler  # loaded with the process rather than in its first run
from ibis.expr.types import Table

from allocation.engine.backends import BackendKind, Limits
from allocation.engine.backends._compiling import compiled

# 128-bit integers carry the exact arithmetic. A decimal is taken apart at its point, since DuckDB has no decimals
# longer than 38 digits to scale it up in one step.
_FUNCTIONS: Final = (
    """CREATE MACRO fraction_units(amount) AS CAST(
        CAST(amount - trunc(amount) AS DECIMAL(19, 18)) * CAST(1000000000000000000 AS DECIMAL(19, 0)) AS BIGINT)""",
    """CREATE MACRO quanta(amount) AS
        CAST(trunc(amount) AS HUGEINT) * 1000000000000 + fraction_units(amount) // 1000000""",
    "CREATE MACRO rest(amount) AS CAST(fraction_units(amount) % 1000000 AS HUGEINT)",
    "CREATE MACRO floor_div(dividend, divisor) AS CAST(dividend AS HUGEINT) // CAST(divisor AS HUGEINT)",
    "CREATE MACRO wide(number) AS CAST(number AS HUGEINT)",
    "CREATE MACRO count_of(total) AS CAST(total AS BIGINT)",
    "CREATE MACRO row_of(number) AS CAST(number AS INTEGER)",
    """CREATE MACRO money_of(quanta, rest) AS
        CASE WHEN quanta < CAST(100000000000000000000000000 AS HUGEINT) THEN
            CAST(CAST(quanta AS DECIMAL(26, 0)) * CAST(0.000000000001 AS DECIMAL(12, 12)) AS DECIMAL(38, 18))
        ELSE
            CAST(CAST(quanta // 1000000000000 AS DECIMAL(20, 0)) AS DECIMAL(38, 18))
            + CAST(CAST(quanta % 1000000000000 AS DECIMAL(12, 0)) * CAST(0.000000000001 AS DECIMAL(12, 12))
                AS DECIMAL(38, 18))
        END
        + CAST(CAST(rest AS DECIMAL(7, 0)) * CAST(0.000000000000000001 AS DECIMAL(18, 18)) AS DECIMAL(38, 18))""",
)


# Amounts and numbers seldom repeat enough for a dictionary to pay; texts that are numbers in the engine keep theirs.
_PARQUET: Final = "FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1, WRITE_BLOOM_FILTER false"


@dataclass(frozen=True)
class DuckDB:
    """How much of the machine a run may use. `temp_directory` takes what does not fit in memory."""

    memory_limit: str = "4GB"
    threads: int = 2
    temp_directory: Path | None = None

    @property
    def local(self) -> DuckDB:
        """What reads a run's files on this machine."""
        return self

    @contextmanager
    def session(self, *, reads: Sequence[Path], writes: Path) -> Iterator[Session]:
        """Yield a session that can read these files and write into this folder, and reach nothing else."""
        connection = connect(self, reads=reads, writes=writes)
        try:
            for function in _FUNCTIONS:
                connection.execute(function)
            yield Session(connection)
        finally:
            connection.close()


def connect(settings: DuckDB, *, reads: Sequence[Path], writes: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection of its own that can read these files, write into this folder, and reach nothing else."""
    scratch = settings.temp_directory or writes / "spill"
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
        },
    )
    paths = ", ".join(_quoted(path) for path in reads)
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute(f"SET allowed_directories = [{_quoted(writes)}, {_quoted(scratch)}]")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


class Session:
    """One run's tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._coded: set[str] = set()

    def view(self, name: str, *paths: Path, columns: Mapping[str, str]) -> None:
        """Give Parquet files a name. Texts that `few_texts` knows are numbers within the engine."""
        files = ", ".join(_quoted(path) for path in paths)
        self.view_rows(name, f"read_parquet([{files}])", columns=columns)

    def view_rows(self, name: str, rows: str, *, columns: Iterable[str]) -> None:
        """Give what stands in SQL after FROM a name, as `view` does."""
        listed = ", ".join(f"CAST({one} AS {one}) AS {one}" if one in self._coded else one for one in columns)
        self.connection.execute(f"CREATE VIEW {name} AS SELECT {listed} FROM {rows}")  # noqa: S608

    def few_texts(self, column: str, paths: Sequence[Path]) -> None:
        """Look up the few distinct texts of a column; `view` then reads them as numbers that sort like the texts."""
        listed = ", ".join(_quoted(path) for path in paths)
        found = self.connection.execute(
            f"SELECT DISTINCT {column} FROM read_parquet([{listed}]) WHERE {column} IS NOT NULL ORDER BY {column}"  # noqa: S608
        ).fetchall()
        texts = ", ".join(_quoted(text) for (text,) in found)
        self.connection.execute(f"CREATE TYPE {column} AS ENUM ({texts})")
        self._coded.add(column)

    def load(self, name: str, rows: pa.Table) -> None:
        """Store rows under a name in place of what stood there; scale-0 decimals become 128-bit integers."""
        columns = ", ".join(
            f"CAST({field.name} AS HUGEINT) AS {field.name}"
            if pa.types.is_decimal(field.type) and field.type.scale == 0
            else field.name
            for field in rows.schema
        )
        self.connection.register("incoming_rows", rows)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM incoming_rows")  # noqa: S608
        self.connection.unregister("incoming_rows")

    def store(self, name: str, expression: Table) -> None:
        """Store what an expression gives under a name in place of what stood there."""
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {statement(expression)}")

    def append(self, name: str, expression: Table) -> None:
        """Add what an expression gives to a stored table with the same columns."""
        self.connection.execute(f"INSERT INTO {name} {statement(expression)}")

    def rows(self, expression: Table) -> pa.Table:
        """Return what an expression gives."""
        return self.connection.sql(statement(expression)).to_arrow_table()

    def write(self, expression: Table, path: Path) -> None:
        """Write what an expression gives as Parquet (snappy), in its order."""
        self.connection.execute(f"COPY ({statement(expression)}) TO {_quoted(path)} ({_PARQUET})")


@lru_cache(maxsize=256)
def statement(expression: Table) -> str:
    """Return an expression as SQL of DuckDB."""
    return compiled(expression, compiler)


def start(limits: Limits) -> DuckDB:
    """Return DuckDB within these limits."""
    return DuckDB(memory_limit=f"{limits.memory_mib}MiB", threads=limits.threads, temp_directory=limits.spill_folder)


def _quoted(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


KIND: Final = BackendKind(label="DuckDB, in this process", statement=statement, functions=_FUNCTIONS, start=start)
