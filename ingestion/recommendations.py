"""Reading what providers recommend to save cost: the newest list of each source, searched, summed, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import duckdb
from django.db.models import OuterRef, QuerySet, Subquery

from ingestion.charges import FileFormat
from ingestion.focus.expressions import literal
from ingestion.models import BillSource, RecommendationList
from ingestion.normalize.recommending import AMOUNTS, FILE, TEXTS
from ingestion.revisions import reader
from itfm.core.inert import inert_expression
from itfm.core.lake import organization_folder
from itfm.core.periods import next_period

FILTERS: Final = ("action", "currency", "region_id", "resource_id", "resource_type", "sub_account_id")
"""Columns whose exact value narrows what is read."""
SEARCHED: Final = (
    "recommendation_id",
    "sub_account_id",
    "sub_account_name",
    "resource_id",
    "resource_type",
    "action",
    "current_summary",
    "recommended_summary",
    "tags",
)
"""Columns that a search looks through."""
EFFORTS: Final = ("VeryLow", "Low", "Medium", "High", "VeryHigh")
"""What AWS says of the effort, from the least to the most."""
PLACE: Final = ("x_file_number", "x_row_number")
COLUMNS: Final = ("list", "source", "source_name", *TEXTS, *AMOUNTS, "refreshed_at", *PLACE)
MOST_CHOICES: Final = 50


class ListsMovedError(LookupError):
    """A newer list came since a page was read; its rows stand elsewhere."""


class ListNotKeptError(LookupError):
    """The file of a list is not in the lake."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which recommendations: those with these exact values whose texts contain what is searched for, in any case."""

    filters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""


@dataclass(frozen=True, kw_only=True)
class Position:
    """The recommendation a page ended with: its list, file and row, and a name for all lists that were read."""

    lists: str
    list_id: str
    file_number: int
    row_number: int


@dataclass(frozen=True, kw_only=True)
class Savings:
    """What recommendations in one currency would save in a month, as their provider estimates it.

    `shared_count` of them are for a resource that another one is for as well, so that both may exclude each other.
    """

    currency: str
    count: int
    estimated_monthly_savings: Decimal
    shared_count: int


@dataclass(frozen=True, kw_only=True)
class ActionSavings:
    """What recommendations of one action would save in a month, in one currency; '' where a list names none."""

    action: str
    count: int
    estimated_monthly_savings: Decimal


def newest_lists(source_id: UUID | None = None) -> QuerySet[RecommendationList]:
    """Return the newest list of each source in use, or of one."""
    sources = BillSource.objects.filter(is_draft=False, removed_at=None)
    if source_id is not None:
        sources = sources.filter(id=source_id)
    return _newest_of(sources, RecommendationList.objects.all())


def lists_of_month(period: date) -> QuerySet[RecommendationList]:
    """Return the newest list of each source that was told in a month or the one after it, when its bill is looked at.

    So what was recommended for a month stays as it was, once the month after it is over.
    """
    told = RecommendationList.objects.filter(told_on__gte=period, told_on__lt=next_period(next_period(period)))
    return _newest_of(BillSource.objects.filter(is_draft=False), told)


def _newest_of(sources: QuerySet[BillSource], lists: QuerySet[RecommendationList]) -> QuerySet[RecommendationList]:
    newest = lists.filter(source=OuterRef("pk")).order_by(*RecommendationList.NEWEST_FIRST)
    ids = sources.annotate(newest=Subquery(newest.values("id")[:1])).values("newest")
    return RecommendationList.objects.filter(id__in=ids).select_related("source")


def recommendations_after(
    lists: Sequence[RecommendationList], *, wanted: Wanted, after: Position | None, limit: int
) -> tuple[list[dict[str, Any]], Position | None]:
    """Return the recommendations after a position, by list, file and row, and the last one's where more follow.

    :raises ListsMovedError: the position is of other lists than these.
    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    lists_name = _name(lists)
    if after is not None and after.lists != lists_name:
        raise ListsMovedError("A newer list of recommendations came since. Start again without a cursor.")
    where, values = _condition(wanted)
    if after is not None:
        where += " AND (list, x_file_number, x_row_number) > ($list, $file, $row)"
        values |= {"list": after.list_id, "file": after.file_number, "row": after.row_number}
    rows = _rows(lists, f"{where} ORDER BY list, x_file_number, x_row_number LIMIT {limit + 1}", values)
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    position = Position(
        lists=lists_name, list_id=last["list"], file_number=last["x_file_number"], row_number=last["x_row_number"]
    )
    return rows[:limit], position


def recommendations_sorted(
    lists: Sequence[RecommendationList],
    *,
    wanted: Wanted,
    by: str,
    is_descending: bool,
    first: int = 0,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return recommendations in the order of a column, absent values last, amounts within each currency.

    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    where, values = _condition(wanted)
    order = [f"{_order(by)} {'DESC' if is_descending else 'ASC'} NULLS LAST", "list", *PLACE]
    if by in AMOUNTS:
        order.insert(0, "currency")
    part = "" if limit is None else f" LIMIT {int(limit)} OFFSET {int(first)}"
    return _rows(lists, f"{where} ORDER BY {', '.join(order)}{part}", values)


def write_recommendations(
    lists: Sequence[RecommendationList], *, wanted: Wanted, file_format: FileFormat, to: Path
) -> None:
    """Write recommendations to one file, by list, file and row, with the day that their list is of.

    In CSV a text that a spreadsheet would take for a formula begins with an apostrophe; Parquet has the texts as they
    are.

    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    where, values = _condition(wanted)
    texts = {"source_name", *TEXTS} if file_format == "csv" else set()
    columns = ", ".join(f"{inert_expression(name)} AS {name}" if name in texts else name for name in COLUMNS)
    days = "".join(f" WHEN {literal(str(one.id))} THEN DATE {literal(str(one.told_on))}" for one in lists)
    options = "FORMAT csv, HEADER" if file_format == "csv" else "FORMAT parquet, COMPRESSION zstd"
    with _reader(lists, writes=to.parent) as database:
        # COPY takes no parameters.
        database.execute(
            f"CREATE TEMP TABLE found AS SELECT {columns}, CASE list{days} END AS told_on"  # noqa: S608 - our own names
            f" FROM ({_told(lists)}) WHERE {where} ORDER BY list, {', '.join(PLACE)}",
            dict(values),
        )
        database.execute(f"COPY found TO {literal(str(to))} ({options})")


def savings(lists: Sequence[RecommendationList], *, wanted: Wanted) -> tuple[Savings, ...]:
    """Return what recommendations would save in a month by currency, the currency with the most of them first.

    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    if not lists:
        return ()
    where, values = _condition(wanted)
    with _reader(lists) as database:
        found = database.execute(
            f"""
            -- Estimated monthly savings. Grain: currency. Exact.
            WITH told AS ({_told(lists)}),
            counted AS (
                SELECT *, count(*) OVER (PARTITION BY list, sub_account_id, resource_id) AS beside FROM told
            )
            SELECT
                currency,
                count(*) AS recommendations,
                SUM(estimated_monthly_savings) AS estimated_monthly_savings,
                count(*) FILTER (resource_id IS NOT NULL AND beside > 1) AS shared
            FROM counted
            WHERE {where}
            GROUP BY currency
            ORDER BY recommendations DESC, currency
            """,  # noqa: S608 - our own names; texts are bound or quoted
            values,
        ).fetchall()
    return tuple(
        Savings(currency=currency, count=count, estimated_monthly_savings=amount, shared_count=shared)
        for currency, count, amount, shared in found
    )


def savings_by_action(lists: Sequence[RecommendationList], *, wanted: Wanted) -> tuple[ActionSavings, ...]:
    """Return what recommendations would save in a month by action, the most first; `wanted` names the currency.

    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    if not lists:
        return ()
    where, values = _condition(wanted)
    with _reader(lists) as database:
        found = database.execute(
            f"""
            -- Estimated monthly savings of one currency. Grain: action. Exact.
            SELECT
                coalesce(action, '') AS action,
                count(*) AS recommendations,
                SUM(estimated_monthly_savings) AS estimated_monthly_savings
            FROM ({_told(lists)})
            WHERE {where}
            GROUP BY coalesce(action, '')
            ORDER BY estimated_monthly_savings DESC, action
            """,  # noqa: S608 - our own names; texts are bound or quoted
            values,
        ).fetchall()
    return tuple(
        ActionSavings(action=action, count=count, estimated_monthly_savings=amount) for action, count, amount in found
    )


def choices(lists: Sequence[RecommendationList], columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return by column its values to choose from, the most frequent ones where there are very many, sorted.

    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    if not lists:
        return dict.fromkeys(columns, ())
    with _reader(lists) as database:
        found = {
            column: database.execute(
                f"SELECT {column} FROM ({_told(lists)}) WHERE {column} IS NOT NULL"  # noqa: S608 - our own names
                f" GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT {MOST_CHOICES}"
            ).fetchall()
            for column in columns
        }
    return {column: tuple(sorted(value for (value,) in values)) for column, values in found.items()}


def _condition(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts = [f"{name} = ${name}" for name in wanted.filters]
    values: dict[str, Any] = dict(wanted.filters)
    if wanted.search:
        parts.append(f"contains(lower(concat_ws(chr(10), {', '.join(SEARCHED)})), lower($search))")
        values["search"] = wanted.search
    return " AND ".join(parts) or "true", values


def _order(by: str) -> str:
    if by == "implementation_effort":
        return f"list_position([{', '.join(map(literal, EFFORTS))}], implementation_effort)"
    return f"lower({by})" if by in TEXTS else by


def _rows(lists: Sequence[RecommendationList], rest: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not lists:
        return []
    with _reader(lists) as database:
        found = database.execute(
            f"SELECT {', '.join(COLUMNS)} FROM ({_told(lists)}) WHERE {rest}",  # noqa: S608 - our own names
            dict(values),
        ).fetchall()
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def _told(lists: Sequence[RecommendationList]) -> str:
    """Return the query for the rows of all lists, each with the list and source that it is of."""
    return " UNION ALL ".join(
        f"SELECT {literal(str(one.id))} AS list, {literal(str(one.source_id))} AS source,"  # noqa: S608
        f" {literal(one.source.name)} AS source_name, {', '.join(COLUMNS[3:])}"
        f" FROM read_parquet({literal(str(_file(one)))})"
        for one in lists
    )


@contextmanager
def _reader(lists: Sequence[RecommendationList], *, writes: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database that reaches the files of these lists only, and one folder to write to."""
    for one in lists:
        if not _file(one).is_file():
            raise ListNotKeptError(
                f"The recommendations of {one.source.name} of {one.told_on:%Y-%m-%d} are not in the lake. The next list"
                " that its provider writes takes their place."
            )
    with reader(*(_file(one).parent for one in lists), *([writes] if writes else [])) as database:
        yield database


def _file(one: RecommendationList) -> Path:
    return organization_folder(one.organization_id) / one.folder / FILE


def _name(lists: Sequence[RecommendationList]) -> str:
    return sha256(" ".join(sorted(str(one.id) for one in lists)).encode()).hexdigest()[:16]
