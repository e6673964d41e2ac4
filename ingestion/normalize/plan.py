"""What a connector says about the columns it found: how each becomes a FOCUS column. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingestion.focus.findings import Finding, Severity
from ingestion.focus.mapped_services import MappedService


@dataclass(frozen=True, kw_only=True)
class RawColumn:
    """A column as delivered: `title` as the provider writes it, `name` unique in lower case among the raw columns."""

    title: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DerivedColumn:
    """A text column that is worked out of raw ones, or of `x_file_number`, before all else; then it is like a raw one.

    `title` is that of the delivered column it stands for. It may be worked out of those derived before it. One that
    looks at a whole row is `of_row`: no column becomes what is made of it.
    """

    name: str
    title: str
    sql: str
    of_row: bool = False


ROW_NUMBER: Final = "x_row_number"


@dataclass(frozen=True, kw_only=True)
class EntryCheck:
    """A statement that must not be true of any entry, over its `entries` columns; `message` says what is wrong.

    In the message `{file}`, `{row}` and `{value}` stand for the place and what is written in the raw column. An error
    is told for each row; what is milder once per file and value, of its first row.
    """

    code: str
    is_wrong: str
    column: str
    message: str
    severity: Severity = "error"


@dataclass(frozen=True, kw_only=True)
class Double:
    """A further charge, which the rows become of which `is_due` is true; `entries` and `rows` stand in for the plan's.

    `is_due` and `rows` are expressions as the plan's are; `entries` are over the row's own entry columns by name, and
    over `k_<raw>` for the raw columns of the key.
    """

    is_due: str
    entries: Mapping[str, str]
    rows: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How raw text columns become charges.

    Expressions are SQL. *Entries* are the distinct combinations of the `key` columns: few, so what depends on nothing
    else is worked out once per entry, by `entries`, over the raw columns by name, over `x_amount` (the entry's sum of
    `source_amount`), and by window functions over all entries. They must give `billing_period` (DATE),
    `billing_currency`, `is_dropped` and the columns of `ingestion.focus.attributes`; `tags` is their JSON object of
    tags as delivered, made canonical later, and `tag_key` how people know a `key` of it. Everything else is worked out
    per row, by `rows`, over the raw columns, over `n_<raw>` for `decimals` and `t_<raw>` for `date_times`, and over
    `e_<column>` for the entry's columns.

    No row may lack a value in the raw columns `needed`. Behind its own charge a row has those of `doubles` that are
    due, in their order. `json_columns` are raw columns that should hold JSON and are stored as null where they do not;
    `period_end` is the raw column of ChargePeriodEnd, None without one. Wherever a raw column may be named, one of
    `derived` may. `source_file` and `source_row` give, over the raw columns, a row's place in the delivery, where its
    files are not the delivered ones; never less than that of the row before. A planner that has counted the
    combinations of the key itself, with the plain way of reading numbers, gives in `counted` the query of them: it
    answers as `Reading.combinations` does and spares a pass over the files. `mapped_services` say what entries are
    whose service has no category (`ingestion.normalize.mapping`).
    """

    key: tuple[str, ...]
    entries: Mapping[str, str]
    rows: Mapping[str, str]
    decimals: tuple[str, ...]
    date_times: tuple[str, ...]
    source_amount: str
    needed: tuple[str, ...]
    kept: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[EntryCheck, ...] = ()
    doubles: tuple[Double, ...] = ()
    tag_key: str = "key"
    json_columns: tuple[str, ...] = ()
    period_end: str | None = None
    findings: tuple[Finding, ...] = ()
    derived: tuple[DerivedColumn, ...] = ()
    source_file: str = "x_file_number"
    source_row: str = ROW_NUMBER
    counted: str = ""
    mapped_services: tuple[MappedService, ...] = ()


BARE: Final = Plan(key=(), entries={}, rows={}, decimals=(), date_times=(), source_amount="0", needed=())
"""Of files of which nothing is known but that they are tables."""
