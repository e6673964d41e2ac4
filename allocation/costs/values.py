"""Values to choose from while typing: those that cost most, of a column or a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import connection

from allocation.costs.query import COLUMNS
from allocation.costs.statement import DAILY, IN_TENANT, MONTHLY, Parameters, where
from allocation.selectors import EVERYTHING, Visibility

LONGEST_TEXT: Final = 200


def suggest(
    name: str,
    text: str,
    *,
    periods: Sequence[date],
    visibility: Visibility = EVERYTHING,
    limit: int = 20,
    also: Sequence[str] = (),
) -> list[str]:
    """Return values of a column or dimension that contain a text, in any case: those that begin with it first.

    `also` are values that fit for another reason, such as their name. Of the rest, what cost most in the periods stands
    first; for this order alone, currencies count alike.
    """
    if "\0" in text or not periods or name == "charge_date":
        return []
    parameters = Parameters()
    condition = where([], periods=periods, visibility=visibility, parameters=parameters)
    wanted = parameters.add(text[:LONGEST_TEXT].lower())
    others = parameters.add(list(also))
    found = _sums_by_value(name, condition, parameters)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT value FROM ({found}) AS found
            WHERE value IS NOT NULL AND (STRPOS(LOWER(value), {wanted}) > 0 OR value = ANY({others}::text[]))
            ORDER BY STARTS_WITH(LOWER(value), {wanted}) DESC, ABS(cost) DESC, value
            LIMIT {parameters.add(limit)}
            """,  # noqa: S608
            parameters.values,
        )
        return [row[0] for row in cursor.fetchall()]


def _sums_by_value(name: str, condition: str, parameters: Parameters) -> str:
    """Return the SQL of what each value of a column or dimension cost."""
    if name in COLUMNS:
        return f"SELECT {name}::text AS value, SUM(effective_cost) AS cost FROM {MONTHLY} WHERE {condition} GROUP BY 1"  # noqa: S608
    return f"""
        SELECT dimension_values ->> {parameters.add(name)}::text AS value, SUM(cost) AS cost
        FROM (
            SELECT segment_id, SUM(effective_cost) AS cost FROM {DAILY} WHERE {condition} GROUP BY segment_id
        ) AS sums
        JOIN allocation_segment ON allocation_segment.id = segment_id AND allocation_segment.{IN_TENANT}
        GROUP BY 1
        """  # noqa: S608
