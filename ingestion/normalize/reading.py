"""Raw rows with their numbers and moments read, and the entry each belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from ingestion.focus import expressions
from ingestion.focus.expressions import ODD_MOMENT, ODD_NUMBER, quoted
from ingestion.normalize.plan import Plan
from ingestion.normalize.tables import RawTables

BETWEEN: Final = "chr(31)"
NOTHING: Final = "chr(30)"
DOUBLE: Final = "chr(30) || chr(30)"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The raw rows of a delivery as its plan reads them.

    `odd_numbers` and `odd_moments` are the raw columns that hold values the fast casts cannot be trusted with.
    `telling` are the columns of the plan's key that tell its entries apart; None when that is not known yet.
    """

    raw: RawTables
    plan: Plan
    odd_numbers: frozenset[str] = field(default=frozenset())
    odd_moments: frozenset[str] = field(default=frozenset())
    telling: tuple[str, ...] | None = None

    def with_odd(self, *, numbers: Iterable[str] = (), moments: Iterable[str] = ()) -> Reading:
        """Return the same reading, taking the exact way for more columns."""
        return replace(
            self,
            odd_numbers=self.odd_numbers | frozenset(numbers),
            odd_moments=self.odd_moments | frozenset(moments),
        )

    def number(self, name: str) -> str:
        """Return the expression of a raw column's number."""
        column = quoted(name)
        return expressions.exact_decimal(column) if name in self.odd_numbers else expressions.decimal(column)

    def moment(self, name: str) -> str:
        """Return the expression of a raw column's moment."""
        column = quoted(name)
        return expressions.lenient_moment(column) if name in self.odd_moments else expressions.moment(column)

    def key(self) -> str:
        """Return the expression of a row's key: its texts joined so that no two combinations give the same."""
        is_safe = not any(table.file.has_controls or table.file.format == "parquet" for table in self.raw.tables)
        texts = [quoted(name) for name in (self.plan.key if self.telling is None else self.telling)] or ["''"]
        # Lengths keep texts apart that hold the separator themselves.
        kept = (text if is_safe else f"length({text}) || ':' || {text}" for text in texts)
        return f"concat_ws({BETWEEN}, {', '.join(f'coalesce({text}, {NOTHING})' for text in kept)})"

    def oddity(self, *, numbers: Iterable[str], moments: Iterable[str] = ()) -> str:
        """Return the condition of rows where some of these raw columns cannot be trusted with the fast casts."""
        conditions = [
            f"regexp_matches(concat_ws('|', {', '.join(map(quoted, names))}), {expressions.literal(pattern)})"
            for names, pattern in ((tuple(numbers), ODD_NUMBER), (tuple(moments), ODD_MOMENT))
            if names
        ]
        return " OR ".join(conditions) or "FALSE"

    def _numbers_counted(self) -> tuple[str, ...]:
        """Return the numbers that amounts, and what else is counted of each combination, are worked out of."""
        counted = " ".join((self.plan.source_amount, *(double.is_due for double in self.plan.doubles)))
        return tuple(name for name in self.plan.decimals if f"n_{name}" in counted)

    def oddity_of_rest(self) -> str:
        """Return the same condition of the columns that are not looked at before the rows are written."""
        if self.plan.counted:
            return "FALSE"
        known = self.odd_numbers.union(self._numbers_counted())
        return self.oddity(
            numbers=[name for name in self.plan.decimals if name not in known],
            moments=[name for name in self.plan.date_times if name not in self.odd_moments],
        )

    def combinations(self) -> str:
        """Return the query of each file's distinct key columns, with their charges, amounts and oddities.

        Looked at are the numbers that amounts are worked out of; the others are when the rows are written, which spares
        reading their columns twice.
        """
        if self.plan.counted and not (self.odd_numbers or self.odd_moments):
            return self.plan.counted
        numbers = ", ".join(f"TRY({self.number(name)}) AS {quoted('n_' + name)}" for name in self.plan.decimals)
        key = ", ".join(quoted(name) for name in self.plan.key)
        due = "".join(
            f", count(*) FILTER (WHERE {double.is_due}) AS x_doubled_{number}"
            for number, double in enumerate(self.plan.doubles, start=1)
        )
        return (
            f"SELECT x_file_number, {key}, count(*) AS x_charges, sum({self.plan.source_amount}) AS x_amount,"
            f" count(*) FILTER (WHERE {self.oddity(numbers=self._numbers_counted())}) AS x_odd{due}"
            f" FROM (SELECT *, {numbers} FROM ({self.raw.sql(numbered=False)})) GROUP BY x_file_number, {key}"
        )

    def rows(self, *, file_numbers: Iterable[int] | None = None) -> str:
        """Return the query of the numbered raw rows with `n_`, `t_` and their key's place among the entries.

        It fails at a row that the fast casts cannot be trusted with.
        """
        numbers = [f"{self.number(name)} AS {quoted('n_' + name)}" for name in self.plan.decimals]
        moments = [f"{self.moment(name)} AS {quoted('t_' + name)}" for name in self.plan.date_times]
        odd = self.oddity_of_rest()
        key = self.key() if odd == "FALSE" else f"CASE WHEN {odd} THEN error('odd') ELSE {self.key()} END"
        entry = f"enum_code(CAST({key} AS entry_key))::UINTEGER AS x_entry"
        return self.raw.sql(file_numbers=file_numbers, computed=[*numbers, *moments, entry])
