"""Which services of the bills in force have no category, and which bills would have others if they were read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ingestion.focus.mapped_services import MappedService
from ingestion.focus.services import OTHER_CATEGORY
from ingestion.models import BillRevision, ServiceMapping
from ingestion.services.mappings import mapped
from ingestion.unknown import Found, Unknown, read_found, revisions_in_force, unknown
from itfm.core.keeping import kept

FILES: Final = {"daily": "daily.parquet", "sets": "attribute_sets.parquet"}

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
class Catalog:
    """What an organization has to say of its services, and has said.

    `unknown` are the dearest first; `outdated` bills in force that other services, or none, were mapped in when they
    were read than would be now, newest first.
    """

    unknown: tuple[Unknown, ...]
    mappings: tuple[ServiceMapping, ...]
    outdated: tuple[BillRevision, ...]


def catalog() -> Catalog:
    """Return the services of the organization of the running transaction."""
    revisions = revisions_in_force()
    mappings = tuple(ServiceMapping.objects.order_by("provider", "called", "id"))
    said = {one.key: one for one in map(mapped, mappings)}
    found: dict[UUID, list[Found]] = defaultdict(list)
    for service in _without_category(revisions):
        found[service.revision_id].append(service)
    without = {revision.id: list(_left(found[revision.id], applied(revision))) for revision in revisions}
    return Catalog(
        unknown=unknown([one for services in without.values() for one in services if one.key not in said]),
        mappings=mappings,
        outdated=tuple(revision for revision in revisions if _is_outdated(revision, without[revision.id], said=said)),
    )


def applied(revision: BillRevision) -> tuple[MappedService, ...]:
    """Return the mappings that a revision was read with."""
    return tuple(MappedService(**fields) for fields in revision.mapped_services)


def _without_category(revisions: Sequence[BillRevision]) -> list[Found]:
    ids = tuple(str(revision.id) for revision in revisions)
    return kept(
        "services-without-category",
        ids,
        lambda _: read_found(revisions, WITHOUT, FILES),
        is_worth_keeping=lambda _: True,
    )


def _left(found: Sequence[Found], mapped_then: Sequence[MappedService]) -> Iterator[Found]:
    """Yield what has no category though nobody has said that it is of none."""
    said = {(one.provider, one.name) for one in mapped_then if one.category == OTHER_CATEGORY}
    return (one for one in found if one.key not in said)


def _is_outdated(
    revision: BillRevision, without: Sequence[Found], *, said: dict[tuple[str, str], MappedService]
) -> bool:
    if revision.bill.source.removed_at is not None:
        return False
    is_said_otherwise = any(said.get(one.key) != one for one in applied(revision))
    return is_said_otherwise or any(one.key in said for one in without)
