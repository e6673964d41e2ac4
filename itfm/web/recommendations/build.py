"""From the newest lists of recommendations to the page and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.urls import reverse

from ingestion.models import BillSource, RecommendationList
from ingestion.normalize.recommending import AMOUNTS, TEXTS
from ingestion.recommendations import (
    ListNotKeptError,
    Savings,
    Wanted,
    choices,
    newest_lists,
    recommendations_sorted,
    savings,
    savings_by_action,
)
from ingestion.resource_costs import MOST_CHARGES, newest_month, resource_costs
from ingestion.services import KINDS
from itfm.web.components import Choice, Empty, Link, Pagination, Tab, Table, changed
from itfm.web.display import period_text
from itfm.web.recommendations.page import ListRow, RecommendationsPage, Select
from itfm.web.recommendations.query import CHOSEN, SORTS, RecommendationQuery
from itfm.web.recommendations.tables import Costs, actions_table, asked_of, recommendations_table
from itfm.web.recommendations.words import action_text
from itfm.web.sheets import KINDS as FILE_KINDS
from itfm.web.sheets import Sheet
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
LABELS: Final = {"action": "Action", "type": "Resource type", "region": "Region"}


def recommendations_page(
    query: RecommendationQuery, *, shell: Shell, may_write: bool, today: date
) -> RecommendationsPage:
    """Return the recommendations that are asked for, in the currency that is, else the one with the most of them."""
    everything = list(newest_lists().order_by("source__name", "id"))
    page = RecommendationsPage(
        shell=shell,
        lists=tuple(_list_row(one) for one in everything),
        savings=(),
        currencies=(),
        search=query.search,
        selects=(),
        kept=tuple(pair for pair in query.pairs if pair[0] in {"currency", "sort"}),
        is_narrowed=query.is_narrowed,
        table=Table(id="recommendations-table", caption="Recommendations", columns=(), rows=()),
        pagination=None,
    )
    if not everything:
        return replace(page, table=replace(page.table, empty=_none_yet(may_write=may_write)))
    try:
        return _filled(page, query, everything, today=today)
    except ListNotKeptError as error:
        return replace(page, table=replace(page.table, error=str(error)))


def _filled(
    page: RecommendationsPage, query: RecommendationQuery, everything: list[RecommendationList], *, today: date
) -> RecommendationsPage:
    lists = _of_source(everything, query)
    found = savings(lists, wanted=Wanted(filters=query.filters, search=query.search))
    shown = next((one for one in found if one.currency == query.currency), found[0] if found else None)
    rows: list[dict[str, Any]] = []
    first = 0
    if shown is not None:
        last_page = -(-shown.count // PER_PAGE)
        first = (min(query.page, last_page) - 1) * PER_PAGE
        rows = _sorted(lists, query, currency=shown.currency, first=first, limit=PER_PAGE)
    costs, costs_note = _costs(rows, lists, today=today)
    return replace(
        page,
        savings=found,
        currencies=_tabs(query, found, shown=shown.currency) if shown is not None and len(found) > 1 else (),
        selects=_selects(everything, query),
        actions=_actions(lists, query, currency=shown.currency) if shown else None,
        table=recommendations_table(
            rows,
            query,
            currency=shown.currency if shown else "",
            names_source=len(everything) > 1,
            costs=costs,
            exports=_exports(query) if rows else (),
        ),
        month=costs.period if costs else None,
        costs_note=costs_note,
        pagination=_pagination(query, first=first, shown=len(rows), total=shown.count) if shown else None,
    )


def recommendations_sheet(query: RecommendationQuery) -> Sheet:
    """Return all recommendations that are asked for, in the currency that is or in all, with what their lists tell.

    :raises ListNotKeptError: the file of a list is gone from the lake.
    """
    lists = _of_source(list(newest_lists().order_by("source__name", "id")), query)
    days = {str(one.id): one.told_on.isoformat() for one in lists}
    return Sheet(
        heads=("source_name", "told_on", *TEXTS, "refreshed_at", *AMOUNTS),
        rows=tuple(
            (
                one["source_name"],
                days[one["list"]],
                *(one[name] for name in TEXTS),
                _moment(one["refreshed_at"]),
                *(one[name] for name in AMOUNTS),
            )
            for one in _sorted(lists, query, currency=query.currency)
        ),
        text_count=len(TEXTS) + 3,
        name="Recommendations",
    )


def _actions(lists: Sequence[RecommendationList], query: RecommendationQuery, *, currency: str) -> Table | None:
    """Return the savings by action, where there are several."""
    wanted = Wanted(filters={**query.filters, "currency": currency}, search=query.search)
    found = savings_by_action(lists, wanted=wanted)
    return actions_table(found, query, currency=currency) if len(found) > 1 else None


def _of_source(lists: Sequence[RecommendationList], query: RecommendationQuery) -> list[RecommendationList]:
    return [one for one in lists if query.source_id in {None, one.source_id}]


def _sorted(
    lists: Sequence[RecommendationList],
    query: RecommendationQuery,
    *,
    currency: str,
    first: int = 0,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    filters = query.filters | ({"currency": currency} if currency else {})
    return recommendations_sorted(
        lists,
        wanted=Wanted(filters=filters, search=query.search),
        by=SORTS[query.sort.removeprefix("-")],
        is_descending=query.sort.startswith("-"),
        first=first,
        limit=limit,
    )


def _costs(
    rows: Sequence[Mapping[str, Any]], lists: Sequence[RecommendationList], *, today: date
) -> tuple[Costs | None, str]:
    """Return what the resources of some rows cost in the newest month that is over, or why that is not told."""
    month = newest_month([one.source_id for one in lists], today=today)
    if month is None:
        return None, ""
    if month.is_too_long:
        told = f"{period_text(month.period)} has more than {MOST_CHARGES:,} charges"
        return None, f"What each resource cost is not looked up here: {told}. Explore tells it."
    asked = {found for one in rows if (found := asked_of(one)) is not None}
    return Costs(period=month.period, found=resource_costs(month, asked)), ""


def _selects(lists: Sequence[RecommendationList], query: RecommendationQuery) -> tuple[Select, ...]:
    asked, known = dict(query.chosen), choices(lists, CHOSEN.values())
    found = [
        Select(
            name=name,
            label=LABELS[name],
            nothing="Any",
            choices=_choices(known[column], asked.get(name, "")),
        )
        for name, column in CHOSEN.items()
    ]
    if len(lists) > 1:
        sources = tuple(
            Choice(value=str(one.source_id), label=one.source.name, is_chosen=one.source_id == query.source_id)
            for one in lists
        )
        found.insert(0, Select(name="source", label="Source", nothing="All", choices=sources))
    return tuple(found)


def _choices(values: Sequence[str], asked: str) -> tuple[Choice, ...]:
    """Return the values with the one that is asked for among them, whether there is such or not."""
    every = sorted({*values, asked} - {""})
    return tuple(Choice(value=value, label=action_text(value), is_chosen=value == asked) for value in every)


def _tabs(query: RecommendationQuery, found: Sequence[Savings], *, shown: str) -> tuple[Tab, ...]:
    return tuple(
        Tab(
            label=one.currency,
            url=changed(query.pairs, currency=one.currency),
            is_current=one.currency == shown,
            count=one.count,
        )
        for one in found
    )


def _pagination(query: RecommendationQuery, *, first: int, shown: int, total: int) -> Pagination:
    number = first // PER_PAGE + 1
    return Pagination(
        first=first + 1,
        last=first + shown,
        total=total,
        previous_url=changed(query.pairs, page=str(number - 1)) if first else "",
        next_url=changed(query.pairs, page=str(number + 1)) if first + shown < total else "",
        noun="recommendations",
    )


def _exports(query: RecommendationQuery) -> tuple[Link, ...]:
    place = reverse("recommendations_file")
    return tuple(Link(label=kind.upper(), url=f"{place}{changed(query.pairs, format=kind)}") for kind in FILE_KINDS)


def _none_yet(*, may_write: bool) -> Empty:
    """Say how recommendations come in, and lead to the settings where they are asked for."""
    kinds = [key for key in KINDS if KINDS[key].recommending is not None]
    source = (
        BillSource.objects.filter(kind__in=kinds, removed_at=None, is_uploaded=False, is_draft=False)
        .order_by("name", "id")
        .first()
    )
    text = (
        "AWS writes cost optimization recommendations as a Data Export. Name its folder in the settings of the source"
        " that reads the bills of the same bucket or folder, and each pull takes in the newest list; or upload one as a"
        " file, as you do with bills."
    )
    action = None
    if may_write:
        action = (
            Link(label=f"Settings of {source.name}", url=reverse("source_settings", args=[source.id]))
            if source
            else Link(label="Connect a source", url=reverse("source_new"))
        )
    return Empty(title="No recommendations yet", text=text, action=action)


def _list_row(one: RecommendationList) -> ListRow:
    return ListRow(
        source_id=one.source_id,
        source_name=one.source.name,
        told_on=one.told_on,
        fetched_at=one.fetched_at,
        count=one.count,
    )


def _moment(value: datetime | None) -> str:
    return f"{value.isoformat()}Z" if value else ""
