"""From a question to the page of the resources or bill lines under it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Final

from django.urls import reverse

from allocation.costs.answer import answer
from allocation.costs.lines import BillLines, LineKey, NoLinesError, asks_for_direct, bill_lines, direct, resources
from allocation.costs.query import CostQuery, Filter, QueryError
from itfm.web.components import Cell, Column, Empty, Link, Pagination, Row, Tab, Table
from itfm.web.explore.build import ExploreBuilder
from itfm.web.explore.drill import Crumb, address
from itfm.web.explore.page import Check, LinesPage, OneResource
from itfm.web.explore.words import MEASURES, range_text
from itfm.web.shell.page import Shell

LEVELS: Final = {"resources": "Resources", "lines": "Bill lines"}
PAGE: Final = 100
LONGEST_RESOURCE: Final = 2_000


@dataclass(frozen=True, kw_only=True)
class After:
    """Where a page of lines begins: after this line, and after so many of them."""

    key: LineKey
    count: int


def lines_page(
    builder: ExploreBuilder, *, shell: Shell, level: str, after: After | None, resource: str = ""
) -> LinesPage:
    """Return the page of one period and currency, narrowed to one resource where it is named.

    :raises QueryError: the level is unknown, or the name is none that a bill can hold.
    """
    if len(resource) > LONGEST_RESOURCE or "\0" in resource:
        raise QueryError("resource", "A resource is named as the bill has it, in at most 2,000 characters.")
    if level and level not in LEVELS:
        raise QueryError("level", f"'{level[:20]}' is no level; write one of {', '.join(LEVELS)}.")
    level = level or "resources"
    query = _narrowed(builder)
    page = LinesPage(
        shell=shell,
        title=LEVELS[level],
        periods=range_text(query.first, query.last),
        measure=MEASURES[query.measure],
        currency=query.currency or "",
        levels=tuple(
            Tab(label=label, url=_to(builder, query, level=key, resource=resource), is_current=key == level)
            for key, label in LEVELS.items()
        ),
        trail=(*(builder.trail() or _above(builder)), Crumb(label=LEVELS[level], url=_to(builder, query, level=level))),
    )
    if not asks_for_direct(query):
        return replace(page, empty=_moved(builder, query))
    try:
        if level == "resources":
            found = resources(query, visibility=builder.visibility, resource=resource)
        else:
            key = after.key if after else None
            found = bill_lines(query, visibility=builder.visibility, resource=resource, after=key, limit=PAGE)
    except NoLinesError as error:
        return replace(page, empty=Empty(title="There are no lines to show", text=str(error)))
    before = after.count if after else 0
    page = replace(page, pagination=_pagination(builder, query, found, before=before, resource=resource))
    if resource:
        return _of_one(page, found, builder=builder, query=query, level=level, resource=resource)
    return _filled(page, found, builder=builder, query=query, level=level)


def _above(builder: ExploreBuilder) -> tuple[Crumb, ...]:
    query = replace(builder.query, by=builder.path[:1])
    return (Crumb(label="Total", url=builder.to(query)),)


def _narrowed(builder: ExploreBuilder) -> CostQuery:
    """Return the question about one period and one currency, which lines are always of."""
    query = replace(builder.query, first=builder.query.last, by=(), granularity="total", compare=None)
    if query.currency is None:
        found = answer(query, visibility=builder.visibility, runs=builder.runs).currencies
        query = replace(query, currency=found[0].currency) if found else query
    return query


def _of_one(
    page: LinesPage, found: BillLines, *, builder: ExploreBuilder, query: CostQuery, level: str, resource: str
) -> LinesPage:
    """Return the page of one resource; the ledger tells none, so there is nothing to hold its lines against."""
    all_url = _to(builder, query, level=level)
    return replace(
        page,
        table=_resources(found, query) if level == "resources" else _lines(found, query),
        only=OneResource(name=resource, line_count=found.line_count, total=found.total, all_url=all_url),
        empty=None
        if found.line_count
        else Empty(
            title="No bill lines",
            text="No charge of this period names this resource.",
            action=Link(label="Show all", url=all_url),
        ),
    )


def _filled(page: LinesPage, found: BillLines, *, builder: ExploreBuilder, query: CostQuery, level: str) -> LinesPage:
    own, everything = _total(builder, direct(query)), _total(builder, query)
    moved = everything - own
    return replace(
        page,
        table=_resources(found, query) if level == "resources" else _lines(found, query),
        check=Check(lines_total=found.total, ledger_total=own, line_count=found.line_count),
        split_cost=moved if _has_splits(builder, query) else None,
        split_links=_split_links(builder, query),
        empty=None
        if found.line_count
        else Empty(title="No bill lines", text="This figure has no direct cost: all of it came in by splits."),
    )


def _pagination(
    builder: ExploreBuilder, query: CostQuery, found: BillLines, *, before: int, resource: str
) -> Pagination | None:
    if not found.lines:
        return None
    shown = before + len(found.lines)
    following = ".".join(map(str, (*found.following, shown))) if found.following else ""
    return Pagination(
        first=before + 1,
        last=shown,
        total=found.line_count,
        previous_url=_to(builder, query, level="lines", resource=resource) if before else "",
        next_url=_to(builder, query, level="lines", resource=resource, after=following) if following else "",
        noun="lines",
    )


def _total(builder: ExploreBuilder, query: CostQuery) -> Decimal:
    found = answer(query, visibility=builder.visibility, runs=builder.runs)
    return sum((one.total.total for one in found.currencies), Decimal(0))


def _origins(builder: ExploreBuilder, query: CostQuery) -> list[str]:
    by_origin = answer(replace(query, by=("origin",)), visibility=builder.visibility, runs=builder.runs)
    found = (line.groups[0] for one in by_origin.currencies for line in one.lines)
    return [origin for origin in found if origin and origin != "direct"]


def _has_splits(builder: ExploreBuilder, query: CostQuery) -> bool:
    return bool(_origins(builder, query))


def _split_links(builder: ExploreBuilder, query: CostQuery) -> tuple[Link, ...]:
    """Return the way to each split that moved cost in or out: the cost of the split, by the values it touched."""
    dimension = builder.path[:1]
    return tuple(
        Link(
            label=origin,
            url=builder.to(
                replace(query, by=dimension, filters=(Filter(name="origin", values=(origin,)),), granularity="total")
            ),
        )
        for origin in _origins(builder, query)
    )


def _moved(builder: ExploreBuilder, query: CostQuery) -> Empty:
    links = _split_links(builder, query)
    return Empty(
        title="Moved by a split",
        text="This cost was shared out of a pool and has no bill lines of its own. The lines are those of the pool.",
        action=Link(label=f"Show the split {links[0].label}", url=links[0].url) if links else None,
    )


def _resources(found: BillLines, query: CostQuery) -> Table:
    rows = [
        _resource(one.resource or "No resource named", one.service, one.line_count, one.amount)
        for one in found.resources
    ]
    if hidden := found.resource_count - len(found.resources):
        counted = found.line_count - sum(one.line_count for one in found.resources)
        shown = sum((one.amount for one in found.resources), Decimal(0))
        rows.append(_resource(f"{hidden:,} others", "", counted, found.total - shown))
    return Table(
        id="resources",
        caption="Cost by resource",
        columns=(
            Column(key="resource", label="Resource", is_fixed=True),
            Column(key="service", label="Service"),
            Column(key="lines", label="Bill lines", kind="number"),
            Column(key="amount", label="Direct cost", kind="money", currency=_unit(query)),
        ),
        rows=tuple(rows),
        total=_resource("Total", "", found.line_count, found.total),
    )


def _resource(name: str, service: str | None, line_count: int, amount: Decimal) -> Row:
    return Row(cells=tuple(Cell(value=value) for value in (name, service, Decimal(line_count), amount)))


def _lines(found: BillLines, query: CostQuery) -> Table:
    return Table(
        id="lines",
        caption="Bill lines",
        columns=(
            Column(key="place", label="File and row", is_fixed=True),
            Column(key="day", label="Day", kind="day"),
            Column(key="account", label="Account"),
            Column(key="service", label="Service"),
            Column(key="description", label="Charge"),
            Column(key="amount", label="Amount", kind="money", currency=_unit(query)),
        ),
        rows=tuple(
            Row(
                cells=(
                    Cell(
                        value=f"{PurePosixPath(one.file_name).name or one.source_name}, row {one.key.row:,}",
                        note=one.source_name,
                    ),
                    Cell(value=one.charge_date),
                    Cell(value=one.account, note="; ".join(f"inherits {tag.key}: {tag.text}" for tag in one.inherited)),
                    Cell(value=one.service),
                    Cell(value=one.description, note=one.resource or ""),
                    Cell(value=one.amount),
                )
            )
            for one in found.lines
        ),
    )


def _unit(query: CostQuery) -> str:
    return "" if query.measure == "consumed_quantity" else query.currency or ""


def _to(builder: ExploreBuilder, query: CostQuery, *, level: str, resource: str = "", after: str = "") -> str:
    more = [("level", level), *(pair for pair in (("resource", resource), ("after", after)) if pair[1])]
    return address(query, builder.lens, to=reverse("explore_lines"), more=more)
