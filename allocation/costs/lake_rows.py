"""The rows of runs' files that pass filters and may be seen, and their sums by month, as SQL for DuckDB. Pure.

Names come from this module and from `query.COLUMNS`; all else is a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from allocation.costs.query import COLUMNS, Filter
from ingestion.focus.expressions import literal

if TYPE_CHECKING:
    from allocation.selectors import Visibility

MONTHS: Final = "months.parquet"
SEGMENTS: Final = "segments.parquet"
GROUPS: Final = tuple(name for name in COLUMNS if name != "charge_date")
"""What months tell apart, beside segments and currencies."""


@dataclass
class LakeRows:
    """Which rows of the files of runs, by billing period, and what they are grouped by: columns and dimensions' keys.

    Parameters of the texts that the methods return are then in `values`.
    """

    folders: Mapping[date, Path]
    _: KW_ONLY
    visibility: Visibility
    by: Sequence[str]
    filters: Sequence[Filter] = ()
    currency: str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def sums(self, measures: Sequence[str]) -> str:
        """Return the text that sums up columns of months, in order: groups, currency, sums; without a value last."""
        periods = sorted(self.folders)
        names = [*(f"{self._name(name)} AS g{number}" for number, name in enumerate(self.by)), "billing_currency"]
        keys = ", ".join([*self._groups, "billing_currency"])
        return f"""
            SELECT {", ".join([*names, *(f"SUM({measure})" for measure in measures)])}
            FROM {self._read(MONTHS, periods)} AS costs {self._segments(periods)}
            WHERE {self._condition()}
            GROUP BY {keys}
            ORDER BY {", ".join(f"{key} NULLS LAST" for key in keys.split(", "))}
            """  # noqa: S608

    @property
    def _groups(self) -> list[str]:
        return [f"g{number}" for number in range(len(self.by))]

    def _condition(self) -> str:
        """Return the condition under which a row passes the filters and may be seen."""
        conditions = [self._passes(one) for one in self.filters]
        if self.currency:
            conditions.append(f"billing_currency = {self._add(self.currency)}")
        return " AND ".join([*conditions, *self._visible()]) or "TRUE"

    def _read(self, name: str, periods: Sequence[date]) -> str:
        files = ", ".join(literal(str(self.folders[period] / name)) for period in periods)
        return f"(SELECT *, file_index FROM read_parquet([{files}]))"  # noqa: S608

    def _by_file(self, values: Sequence[object]) -> str:
        """Return the value that belongs to a row's file."""
        return f"{self._add(values)}[CAST(file_index AS BIGINT) + 1]"

    def _segments(self, periods: Sequence[date], *, also: Sequence[str] = ()) -> str:
        """Join the segments of the runs with a column for each dimension that is looked at, if any is."""
        values = [
            f"json_extract_string(dimension_values, {self._add(key)}) AS d{number}"
            for number, key in enumerate(self._dimensions)
        ]
        if not (values or also):
            return ""
        columns = ", ".join(["file_index", "segment_id", *values, *also])
        segments = f"SELECT {columns} FROM {self._read(SEGMENTS, periods)}"  # noqa: S608
        return f"JOIN ({segments}) AS segments USING (file_index, segment_id)"

    @property
    def _dimensions(self) -> Sequence[str]:
        named = [*self.by, *(one.name for one in self.filters)]
        seen = [dimension for dimension, _ in self.visibility.values]
        return [name for name in dict.fromkeys([*named, *seen]) if name not in COLUMNS]

    def _name(self, name: str) -> str:
        return f"CAST({name} AS VARCHAR)" if name in COLUMNS else f"d{self._dimensions.index(name)}"

    def _visible(self) -> list[str]:
        if self.visibility.sees_everything:
            return []
        seen = [self._one_of(dimension, values) for dimension, values in self.visibility.values]
        return [f"({' OR '.join(seen) or 'FALSE'})"]

    def _one_of(self, dimension: str, values: Sequence[str]) -> str:
        return f"COALESCE(list_contains({self._add(list(values))}::VARCHAR[], {self._name(dimension)}), FALSE)"

    def _passes(self, one: Filter) -> str:
        expression = self._name(one.name)
        texts = [value for value in one.values if value is not None]
        found = [self._one_of(one.name, texts)] if texts else []
        found += [f"{expression} IS NULL"] if None in one.values else []
        return f"{'NOT ' if one.exclude else ''}({' OR '.join(found)})"

    def _add(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"
