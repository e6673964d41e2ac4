"""The bill lines under a figure: charges of the run's own revisions, found by how the run classified them.

Only direct cost has bill lines. What splits moved in or out has the lines of its pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
from django.conf import settings

from allocation.bills import bills_of_run
from allocation.costs.query import COLUMNS, CostQuery, Filter
from allocation.engine.account_tags import NO_TAGS, AccountTags, Inherited
from allocation.engine.attribute_sets import tags_of
from allocation.engine.inputs import Revision
from allocation.engine.run_files import file_rows
from allocation.engine.widening import charges_of, files_of_lines
from allocation.explain.rules import RULES_FILE, rules_of
from allocation.models import AllocationRun
from allocation.selectors import EVERYTHING, Visibility
from ingestion.focus.expressions import literal
from ingestion.models import BillRevision
from itfm.core import lake

DIRECT: Final = "direct"
MEMORY: Final = "512MiB"
TABLES: Final = ("classification.parquet", "cells.parquet", "segments.parquet")


class NoLinesError(LookupError):
    """The lines cannot be shown; the message says why."""


class LineKey(NamedTuple):
    """Where a charge stands: the number of its source among those of the run, its file and its row."""

    source: int
    file: int
    row: int


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """A charge, with its place in the delivery."""

    key: LineKey
    source_name: str
    file_name: str
    charge_date: date
    account: str | None
    service: str | None
    resource: str | None
    description: str | None
    amount: Decimal
    inherited: tuple[Inherited, ...] = ()
    """The tags that it has from its account."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What one resource cost; None sums up the charges that name none."""

    resource: str | None
    service: str | None
    line_count: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class BillLines:
    """One page of lines in the order of the files, or the largest resources, and the sum of all."""

    total: Decimal
    line_count: int
    lines: tuple[BillLine, ...] = ()
    resources: tuple[Resource, ...] = ()
    resource_count: int = 0
    following: LineKey | None = None
    """The key after which the next page begins."""


def direct(query: CostQuery) -> CostQuery:
    """Return the question about the direct cost under a figure, which is what its bill lines add up to."""
    kept = tuple(one for one in query.filters if one.name != "origin")
    own = Filter(name="origin", values=(DIRECT,))
    return replace(query, by=(), granularity="total", compare=None, filters=(own, *kept))


def asks_for_direct(query: CostQuery) -> bool:
    """Return whether the filters of a question let direct cost through."""
    return all((DIRECT in one.values) != one.exclude for one in query.filters if one.name == "origin")


def bill_lines(
    query: CostQuery,
    *,
    visibility: Visibility = EVERYTHING,
    resource: str = "",
    after: LineKey | None = None,
    limit: int = 100,
) -> BillLines:
    """Return one page of the charges under the direct cost of a question about one period and currency.

    With a `resource`, they are those of it alone.

    :raises NoLinesError: there is no run of the period, or its files are not there.
    """
    with _charges(query, visibility=visibility, resource=resource) as (database, account_tags, revisions):
        place = "TRUE" if after is None else f"(source, file, row) > ({', '.join(str(int(one)) for one in after)})"
        rows = database.execute(
            f"""
            SELECT
                source, file, row, charge_date, sub_account_id, service_name, resource_id, charge_description, amount,
                tags
            FROM found WHERE {place} ORDER BY source, file, row LIMIT {int(limit) + 1}
            """  # noqa: S608 - numbers only
        ).fetchall()
        total, count = _sums(database)
    lines = tuple(_line(row, revisions, account_tags) for row in rows[:limit])
    return BillLines(
        total=total, line_count=count, lines=lines, following=lines[-1].key if len(rows) > limit and lines else None
    )


def resources(
    query: CostQuery, *, visibility: Visibility = EVERYTHING, resource: str = "", limit: int = 200
) -> BillLines:
    """Return what the resources under a figure cost, the largest first; what is beyond the limit is in the sum only.

    With a `resource`, it is that one alone.

    :raises NoLinesError: there is no run of the period, or its files are not there.
    """
    with _charges(query, visibility=visibility, resource=resource) as (database, _, _):
        rows = database.execute(
            f"""
            SELECT resource_id, MIN(service_name), COUNT(*), SUM(amount), COUNT(*) OVER ()
            FROM found GROUP BY resource_id ORDER BY ABS(SUM(amount)) DESC, resource_id LIMIT {int(limit)}
            """  # noqa: S608 - numbers only
        ).fetchall()
        total, count = _sums(database)
    return BillLines(
        total=total,
        line_count=count,
        resources=tuple(
            Resource(resource=name, service=service, line_count=lines, amount=amount)
            for name, service, lines, amount, _ in rows
        ),
        resource_count=rows[0][4] if rows else 0,
    )


@contextmanager
def _charges(
    query: CostQuery, *, visibility: Visibility, resource: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, AccountTags, list[BillRevision]]]:
    """Yield a database whose view `found` has the charges, what accounts give them, and the revisions by number."""
    run = AllocationRun.objects.filter(billing_period=query.first, state=AllocationRun.State.PUBLISHED).first()
    if run is None:
        raise NoLinesError(f"{query.first:%Y-%m} is not allocated yet.")
    bills = bills_of_run(run)
    account_tags = _account_tags(run)
    with classified(run, bills) as database:
        database.execute(f"CREATE TEMP TABLE sets AS {_sets(query, visibility)}")
        tags = "tags" if account_tags.by_account else "NULL::VARCHAR"
        found = " UNION ALL BY NAME ".join(
            _found(query, bill, number=number, tags=tags) for number, (_, bill) in enumerate(bills)
        )
        narrowed = f"SELECT * FROM ({found}) WHERE resource_id = {literal(resource)}"  # noqa: S608 - quoted
        database.execute(f"CREATE TEMP VIEW found AS {narrowed if resource else found}")
        yield database, account_tags, [revision for revision, _ in bills]


@contextmanager
def classified(
    run: AllocationRun, bills: Sequence[tuple[BillRevision, Revision]]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database that reads the charges of some bills of a run, and in `classified` what it made of their sets.

    Grain of `classified`: source, attribute set; with the columns of its cell and its `dimension_values`.

    :raises NoLinesError: the files are not there.
    """
    files = [file for _, bill in bills for file in files_of_lines(bill)]
    tables = [lake.organization_folder(run.organization_id) / run.folder / name for name in TABLES]
    if not run.folder or not all(path.is_file() for path in (*files, *tables)):
        raise NoLinesError("The stored charges of this period are not kept. Pull the bill again.")
    with lake.scratch(run.organization_id) as scratch, _database([*files, *tables], scratch) as database:
        classification, cells, segments = map(file_rows, tables)
        database.execute(
            f"""
            CREATE TEMP VIEW classified AS
            SELECT source_id, attribute_set_id, cells.* EXCLUDE (cell_id, source_id), dimension_values
            FROM {classification} AS classification
            JOIN {cells} AS cells USING (cell_id, source_id)
            JOIN {segments} AS segments USING (segment_id)
            """  # noqa: S608 - texts are quoted
        )
        yield database


@contextmanager
def _database(reads: Sequence[Path], scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database that can read these files, write to the scratch folder, and reach nothing else."""
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": settings.ENGINE_THREADS,
        "temp_directory": str(scratch / "spill"),
    }
    with duckdb.connect(config=limits) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"SET allowed_directories = [{literal(f'{scratch}/')}]")
        database.execute(f"SET allowed_paths = [{', '.join(literal(str(path)) for path in reads)}]")
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        yield database


def _sets(query: CostQuery, visibility: Visibility) -> str:
    """Return the attribute sets that the run classified as the question asks."""
    conditions = []
    for one in query.filters:
        if one.name not in COLUMNS:
            conditions.append(_passes(value_of(one.name), one))
        elif one.name not in {"origin", "charge_date"}:
            conditions.append(_passes(one.name, one))
    if not visibility.sees_everything:
        seen = [f"{value_of(dimension)} IN ({_texts(values)})" for dimension, values in visibility.values if values]
        conditions.append(f"({' OR '.join(seen) or 'FALSE'})")
    where = " AND ".join(conditions) or "TRUE"
    return f"SELECT DISTINCT source_id, attribute_set_id FROM classified WHERE {where}"  # noqa: S608 - quoted


def _found(query: CostQuery, bill: Revision, *, number: int, tags: str) -> str:
    day = "CAST(charge_period_start AS DATE)"
    conditions = [_passes(f"CAST({day} AS VARCHAR)", one) for one in query.filters if one.name == "charge_date"]
    conditions += [f"billing_currency = {literal(query.currency)}"] if query.currency else []
    conditions += [] if asks_for_direct(query) else ["FALSE"]
    own = f"SELECT attribute_set_id FROM sets WHERE source_id = {literal(bill.source_id)}"  # noqa: S608 - quoted
    return f"""
        SELECT
            {number} AS source, x_file_number AS file, x_row_number AS row, {day} AS charge_date, sub_account_id,
            service_name, resource_id, charge_description, {tags} AS tags,
            COALESCE({query.measure}, 0) AS amount
        FROM {charges_of(own, bill)}
        WHERE {" AND ".join(conditions) or "TRUE"}
        """  # noqa: S608 - texts are quoted


def _passes(expression: str, one: Filter) -> str:
    texts = [value for value in one.values if value is not None]
    found = [f"COALESCE({expression} IN ({_texts(texts)}), FALSE)"] if texts else []
    found += [f"{expression} IS NULL"] if None in one.values else []
    return f"{'NOT ' if one.exclude else ''}({' OR '.join(found)})"


def value_of(dimension: str) -> str:
    """Return one value out of a segment; by pointer, so that a key may be any text."""
    pointer = "/" + dimension.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string(dimension_values, {literal(pointer)})"


def _texts(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)


def _sums(database: duckdb.DuckDBPyConnection) -> tuple[Decimal, int]:
    row = database.execute("SELECT COALESCE(SUM(amount), 0), COUNT(*) FROM found").fetchone()
    return (Decimal(row[0]), int(row[1])) if row else (Decimal(0), 0)


def _account_tags(run: AllocationRun) -> AccountTags:
    """Return the tags that charges of a run inherited, by its own rules; none where these are not kept."""
    file = lake.organization_folder(run.organization_id) / run.folder / RULES_FILE
    return rules_of(file).account_tags() if file.is_file() else NO_TAGS


def _line(row: tuple[Any, ...], revisions: Sequence[BillRevision], account_tags: AccountTags) -> BillLine:
    source, file, number, charge_date, account, service, resource, description, amount, tags = row
    revision = revisions[source]
    return BillLine(
        key=LineKey(source, file, number),
        source_name=revision.bill.source.name,
        file_name=revision.files[file]["name"] if file < len(revision.files) else "",
        charge_date=charge_date,
        account=account,
        service=service,
        resource=resource,
        description=description,
        amount=amount,
        inherited=account_tags.inherited(tags_of(tags), account=account),
    )
