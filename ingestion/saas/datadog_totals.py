"""Datadog tells a product's cost in parts and as their total: which rows count, and whether the two agree. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import duckdb

from ingestion.focus.expressions import exact_decimal, literal, quoted
from ingestion.focus.findings import Finding
from ingestion.normalize.diagnosing import answers_to
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn
from ingestion.normalize.tables import RawTables
from ingestion.saas.months import MONTH

GROUP: Final = "x_group"
"""The derived column of what parts and total have in common: month, organization, region, product."""
IS_TOTAL: Final = "coalesce(lower(charge_type) = 'total', FALSE)"


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What the charges of a delivery say of themselves. `lone` are the groups that have a total and no parts."""

    lone: frozenset[str]
    findings: tuple[Finding, ...]

    @property
    def is_left_out(self) -> str:
        """The expression of rows that stand for others: totals whose parts are there."""
        lone = ", ".join(map(literal, sorted(self.lone)))
        return f"({IS_TOTAL} AND {GROUP} NOT IN ({lone}))" if lone else f"({IS_TOTAL})"


@dataclass(frozen=True, kw_only=True)
class _Group:
    key: str
    file_number: int
    month: str | None
    organization: str | None
    product: str | None
    parts: Decimal
    part_count: int
    total: Decimal
    total_count: int
    most_alike: int


def group_column(fields: Fields) -> DerivedColumn:
    """Return the column of what a total is of."""
    names = ("account_public_id", "public_id", "org_name", "region", "product_name")
    texts = ", ".join([f"left({quoted('date')}, 7)", *(fields.text(name) for name in names)])
    return DerivedColumn(name=GROUP, title="product_name", sql=f"CAST(to_json([{texts}]) AS VARCHAR)")


def survey(raw: RawTables, connection: duckdb.DuckDBPyConnection, fields: Fields) -> Totals:
    """Look through the charges once; `raw` has the derived columns.

    :raises RejectedBillError: the files cannot be read.
    """
    cost = f"TRY({exact_decimal('cost')})"
    typed = f"SELECT *, {cost} AS amount, count(*) OVER (PARTITION BY x_file_number, {GROUP}, charge_type) AS alike"
    query = (
        f"SELECT {GROUP}, min(x_file_number), min({MONTH}), min({fields.text('org_name')}), min(product_name),"
        f" coalesce(sum(amount) FILTER (WHERE NOT {IS_TOTAL}), 0), count(*) FILTER (WHERE NOT {IS_TOTAL}),"
        f" coalesce(sum(amount) FILTER (WHERE {IS_TOTAL}), 0), count(*) FILTER (WHERE {IS_TOTAL}), max(alike)"
        f" FROM ({typed} FROM ({raw.sql(numbered=False)})) GROUP BY {GROUP} ORDER BY {GROUP}"
    )
    rows = answers_to(query, raw=raw, connection=connection, numbers=("cost",))
    groups = [_Group(**dict(zip(_Group.__dataclass_fields__, row, strict=True))) for row in rows]
    names = {table.file.number: table.file.name for table in raw.tables}
    return Totals(
        lone=frozenset(group.key for group in groups if not group.part_count),
        findings=tuple(finding for group in groups for finding in _findings(group, file=names[group.file_number])),
    )


def _findings(group: _Group, *, file: str) -> Iterator[Finding]:
    what = f"{group.product or 'a product'} of {group.organization or 'an organization'} in {group.month}"
    if group.part_count and group.total_count and group.parts != group.total:
        yield Finding(
            code="total_differs",
            severity="warning",
            file=file,
            column="cost",
            message=(
                f"{file}: the charges of {what} add up to {group.parts.normalize():f}, though their total is told as"
                f" {group.total.normalize():f}. The charges were counted."
            ),
        )
    if group.most_alike > 1:
        yield Finding(
            code="charge_twice",
            severity="warning",
            file=file,
            column="charge_type",
            message=(
                f"{file}: a charge of {what} stands there {group.most_alike} times with the same type. Each was"
                " counted: compare the month with Datadog's invoice."
            ),
        )
