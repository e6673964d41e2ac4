"""Which value of a dimension single resources cost, from the bill lines of a run: exact, and one reading for many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from allocation.bills import bills_of_run
from allocation.costs.lines import NoLinesError, classified, value_of
from allocation.engine.inputs import Revision
from allocation.engine.widening import charges_of
from allocation.models import AllocationRun
from ingestion.focus.expressions import literal

MOST_CHARGES: Final = 50_000_000
"""Of the bills that are looked through. Of ten million it takes two thirds of a second."""


class OwnedCost(NamedTuple):
    """The direct effective cost of a resource with one value of a dimension; None is what no rule caught."""

    source_id: UUID
    account: str | None
    resource: str
    value: str | None
    currency: str
    effective_cost: Decimal


def owned_costs(
    run: AllocationRun, resources: Collection[str], *, source_ids: Collection[UUID], dimension: str
) -> list[OwnedCost]:
    """Return what resources, as some sources' bills name them, cost in a run's period by value of a dimension.

    :raises NoLinesError: the bills are too long to look through, or the files are not there.
    """
    bills = [(revision, bill) for revision, bill in bills_of_run(run) if revision.bill.source_id in source_ids]
    if not bills or not resources:
        return []
    if sum(revision.row_count for revision, _ in bills) > MOST_CHARGES:
        raise NoLinesError(f"The bills of {run.billing_period:%Y-%m} have more than {MOST_CHARGES:,} charges.")
    with classified(run, bills) as database:
        database.execute("CREATE TEMP TABLE asked AS SELECT UNNEST($names) AS resource_id", {"names": [*resources]})
        rows = database.execute(_sql([bill for _, bill in bills], owner=value_of(dimension))).fetchall()
    return [OwnedCost(UUID(str(source)), *others) for source, *others in rows]


def _sql(bills: Sequence[Revision], *, owner: str) -> str:
    charges = " UNION ALL ".join(_charges(bill, owner=owner) for bill in bills)
    return f"""
        -- Effective cost of some resources. Grain: source, account, resource, owner, currency. Exact.
        SELECT source_id, sub_account_id, resource_id, owner, billing_currency, SUM(effective_cost) AS effective_cost
        FROM ({charges})
        GROUP BY source_id, sub_account_id, resource_id, owner, billing_currency
        ORDER BY source_id, sub_account_id, resource_id, owner NULLS LAST, billing_currency
        """  # noqa: S608 - texts are quoted


def _charges(bill: Revision, *, owner: str) -> str:
    source = literal(bill.source_id)
    own = f"SELECT attribute_set_id, {owner} AS owner FROM classified WHERE source_id = {source}"  # noqa: S608 - quoted
    return f"""
        SELECT
            {source} AS source_id, charges.sub_account_id, charges.resource_id, own.owner, charges.billing_currency,
            COALESCE(charges.effective_cost, 0) AS effective_cost
        FROM {charges_of(own, bill, with_sets=True)}
        SEMI JOIN asked ON asked.resource_id = charges.resource_id
        """  # noqa: S608 - texts are quoted
