"""One file per engine that runs the relational expressions, or for which they compile; its name is the stored key.

What an engine is told to do is Ibis; what it has to bring beside SQL are the six functions of `shares`, defined in its
own words in its file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa
from ibis.expr.types import Table

from itfm.core.kinds import Registry

if TYPE_CHECKING:
    from allocation.engine.backends.duckdb import DuckDB


class EngineError(RuntimeError):
    """An engine cannot be used here; the message says what is missing."""


class Session(Protocol):
    """One run's tables, in whatever engine."""

    def view(self, name: str, *paths: Path, columns: Mapping[str, str]) -> None:
        """Give a Parquet file, or several one after the other, a name."""

    def few_texts(self, column: str, paths: Sequence[Path]) -> None:
        """Say that a column of the files has few distinct texts, before they get a name."""

    def load(self, name: str, rows: pa.Table) -> None:
        """Store rows under a name in place of what stood there; scale-0 decimals are whole numbers."""

    def store(self, name: str, expression: Table) -> None:
        """Store what an expression gives under a name in place of what stood there."""

    def append(self, name: str, expression: Table) -> None:
        """Add what an expression gives to a stored table with the same columns."""

    def rows(self, expression: Table) -> pa.Table:
        """Return what an expression gives."""

    def write(self, expression: Table, path: Path) -> None:
        """Write what an expression gives as one Parquet file, in its order."""


class Backend(Protocol):
    """An engine, with how much of it a run may use."""

    @property
    def local(self) -> DuckDB:
        """What reads a run's files on this machine: it proves what any engine has written."""

    def session(self, *, reads: Sequence[Path], writes: Path) -> AbstractContextManager[Session]:
        """Return a session that reads these files and writes into this folder."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of which machines a run may use.

    `memory_mib` and `threads` hold for this process, and for each executor of a cluster. `spill_folder` takes what does
    not fit in memory; in `exchange_folder`, which a cluster must share, tables pass between this process and it.
    """

    memory_mib: int
    threads: int
    spill_folder: Path | None = None
    exchange_folder: Path | None = None
    spark_master: str = ""
    spark_secret: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class BackendKind:
    """An engine: what expressions and functions are in its SQL; `start` is None where they only compile."""

    label: str
    statement: Callable[[Table], str]
    functions: tuple[str, ...]
    start: Callable[[Limits], Backend] | None = None


BACKENDS: Final[Registry[BackendKind]] = Registry(sys.modules[__name__])


def started(key: str, limits: Limits) -> Backend:
    """Return the engine of this key.

    :raises EngineError: nothing can run on it, or it is unknown.
    """
    start = BACKENDS[key].start if key in list(BACKENDS) else None
    if start is None:
        raise EngineError(f"Nothing can run on '{key}': ITFM_ENGINE is one of {', '.join(runnable())}.")
    return start(limits)


def runnable() -> tuple[str, ...]:
    """Return the keys of the engines that run."""
    return tuple(key for key, kind in BACKENDS.items() if kind.start is not None)
