"""From a question about costs to the SQL that answers it. Pure.

Only names from this module and from `query.COLUMNS` get into the text; whatever comes from outside is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from allocation.costs.query import COLUMNS, CostQuery, Filter

if TYPE_CHECKING:
    from allocation.selectors import Visibility

MART: Final = "allocation_allocatedcost"
DAILY: Final = "allocation_dailycost"
COLUMNS_OF: Final = {
    DAILY: frozenset({"charge_date", "origin"}),
    MART: frozenset(COLUMNS),
}
"""The mart and its rollup, the smallest first, with the columns that each tells apart beside the segment."""

IN_TENANT: Final = "organization_id = (SELECT itfm_current_organization())"
_SEGMENTS: Final = (
    f"JOIN (SELECT id, dimension_values FROM allocation_segment WHERE {IN_TENANT}) AS segments"  # noqa: S608
    " ON segments.id = segment_id"
)
_DAY: Final = (
    # A bill may carry charges of other months; they count on its first or last day, so that days sum up.
    "LEAST(GREATEST(charge_date, billing_period), (billing_period + INTERVAL '1 month - 1 day')::date)"
)


@dataclass
class Parameters:
    """Values beside a statement; each is written into the text by the name it gets here."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: object) -> str:
        """Keep a value and return what stands for it."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


def table_for(query: CostQuery) -> str:
    """Return the smallest table that tells apart what the question looks at."""
    return table_with([*query.names, *(["charge_date"] if looks_at_days(query) else [])])


def looks_at_days(query: CostQuery) -> bool:
    """Return whether sums by month cannot tell."""
    return bool(query.tells_days or query.last_compared_days)


def table_with(names: Iterable[str]) -> str:
    """Return the smallest table that tells apart these columns; names of dimensions are in every table."""
    needed = {name for name in names if name in COLUMNS}
    return next(table for table, columns in COLUMNS_OF.items() if needed <= columns)


def rows_statement(
    periods: Sequence[date], *, by: Sequence[str], sums: Sequence[str], visibility: Visibility
) -> tuple[str, dict[str, Any]]:
    """Return the SQL and its parameters that sum up some periods by columns and dimensions' keys.

    Columns: the groups, the currency, the sums; in a stable order, what no rule caught last.
    """
    parameters = Parameters()
    condition = where([], periods=periods, visibility=visibility, parameters=parameters)
    columns = {name: f"c{number}" for number, name in enumerate(by) if name in COLUMNS}
    joins_segments = len(columns) < len(by)
    keys = ["billing_currency", *(["segment_id"] if joins_segments else []), *columns.values()]
    groups = [
        f"{columns[name] if name in columns else _value_of(name, parameters)} AS g{number}"
        for number, name in enumerate(by)
    ]
    names = [f"g{number}" for number in range(len(by))]
    selected = [
        *(f"{name} AS {short}" for name, short in columns.items()),
        *(f"SUM({name}) AS {name}" for name in sums),
    ]
    own = ["billing_currency", *(["segment_id"] if joins_segments else []), *selected]
    text = f"""
        WITH sums AS (
            SELECT {", ".join(own)}
            FROM {table_with(by)}
            WHERE {condition}
            GROUP BY {", ".join(keys)}
        )
        SELECT {", ".join([*groups, "billing_currency", *(f"SUM({name})" for name in sums)])}
        FROM sums {"JOIN allocation_segment ON allocation_segment.id = segment_id" if joins_segments else ""}
        GROUP BY {", ".join([*names, "billing_currency"])}
        ORDER BY {", ".join([*(f"{name} NULLS LAST" for name in names), "billing_currency"])}
        """  # noqa: S608
    return text, parameters.values


def where(filters: Sequence[Filter], *, periods: Sequence[date], visibility: Visibility, parameters: Parameters) -> str:
    """Return the condition under which a row of the mart or of a rollup passes filters and may be seen."""
    conditions = [IN_TENANT, f"billing_period = ANY({parameters.add(list(periods))})"]
    conditions += [_passes(f"{one.name}::text", one, parameters) for one in filters if one.name in COLUMNS]
    of_segments = [
        _passes(_value_of(one.name, parameters), one, parameters) for one in filters if one.name not in COLUMNS
    ]
    if not visibility.sees_everything:
        seen = [
            f"{_value_of(dimension, parameters)} = ANY({parameters.add(list(values))})"
            for dimension, values in visibility.values
        ]
        of_segments.append(f"({' OR '.join(seen) or 'FALSE'})")
    if of_segments:
        segments = f"SELECT id FROM allocation_segment WHERE {' AND '.join([IN_TENANT, *of_segments])}"  # noqa: S608
        conditions.append(f"segment_id IN ({segments})")
    return " AND ".join(conditions)


def statement(
    query: CostQuery, *, buckets: Sequence[date], periods: Sequence[date], visibility: Visibility
) -> tuple[str, dict[str, Any]]:
    """Return the SQL and its parameters: one row per currency and place, largest first, with its sums by bucket.

    Columns: currency, place, count of combinations, the groups, a sum for each bucket, the sum compared with. Places
    count from 1; place `limit + 1` sums up all others.
    """
    parameters = Parameters()
    groups = [f"g{number}" for number in range(len(query.by))]
    last = parameters.add(query.limit + 1)
    sums = [f"SUM(b{number})" for number in range(len(buckets))]
    # Ties stand in the order of bytes, whatever the database's language is, as in `months`.
    order = ["ABS(total) DESC", "ABS(compared) DESC", *(f'{group} COLLATE "C"' for group in groups)]
    text = f"""
        WITH {_pivot(query, buckets, periods=periods, visibility=visibility, parameters=parameters)},
        ranked AS (
            SELECT *, ROW_NUMBER() OVER (PARTITION BY billing_currency ORDER BY {", ".join(order)}) AS place
            FROM pivot
        )
        SELECT
            billing_currency, LEAST(place, {last}), COUNT(*),
            {", ".join([*(f"MIN({group})" for group in groups), *sums, "SUM(compared)"])}
        FROM ranked
        GROUP BY 1, 2
        ORDER BY 1, 2
        """  # noqa: S608
    return text, parameters.values


def _condition(query: CostQuery, *, periods: Sequence[date], visibility: Visibility, parameters: Parameters) -> str:
    condition = where(query.filters, periods=periods, visibility=visibility, parameters=parameters)
    if query.currency:
        condition += f" AND billing_currency = {parameters.add(query.currency)}"
    for period, day in query.last_compared_days.items():
        condition += f" AND NOT (billing_period = {parameters.add(period)} AND charge_date > {parameters.add(day)})"
    return condition


def _pivot(
    query: CostQuery,
    buckets: Sequence[date],
    *,
    periods: Sequence[date],
    visibility: Visibility,
    parameters: Parameters,
) -> str:
    """Return the steps that sum up by bucket and groups, then by groups with a column for each bucket."""
    keys = ["billing_currency", *(f"g{number}" for number in range(len(query.by)))]
    return f"""
        {_cells(query, periods=periods, visibility=visibility, parameters=parameters)},
        pivot AS (
            SELECT
                {", ".join([*keys, *_by_bucket(buckets, parameters)])},
                COALESCE(SUM(cost) FILTER (WHERE NOT is_compared), 0) AS total,
                COALESCE(SUM(cost) FILTER (WHERE is_compared), 0) AS compared
            FROM cells
            GROUP BY {", ".join(keys)}
        )"""  # noqa: S608


def _cells(query: CostQuery, *, periods: Sequence[date], visibility: Visibility, parameters: Parameters) -> str:
    """Return the steps that sum up by bucket and groups.

    Dimensions alone have so few combinations that segments are summed up first; beside columns, that saves no row.
    """
    condition = _condition(query, periods=periods, visibility=visibility, parameters=parameters)
    first, last = parameters.add(query.first), parameters.add(query.last)
    bucket = {"month": "billing_period", "day": _DAY, "total": f"{first}::date"}[query.granularity]
    keys = ["bucket", "is_compared", "billing_currency"]
    rows = f"""
        SELECT *, {bucket} AS bucket, billing_period NOT BETWEEN {first} AND {last} AS is_compared
        FROM {table_for(query)}
        WHERE {condition}"""  # noqa: S608
    measure = query.measure
    if query.by and not any(name in COLUMNS for name in query.by):
        summed = ", ".join([*keys, "segment_id"])
        rows = f"SELECT {summed}, SUM({measure}) AS {measure} FROM ({rows}) AS of_days GROUP BY {summed}"  # noqa: S608
    groups = [
        f"{f'{name}::text' if name in COLUMNS else _value_of(name, parameters)} AS g{number}"
        for number, name in enumerate(query.by)
    ]
    named = [*keys, *(f"g{number}" for number in range(len(query.by)))]
    return f"""
        cells AS (
            SELECT {", ".join([*keys, *groups, f"SUM({measure}) AS cost"])}
            FROM ({rows}) AS costs {"" if all(name in COLUMNS for name in query.by) else _SEGMENTS}
            GROUP BY {", ".join(named)}
        )"""  # noqa: S608


def _by_bucket(buckets: Sequence[date], parameters: Parameters) -> list[str]:
    return [
        f"COALESCE(SUM(cost) FILTER (WHERE NOT is_compared AND bucket = {parameters.add(bucket)}), 0) AS b{number}"
        for number, bucket in enumerate(buckets)
    ]


def _value_of(dimension: str, parameters: Parameters) -> str:
    return f"dimension_values ->> {parameters.add(dimension)}::text"


def _passes(expression: str, one: Filter, parameters: Parameters) -> str:
    texts = [value for value in one.values if value is not None]
    found = [f"COALESCE(({expression}) = ANY({parameters.add(texts)}), FALSE)"] if texts else []
    found += [f"({expression}) IS NULL"] if None in one.values else []
    return f"{'NOT ' if one.exclude else ''}({' OR '.join(found)})"
