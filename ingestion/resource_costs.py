"""What single resources cost in a month, from the charges of the bills in force: exact, and one reading for many."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from ingestion.focus.expressions import literal
from ingestion.models import Bill, BillRevision
from ingestion.revisions import reader, revision_folder
from ingestion.selectors import current_revisions

MOST_CHARGES: Final = 5_000_000
"""Of the bills that are looked through for one page: a second or less. Nobody waits for more."""
_SHORT: Final = re.compile(r"arn:[^:]*:ec2:[^:]*:[^:]*:[^/]+/(?P<id>.+)")
"""The ARNs of what EC2 has: an AWS bill tells it by the last part alone, which no other resource has."""


class Asked(NamedTuple):
    """A resource as a provider names it, in an account of a source."""

    source_id: UUID
    account: str
    resource: str


@dataclass(frozen=True, kw_only=True)
class ResourceCost:
    """The effective cost of a resource in a month by currency, and its name in the bill."""

    name: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True)
class MonthOfBills:
    """The newest month that is over of which sources have bills, and these."""

    period: date
    bills: Sequence[BillRevision]

    @property
    def is_too_long(self) -> bool:
        """Whether there are too many charges to look through while somebody waits."""
        return sum(bill.row_count for bill in self.bills) > MOST_CHARGES


def newest_month(source_ids: Collection[UUID], *, today: date) -> MonthOfBills | None:
    """Return the newest month that is over of which one of the sources has a bill in force; None without any."""
    bills = Bill.objects.filter(
        source_id__in=source_ids, current_revision__isnull=False, billing_period__lt=today.replace(day=1)
    )
    period = bills.order_by("-billing_period").values_list("billing_period", flat=True).first()
    if period is None:
        return None
    return MonthOfBills(period=period, bills=list(current_revisions(period).filter(bill__source_id__in=source_ids)))


def resource_costs(month: MonthOfBills, asked: Collection[Asked]) -> dict[Asked, ResourceCost]:
    """Return what resources cost in a month; those that no charge names are absent.

    A resource is looked for under its whole name, and what EC2 has under its id as well. Nothing is looked for in bills
    that are too long, or whose charges are not in the lake.
    """
    bills = [bill for bill in month.bills if (revision_folder(bill) / "charges.parquet").is_file()]
    if month.is_too_long or not bills or not asked:
        return {}
    names = sorted({name for one in asked for name in names_of(one.resource)})
    found: dict[tuple[UUID, str, str], dict[str, Decimal]] = {}
    with reader(*(revision_folder(bill) for bill in bills)) as database:
        rows = database.execute(_sql(bills), {"names": names}).fetchall()
    for source, account, name, currency, amount in rows:
        found.setdefault((UUID(source), account, name), {})[currency] = amount
    return {
        one: ResourceCost(name=name, amounts=found[one.source_id, one.account, name])
        for one in asked
        for name in names_of(one.resource)
        if (one.source_id, one.account, name) in found
    }


def names_of(resource: str) -> tuple[str, ...]:
    """Return the names under which a bill may tell a resource, the one that counts last."""
    short = _SHORT.fullmatch(resource)
    return (short["id"], resource) if short else (resource,)


def _sql(bills: Sequence[BillRevision]) -> str:
    charges = " UNION ALL ".join(
        f"SELECT {literal(str(bill.bill.source_id))} AS source, sub_account_id, resource_id, billing_currency,"  # noqa: S608
        f" effective_cost FROM read_parquet({literal(str(revision_folder(bill) / 'charges.parquet'))})"
        for bill in bills
    )
    return f"""
        -- Effective cost of some resources. Grain: source, account, resource, currency. Exact.
        SELECT source, sub_account_id, resource_id, billing_currency, SUM(effective_cost) AS effective_cost
        FROM ({charges})
        WHERE list_contains($names, resource_id)
        GROUP BY source, sub_account_id, resource_id, billing_currency
        ORDER BY source, sub_account_id, resource_id, billing_currency
        """  # noqa: S608 - our own names; texts are bound or quoted
