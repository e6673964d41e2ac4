"""What a cost center could do to cost less: what providers recommend for the resources that it pays for.

A recommendation is its resource's, and so that of the cost center with the most direct cost of the resource in the
month. Of several for one resource, which exclude each other more often than not, the one that saves the most counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import structlog

from allocation.costs.lines import NoLinesError
from allocation.costs.owners import OwnedCost, owned_costs
from allocation.models import AllocationRun
from ingestion.models import RecommendationList
from ingestion.recommendations import ListNotKeptError, Wanted, lists_of_month, recommendations_sorted
from ingestion.resource_costs import names_of
from itfm.core.keeping import kept
from showback.statement import Action

logger = structlog.get_logger(__name__)
MOST_ACTIONS: Final = 3
MOST_LOOKED_AT: Final = 20_000
"""Recommendations of an organization, those that save the most: nobody is told the others first."""
_Place = tuple[UUID, str | None, str]
"""Source, account and resource, as the bill has them."""


def actions_of(codes: Collection[str], *, run: AllocationRun, dimension: str) -> tuple[Action, ...]:
    """Return the few things that would save these cost centers the most, by the run of a month.

    Currencies are told one after the other, the one with the largest single saving first.
    """
    lists = list(lists_of_month(run.billing_period).order_by("source__name", "id"))
    if not lists:
        return ()
    by_code = kept(
        "actions",
        (run.id, dimension, [one.id for one in lists]),
        lambda _: _by_code(run, lists, dimension=dimension),
        is_worth_keeping=lambda found: found is not None,
    )
    own = [one for code in codes for one in (by_code or {}).get(code, ())]
    return _largest(own)[:MOST_ACTIONS]


def _by_code(
    run: AllocationRun, lists: Sequence[RecommendationList], *, dimension: str
) -> dict[str, tuple[Action, ...]] | None:
    """Return the largest actions of every cost center by its code; None where they cannot be worked out."""
    try:
        rows = [row for row in _rows(lists) if row["resource_id"] and (row["estimated_monthly_savings"] or 0) > 0]
        names = sorted({name for row in rows for name in names_of(row["resource_id"])})
        costs = owned_costs(run, names, source_ids={one.source_id for one in lists}, dimension=dimension)
    except (ListNotKeptError, NoLinesError) as error:
        logger.warning("actions.not_told", run=str(run.pk), error=str(error))
        return None
    owned: dict[_Place, list[OwnedCost]] = defaultdict(list)
    for cost in costs:
        owned[cost.source_id, cost.account, cost.resource].append(cost)
    days = {str(one.id): one.told_on for one in lists}
    found: dict[str, list[Action]] = defaultdict(list)
    for row in rows:
        owner = _owner(row, owned)
        if owner is not None and owner.value:
            found[owner.value].append(_action(row, owner, code=owner.value, told_on=days[row["list"]]))
    return {code: _largest(own) for code, own in found.items()}


def _rows(lists: Sequence[RecommendationList]) -> list[dict[str, Any]]:
    """Return the recommendations that save the most, of each currency as many."""
    currencies = sorted({currency for one in lists for currency in one.savings})
    return [
        row
        for currency in currencies
        for row in recommendations_sorted(
            lists,
            wanted=Wanted(filters={"currency": currency}),
            by="estimated_monthly_savings",
            is_descending=True,
            limit=MOST_LOOKED_AT,
        )
    ]


def _owner(row: Mapping[str, Any], owned: Mapping[_Place, Sequence[OwnedCost]]) -> OwnedCost | None:
    """Return what whoever has most of a resource's cost has of it, in the currency of the saving if there is such."""
    places = [(UUID(row["source"]), row["sub_account_id"], name) for name in names_of(row["resource_id"])]
    parts = [one for place in places for one in owned.get(place, ())]
    same = [one for one in parts if one.currency == row["currency"]]
    return max(same or parts, key=lambda one: (one.effective_cost, one.value or ""), default=None)


def _action(row: Mapping[str, Any], owner: OwnedCost, *, code: str, told_on: date) -> Action:
    return Action(
        code=code,
        source_id=owner.source_id,
        source_name=row["source_name"],
        told_on=told_on,
        recommendation_id=row["recommendation_id"],
        action=row["action"] or "",
        resource=row["resource_id"],
        billed_resource=owner.resource,
        resource_type=row["resource_type"] or "",
        account=row["sub_account_id"] or "",
        account_name=row["sub_account_name"] or "",
        current_summary=row["current_summary"] or "",
        recommended_summary=row["recommended_summary"] or row["recommended_resource_type"] or "",
        currency=row["currency"],
        estimated_monthly_savings=row["estimated_monthly_savings"],
        cost=owner.effective_cost if owner.currency == row["currency"] else None,
    )


def _largest(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return the few largest of each currency, of each resource one, the currency with the largest first."""
    ordered = sorted(actions, key=lambda one: (-one.estimated_monthly_savings, one.resource, one.recommendation_id))
    of_resources: dict[tuple[UUID, str, str], Action] = {}
    for one in ordered:
        of_resources.setdefault((one.source_id, one.account, one.resource), one)
    by_currency: dict[str, list[Action]] = defaultdict(list)
    for one in of_resources.values():
        by_currency[one.currency].append(one)
    return tuple(one for own in by_currency.values() for one in own[:MOST_ACTIONS])
