"""Run relational expressions on Spark: a cluster (`spark://...`, or Spark Connect at `sc://...`), or this machine.

The cluster and this machine see the same folders: tables are exchanged as Parquet files in one of the run's own. Spark
writes the ledger in sorted parts; DuckDB puts them together, so that a ledger is the same bytes whoever computed it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql.datatypes import PySparkType
from ibis.expr.types import Table

from allocation.engine.backends import BackendKind, EngineError, Limits
from allocation.engine.backends._spark_sql import FUNCTIONS, SETTINGS, spark_statement
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.backends.duckdb import Session as DuckDBSession
from allocation.engine.backends.duckdb import start as start_local

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

HERE: Final = ("localhost", "127.0.0.1", "[::1]")
WHOLE_NUMBERS: Final = {"tinyint", "smallint", "int", "bigint"}


@dataclass(frozen=True)
class Spark:
    """Which Spark a run uses, and how much of it. What runs in this process already is used, and left running."""

    master: str = "local[2]"
    executor_memory_mib: int = 4096
    executor_cores: int = 2
    secret: str = field(default="", repr=False)
    exchange_folder: Path | None = None
    local: DuckDB = field(default_factory=DuckDB)

    @contextmanager
    def session(self, *, reads: Sequence[Path], writes: Path) -> Iterator[Session]:  # noqa: ARG002
        """Yield a session with tables and settings of its own.

        :raises EngineError: PySpark is not installed.
        """
        spark, is_ours = self._started()
        scratch = self.exchange_folder or writes
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="spark-", dir=scratch))
        # Executors may run as another account of the group that shares the lake.
        folder.chmod(0o2770)
        try:
            for setting, value in SETTINGS.items():
                spark.conf.set(setting, value)
            for function in FUNCTIONS:
                spark.sql(function.replace("CREATE TEMPORARY", "CREATE OR REPLACE TEMPORARY"))
            yield Session(spark, folder=folder, local=self.local)
        finally:
            if is_ours:
                spark.stop()
            shutil.rmtree(folder)

    def _started(self) -> tuple[SparkSession, bool]:
        """Return a session, and whether Spark was started for it."""
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise EngineError("The engine is spark, but PySpark is not installed: install 'itfm[spark]'.") from None
        if self.master.startswith("sc://"):
            return SparkSession.builder.remote(self.master).create(), True
        running = SparkSession.getActiveSession()
        if running is not None:
            return running.newSession(), False
        builder = SparkSession.builder.master(self.master).appName("itfm")
        for setting, value in self.settings().items():
            builder = builder.config(setting, value)
        return builder.getOrCreate(), True

    def settings(self) -> dict[str, str]:
        """Return what Spark is started with; `spark-defaults.conf` may say more."""
        settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
        is_local = self.master.startswith("local")
        memory = "spark.driver.memory" if is_local else "spark.executor.memory"
        settings[memory] = f"{self.executor_memory_mib}m"
        if not is_local:
            settings["spark.executor.cores"] = str(self.executor_cores)
        if self.secret:
            settings |= {"spark.authenticate": "true", "spark.authenticate.secret": self.secret}
        if is_local or urlsplit(self.master).hostname in HERE:
            settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        return settings


class Session:
    """One run's tables: Parquet files in `folder`, which Spark knows by name."""

    def __init__(self, spark: SparkSession, *, folder: Path, local: DuckDB) -> None:
        self.spark, self.folder, self.local = spark, folder, local
        self._parts: dict[str, list[Path]] = {}
        self._few_texts: dict[str, Sequence[Path]] = {}
        self._written = 0

    def view(self, name: str, *paths: Path, columns: Mapping[str, str]) -> None:
        """Give Parquet files a name."""
        frame = self.spark.read.parquet(*map(_address, paths))
        frame.select(*columns).createOrReplaceTempView(name)

    def few_texts(self, column: str, paths: Sequence[Path]) -> None:
        """Note which files know the texts of a column, for the file that is written in the end."""
        self._few_texts[column] = paths

    def load(self, name: str, rows: pa.Table) -> None:
        """Store rows under a name in place of what stood there."""
        part = self._new_folder(name)
        part.mkdir()
        pq.write_table(rows, part / "rows.parquet")
        self._replace(name, part)

    def store(self, name: str, expression: Table) -> None:
        """Store what an expression gives under a name in place of what stood there."""
        self._replace(name, self._computed(name, expression))

    def append(self, name: str, expression: Table) -> None:
        """Add what an expression gives to a stored table with the same columns."""
        self._parts[name].append(self._computed(name, expression))
        self._name(name)

    def rows(self, expression: Table) -> pa.Table:
        """Return what an expression gives."""
        found: pa.Table = self._frame(expression).toArrow()
        return found

    def write(self, expression: Table, path: Path) -> None:
        """Write what an expression gives as one Parquet file, in its order: Spark sorts, DuckDB writes."""
        parts = sorted(self._computed("written", expression).glob("part-*.parquet"))
        known = {file for paths in self._few_texts.values() for file in paths}
        columns = {name: str(kind) for name, kind in expression.schema().items()}
        # One thread stores the rows in full vectors, whichever parts they come in.
        one_by_one = replace(self.local, threads=1)
        with one_by_one.session(reads=[*parts, *known], writes=path.parent) as session:
            for column in self._few_texts.keys() & columns.keys():
                session.few_texts(column, self._few_texts[column])
            _put_together(session, parts, columns=columns, path=path)

    def _computed(self, name: str, expression: Table) -> Path:
        folder = self._new_folder(name)
        self._frame(expression).write.option("compression", "snappy").parquet(f"file://{folder.resolve()}")
        return folder

    def _frame(self, expression: Table) -> DataFrame:
        """Return an expression as Spark will compute it. Whole numbers are as wide as in DuckDB: literals are 32 bits.

        :raises EngineError: a column is a double, or another type of amount than promised, which could lose digits.
        """
        frame = self.spark.sql(statement(expression))
        found = dict(frame.dtypes)
        for name, kind in expression.schema().items():
            promised = _spark_type(kind)
            is_whole = {promised, found[name]} <= WHOLE_NUMBERS
            is_double = "double" in found[name] or "float" in found[name]
            if is_double or (promised != found[name] and not is_whole):
                raise EngineError(f"Spark computes {name} as {found[name]}, where {promised} is wanted.")
        return frame

    def _replace(self, name: str, part: Path) -> None:
        for old in self._parts.get(name, ()):
            shutil.rmtree(old)
        self._parts[name] = [part]
        self._name(name)

    def _name(self, name: str) -> None:
        frame = self.spark.read.parquet(*map(_address, self._parts[name]))
        frame.createOrReplaceTempView(name)

    def _new_folder(self, name: str) -> Path:
        self._written += 1
        return self.folder / f"{self._written:04}-{name}"


@lru_cache(maxsize=256)
def statement(expression: Table) -> str:
    """Return an expression as SQL of Spark."""
    return spark_statement(expression)


def start(limits: Limits) -> Spark:
    """Return Spark within these limits."""
    return Spark(
        master=limits.spark_master or f"local[{limits.threads}]",
        executor_memory_mib=limits.memory_mib,
        executor_cores=limits.threads,
        secret=limits.spark_secret,
        exchange_folder=limits.exchange_folder,
        local=start_local(limits),
    )


def _put_together(session: DuckDBSession, parts: Sequence[Path], *, columns: Mapping[str, str], path: Path) -> None:
    """Write sorted parts one after the other as one file.

    They are stored first: an encoded page depends on how many rows come at a time, and parts end where they like.
    """
    session.view("parts", *parts, columns=columns)
    session.store("whole", ibis.table(dict(columns), name="parts"))
    session.write(ibis.table(dict(columns), name="whole"), path)


def _spark_type(kind: Any) -> str:
    return str(PySparkType.to_string(kind)).lower().replace(" ", "")


def _address(path: Path) -> str:
    """Return a path as Spark reads it: an address, in which these characters would be patterns."""
    return "file://" + re.sub(r"([\[\]{}*?\\])", r"\\\1", str(path.resolve()))


KIND: Final = BackendKind(
    label="Spark, on one machine or a cluster", statement=statement, functions=FUNCTIONS, start=start
)
