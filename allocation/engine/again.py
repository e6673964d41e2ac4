"""Splits that are shared anew, in a run whose other splits did the same in a run before. For DuckDB."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import ibis
import pyarrow.parquet as pq

from allocation.engine import relations
from allocation.engine.backends.duckdb import Session
from allocation.engine.cells import Cells
from allocation.engine.run_files import Block, files_of, rows_of
from allocation.engine.splits import Split
from allocation.engine.stages import Pair, Pool
from allocation.engine.weights import asks_who_stands_where

ANEW: Final = 1_000
"""Beyond every stage's number: `moves_<ANEW + stage>` is what a stage moves anew."""
_BEFORE: Final = ibis.table(relations.LEDGER_SCHEMA, name="before")
_PROFILES: Final = ibis.table({"cell_id": "int32", "profile_id": "int32"}, name="cell_profiles")
PAIRS: Final = ibis.table(relations.DIRECT_SCHEMA, name="direct").select("profile_id", "segment_id").distinct()
"""Which profiles and segments have cost of their own."""
PAIRS_BEFORE: Final = (
    _BEFORE.filter(_BEFORE.split_number.notnull())
    .select("split_number", "cell_id", "segment_id")
    .distinct()
    .join(_PROFILES, "cell_id")
    .select("split_number", "profile_id", "segment_id")
    .distinct()
)
"""In which profiles and segments each split of the ledger `before` had entries."""


class SplitsAgain:
    """Knows which splits are shared anew: those that changed, and those that what these move leads to.

    The others' rows are read from the ledger before, which has the same numbers, where a later stage asks for them.
    """

    def __init__(self, session: Session, *, before: Path, cells: Cells, changed: frozenset[str]) -> None:
        self.session, self.before, self.changed = session, before, changed
        self.numbers: set[int] = set()
        self.stages: tuple[int, ...] = ()
        self._touched: set[Pair] = set()
        self._anew: list[Pool] = []
        session.view_rows("before", rows_of(before), columns=relations.LEDGER_COLUMNS)
        session.load("cell_profiles", cells.slices.group_by(["cell_id", "profile_id"]).aggregate([]))
        self._pairs: dict[int, set[Pair]] = defaultdict(set)
        for row in session.rows(PAIRS_BEFORE).to_pylist():
            self._pairs[row["split_number"]].add((row["profile_id"], row["segment_id"]))

    def pools(self, found: Sequence[Pool]) -> list[Pool]:
        """Return those of a stage's pools that are shared anew."""
        self._anew = [pool for pool in found if pool.split.key in self.changed or self._is_reached(pool)]
        return self._anew

    def _is_reached(self, pool: Pool) -> bool:
        asks = any(asks_who_stands_where(method) for method in pool.split.methods())
        return not self._touched.isdisjoint(pool.members) or (asks and not self._touched.isdisjoint(pool.standing))

    def pairs(self, stage: int, splits: Sequence[tuple[int, Split]], given: set[Pair]) -> set[Pair]:
        """Return which pairs receive something from a stage that has run, where these do anew."""
        numbers = {pool.number for pool in self._anew}
        for pool in self._anew:
            self._touched |= self._pairs[pool.number] | set(pool.members)
        self._touched |= given
        self.numbers |= numbers
        self.stages = (*self.stages, *([ANEW + stage] if numbers else []))
        others = [number for number, _ in splits if number not in numbers]
        self._name_moves(stage, others=others, has_anew=bool(numbers))
        return given.union(*(self._pairs[number] for number in others))

    def _name_moves(self, stage: int, *, others: Sequence[int], has_anew: bool) -> None:
        """Give what a stage moved, anew and before, the name that later stages ask for."""
        name, columns = f"moves_{stage}", ", ".join(relations.MOVES_SCHEMA)
        listed = ", ".join(map(str, others)) or "NULL"
        rows = f"SELECT {columns} FROM before JOIN cell_profiles USING (cell_id) WHERE split_number IN ({listed})"  # noqa: S608
        if has_anew:
            self.session.connection.execute(f"ALTER TABLE {name} RENAME TO moves_{ANEW + stage}")
            rows += f" UNION ALL SELECT {columns} FROM moves_{ANEW + stage}"  # noqa: S608
        self.session.connection.execute(f"CREATE VIEW {name} AS {rows}")

    def blocks(self) -> frozenset[Block]:
        """Return the parts of the ledger that are new."""
        days: set[date] = set()
        for file in files_of(self.before, ["days"]):
            days.update(pq.read_table(file, columns=["charge_date"])["charge_date"].unique().to_pylist())
        return frozenset(Block(number, day) for number in self.numbers for day in days)
