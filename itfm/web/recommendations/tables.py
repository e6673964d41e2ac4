"""The tables of the page of recommendations: each of them, and what they add up to by action. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from ingestion.recommendations import ActionSavings
from ingestion.resource_costs import Asked, ResourceCost
from itfm.core.money import total
from itfm.web.allocation.build import share_percent
from itfm.web.components import Cell, Column, Empty, Link, Row, Table, changed, with_sorting
from itfm.web.recommendations.query import DEFAULT_SORT, RecommendationQuery
from itfm.web.recommendations.words import action_text, change_text, lines_address, short_name

EFFORTS: Final = {"VeryLow": "Very low", "VeryHigh": "Very high"}


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What the resources on a page cost in a month."""

    period: date
    found: Mapping[Asked, ResourceCost]


def asked_of(one: Mapping[str, Any]) -> Asked | None:
    """Return the resource of a recommendation; None where it is for none, as what is to be purchased."""
    if not one["resource_id"]:
        return None
    return Asked(UUID(one["source"]), one["sub_account_id"], one["resource_id"])


def recommendations_table(
    rows: Sequence[Mapping[str, Any]],
    query: RecommendationQuery,
    *,
    currency: str,
    names_source: bool,
    costs: Costs | None,
    exports: tuple[Link, ...],
) -> Table:
    """Return one part of the recommendations in one currency."""
    month = f"{costs.period:%b %Y}" if costs else ""
    columns = (
        Column(key="resource", label="Resource"),
        Column(key="savings", label="Savings", kind="money", currency=currency),
        Column(key="action", label="Action"),
        Column(key="effort", label="Effort"),
        Column(key="cost", label="Estimated cost", kind="money", currency=currency),
        Column(key="account", label="Account"),
        Column(key="source", label="Source", is_shown=names_source),
    )
    sortable = with_sorting(columns, query=query.pairs, sort=query.sort, default=DEFAULT_SORT)
    # What a resource cost is looked up for the rows that are shown, so it cannot sort them.
    billed = Column(key="billed", label=f"Cost, {month}", kind="money", currency=currency, is_shown=costs is not None)
    return Table(
        id="recommendations-table",
        caption=f"Recommendations in {currency}" if currency else "Recommendations",
        columns=(*sortable[:5], billed, *sortable[5:]),
        rows=tuple(_row(one, costs=costs) for one in rows),
        exports=exports,
        empty=_nothing(is_narrowed=query.is_narrowed),
    )


def _nothing(*, is_narrowed: bool) -> Empty:
    if not is_narrowed:
        return Empty(title="Nothing to recommend", text="The newest lists have no recommendation.", icon="check")
    show_all = Link(label="Show all", url=reverse("recommendations"))
    return Empty(title="None found", text="None of the recommendations is like this.", action=show_all)


def _row(one: Mapping[str, Any], *, costs: Costs | None) -> Row:
    effort, kind = one["implementation_effort"], one["resource_type"] or ""
    account = one["sub_account_name"] or one["sub_account_id"]
    resource, region = short_name(one["resource_id"]), one["region_id"]
    known = kind if resource else ""
    return Row(
        cells=(
            Cell(value=resource or kind or "No resource named", note=", ".join(filter(None, (known, region)))),
            Cell(value=one["estimated_monthly_savings"]),
            Cell(
                value=action_text(one["action"]),
                note=change_text(
                    one["current_summary"], one["recommended_summary"] or one["recommended_resource_type"]
                ),
            ),
            Cell(value=EFFORTS.get(effort, effort)),
            Cell(value=one["estimated_monthly_cost"]),
            _billed(one, costs),
            Cell(value=account, note=one["sub_account_id"] if account != one["sub_account_id"] else ""),
            Cell(value=one["source_name"]),
        )
    )


def _billed(one: Mapping[str, Any], costs: Costs | None) -> Cell:
    """Return what the resource cost in the month, with the way to its bill lines."""
    asked = asked_of(one)
    cost = costs.found.get(asked) if costs and asked else None
    amount = cost.amounts.get(one["currency"]) if cost else None
    if costs is None or asked is None or cost is None or amount is None:
        return Cell(value=None)
    return Cell(value=amount, url=lines_address(asked, cost.name, period=costs.period, currency=one["currency"]))


def actions_table(found: Sequence[ActionSavings], query: RecommendationQuery, *, currency: str) -> Table:
    """Return what recommendations in one currency add up to by action, each leading to its own."""
    whole = total(one.estimated_monthly_savings for one in found)
    return Table(
        id="actions-table",
        caption=f"Estimated savings by action in {currency}",
        columns=(
            Column(key="action", label="Action"),
            Column(key="savings", label="Savings", kind="money", currency=currency),
            Column(key="share", label="Share", kind="share"),
            Column(key="count", label="Recommendations", kind="number"),
        ),
        rows=tuple(
            Row(
                cells=(
                    Cell(
                        value=action_text(one.action),
                        url=changed(query.pairs, action=one.action, page=None) if one.action else "",
                    ),
                    Cell(value=one.estimated_monthly_savings),
                    Cell(value=share_percent(one.estimated_monthly_savings, whole)),
                    Cell(value=Decimal(one.count)),
                )
            )
            for one in found
        ),
    )
