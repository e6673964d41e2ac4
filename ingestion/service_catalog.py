"""Which services of the bills in force have no category, and which bills would have others if they were read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import F

from ingestion.focus.mapped_services import MappedService
from ingestion.focus.services import OTHER_CATEGORY
from ingestion.models import BillRevision, ServiceMapping
from ingestion.revisions import reader, revision_folder
from ingestion.services.mappings import mapped
from itfm.core.keeping import kept
from itfm.core.money import CONTEXT

DAILY: Final = "daily.parquet"
SETS: Final = "attribute_sets.parquet"

WITHOUT: Final = """
-- Services without a category of bills. Grain: (folder, provider, called, billing_currency). Exact.
WITH
sets AS (
    SELECT
        replace(filename, $sets_name, '') AS folder,
        attribute_set_id,
        coalesce(service_provider_name, '') AS provider,
        service_name AS called
    FROM read_parquet($sets, filename = TRUE)
    WHERE coalesce(service_category, 'Other') = 'Other' AND service_name IS NOT NULL
),
days AS (
    SELECT
        replace(filename, $daily_name, '') AS folder,
        attribute_set_id,
        charge_date,
        billing_currency,
        billed_cost,
        charge_count
    FROM read_parquet($daily, filename = TRUE)
)
SELECT
    folder,
    provider,
    called,
    billing_currency,
    SUM(billed_cost) AS billed_cost,
    SUM(charge_count)::BIGINT AS charge_count,
    MIN(charge_date) AS first_seen,
    MAX(charge_date) AS last_seen
FROM days
INNER JOIN sets USING (folder, attribute_set_id)
GROUP BY ALL
ORDER BY ALL
"""


@dataclass(frozen=True, kw_only=True)
class FoundService:
    """A service without a category in one bill and currency; from `first_seen` to `last_seen` inclusive."""

    revision_id: UUID
    provider: str
    called: str
    currency: str
    billed_cost: Decimal
    charge_count: int
    first_seen: date
    last_seen: date

    @property
    def key(self) -> tuple[str, str]:
        """What tells the service apart."""
        return self.provider, self.called


@dataclass(frozen=True, kw_only=True)
class UnknownService:
    """A service that nothing says the category of, over the bills in force; the costs go by currency."""

    provider: str
    called: str
    costs: dict[str, Decimal]
    charge_count: int
    bill_count: int
    first_seen: date
    last_seen: date


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """What an organization has to say of its services, and has said.

    `unknown` are the dearest first; `outdated` bills in force that other services, or none, were mapped in when they
    were read than would be now, newest first.
    """

    unknown: tuple[UnknownService, ...]
    mappings: tuple[ServiceMapping, ...]
    outdated: tuple[BillRevision, ...]


def catalog() -> Catalog:
    """Return the services of the organization of the running transaction."""
    revisions = _in_force()
    mappings = tuple(ServiceMapping.objects.order_by("provider", "called", "id"))
    said = {one.key: one for one in map(mapped, mappings)}
    found: dict[UUID, list[FoundService]] = defaultdict(list)
    for service in _without_category(revisions):
        found[service.revision_id].append(service)
    without = {revision.id: list(_left(found[revision.id], applied(revision))) for revision in revisions}
    return Catalog(
        unknown=_unknown([one for services in without.values() for one in services if one.key not in said]),
        mappings=mappings,
        outdated=tuple(revision for revision in revisions if _is_outdated(revision, without[revision.id], said=said)),
    )


def applied(revision: BillRevision) -> tuple[MappedService, ...]:
    """Return the mappings that a revision was read with."""
    return tuple(MappedService(**fields) for fields in revision.mapped_services)


def _in_force() -> list[BillRevision]:
    found = BillRevision.objects.filter(bill__current_revision=F("id")).select_related("bill__source")
    return list(found.order_by("-bill__billing_period", "bill__source__name", "id"))


def _without_category(revisions: Sequence[BillRevision]) -> list[FoundService]:
    ids = tuple(str(revision.id) for revision in revisions)
    return kept("services-without-category", ids, lambda _: _read(revisions), is_worth_keeping=lambda _: True)


def _read(revisions: Sequence[BillRevision]) -> list[FoundService]:
    folders = {f"{revision_folder(one)}/": one.id for one in revisions if (revision_folder(one) / DAILY).is_file()}
    if not folders:
        return []
    asked = {
        "daily": [f"{folder}{DAILY}" for folder in folders],
        "sets": [f"{folder}{SETS}" for folder in folders],
        "daily_name": DAILY,
        "sets_name": SETS,
    }
    with reader(*(revision_folder(one) for one in revisions)) as database:
        rows = database.execute(WITHOUT, asked).fetchall()
    return [
        FoundService(
            revision_id=folders[folder],
            provider=provider,
            called=called,
            currency=currency,
            billed_cost=cost,
            charge_count=int(charges),
            first_seen=first,
            last_seen=last,
        )
        for folder, provider, called, currency, cost, charges, first, last in rows
    ]


def _left(found: Sequence[FoundService], mapped_then: Sequence[MappedService]) -> Iterator[FoundService]:
    """Yield what has no category though nobody has said that it is of none."""
    said = {(one.provider, one.name) for one in mapped_then if one.category == OTHER_CATEGORY}
    return (one for one in found if one.key not in said)


def _is_outdated(
    revision: BillRevision, without: Sequence[FoundService], *, said: dict[tuple[str, str], MappedService]
) -> bool:
    if revision.bill.source.removed_at is not None:
        return False
    is_said_otherwise = any(said.get(one.key) != one for one in applied(revision))
    return is_said_otherwise or any(one.key in said for one in without)


def _unknown(found: Sequence[FoundService]) -> tuple[UnknownService, ...]:
    by_service: dict[tuple[str, str], list[FoundService]] = defaultdict(list)
    for one in found:
        by_service[one.key].append(one)
    services = [_summed(parts) for parts in by_service.values()]
    return tuple(sorted(services, key=lambda one: (-max(map(abs, one.costs.values())), one.provider, one.called)))


def _summed(parts: Sequence[FoundService]) -> UnknownService:
    costs: dict[str, Decimal] = {}
    for part in parts:
        costs[part.currency] = CONTEXT.add(costs.get(part.currency, Decimal(0)), part.billed_cost)
    return UnknownService(
        provider=parts[0].provider,
        called=parts[0].called,
        costs=dict(sorted(costs.items())),
        charge_count=sum(part.charge_count for part in parts),
        bill_count=len({part.revision_id for part in parts}),
        first_seen=min(part.first_seen for part in parts),
        last_seen=max(part.last_seen for part in parts),
    )
