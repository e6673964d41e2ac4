"""How the columns of one file would be read: which FOCUS column each becomes, and its first values. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ingestion.delivery import ArchivedFile
from ingestion.focus.columns import COLUMNS
from ingestion.focus.expressions import quoted
from ingestion.normalize.contents import Limits
from ingestion.normalize.engine import engine
from ingestion.normalize.inflate import lay_ready
from ingestion.normalize.plan import BARE, Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.tables import read_tables

TITLES: Final = {column.name: column.title for column in COLUMNS}
ROWS_READ: Final = 200
VALUES_SHOWN: Final = 3
LONGEST_VALUE: Final = 60


@dataclass(frozen=True, kw_only=True)
class PreviewColumn:
    """A column as delivered, what it becomes, and the first values in it; without targets it is not read."""

    title: str
    targets: tuple[str, ...]
    values: tuple[str, ...]


def preview_columns(file: ArchivedFile, *, planner: Planner | None, limits: Limits) -> tuple[PreviewColumn, ...]:
    """Return the columns of a file in its order; without a planner, of what they become nothing is told.

    :raises RejectedBillError: it cannot be read, or lacks a column that no bill can do without.
    """
    with engine(limits) as connection:
        raw = read_tables(connection, [lay_ready(file, number=0, limits=limits)], limits=limits)
        plan = planner(raw, connection) if planner else BARE
        names = [column.name for column in raw.columns]
        selected = ", ".join(quoted(name) for name in names)
        rows = connection.execute(f"SELECT {selected} FROM ({raw.sql(numbered=False)}) LIMIT {ROWS_READ}").fetchall()
        focus = {name: sql for name, sql in {**plan.entries, **plan.rows}.items() if name in TITLES}
        focus = {name: f"{sql} {_behind(sql, plan)}" for name, sql in focus.items()}
        return tuple(
            PreviewColumn(
                title=column.title,
                targets=_targets(column.name, focus=focus, kept=plan.kept),
                values=_first_values(row[index] for row in rows),
            )
            for index, column in enumerate(raw.columns)
        )


def _behind(sql: str, plan: Plan) -> str:
    """Return what the derived columns that an expression names are made of, and what entries tell for it alone."""
    helpers = [entry for name, entry in plan.entries.items() if name not in TITLES and _names(sql, f"e_{name}")]
    whole = " ".join([sql, *helpers])
    told = [column for column in plan.derived if not column.of_row]
    return " ".join([*helpers, *(column.sql for column in told if _names(whole, column.name))])


def _names(sql: str, name: str) -> bool:
    return re.search(rf"(?<![a-z]){re.escape(name)}(?!\w)", sql) is not None


def _targets(name: str, *, focus: Mapping[str, str], kept: Mapping[str, str]) -> tuple[str, ...]:
    mention = re.compile(rf"(?<![A-Za-z0-9_])(?:n_|t_)?{re.escape(name)}(?![A-Za-z0-9_])")
    becomes = [TITLES[target] for target, sql in focus.items() if mention.search(sql)]
    own = [target for target, sql in kept.items() if mention.search(sql)]
    return tuple(sorted(becomes, key=lambda title: (title.lower() != name.replace("_", ""), title))) or tuple(own)


def _first_values(values: Iterable[object]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in values:
        if value is not None and len(found) < VALUES_SHOWN:
            text = str(value)
            found[text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"] = None
    return tuple(found)
