"""Which regions of the bills in force have no name, and which bills would have others if they were read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingestion.focus.mapped_regions import MappedRegion
from ingestion.models import BillRevision, RegionMapping
from ingestion.service_catalog import catalog
from ingestion.services.mappings import mapped_region
from ingestion.unknown import Found, Unknown, read_found, revisions_in_force, unknown
from itfm.core.keeping import kept

FILES: Final = {"charges": "charges.parquet"}
WITHOUT: Final = """
-- Regions without a name of one bill. Grain: (folder, provider, called, billing_currency). Exact.
SELECT
    replace(filename, $charges_name, '') AS folder,
    coalesce(host_provider_name, '') AS provider,
    region_id AS called,
    billing_currency,
    SUM(billed_cost) AS billed_cost,
    COUNT(*)::BIGINT AS charge_count,
    MIN(charge_period_start)::DATE AS first_seen,
    MAX(charge_period_start)::DATE AS last_seen
FROM read_parquet($charges, filename = TRUE)
WHERE region_id IS NOT NULL AND region_name IS NULL
GROUP BY ALL
ORDER BY ALL
"""


@dataclass(frozen=True, kw_only=True)
class RegionCatalog:
    """What an organization has to say of its regions, and has said; as `service_catalog.Catalog`."""

    unknown: tuple[Unknown, ...]
    mappings: tuple[RegionMapping, ...]
    outdated: tuple[BillRevision, ...]


def region_catalog() -> RegionCatalog:
    """Return the regions of the organization of the running transaction."""
    revisions = revisions_in_force()
    mappings = tuple(RegionMapping.objects.order_by("provider", "called", "id"))
    said = {one.key: one for one in map(mapped_region, mappings)}
    without = {revision.id: _without_name(revision) for revision in revisions}
    return RegionCatalog(
        unknown=unknown([one for regions in without.values() for one in regions if one.key not in said]),
        mappings=mappings,
        outdated=tuple(one for one in revisions if _is_outdated(one, without[one.id], said=said)),
    )


def outdated_bills() -> tuple[BillRevision, ...]:
    """Return the bills in force that would have other services or regions if they were read again, newest first."""
    ids = {one.id for found in (catalog(), region_catalog()) for one in found.outdated}
    return tuple(one for one in revisions_in_force() if one.id in ids)


def _without_name(revision: BillRevision) -> list[Found]:
    """Return the regions of a bill without a name. Kept bill by bill, as all of its charges are looked at."""
    return kept(
        "regions-without-name",
        str(revision.id),
        lambda _: read_found([revision], WITHOUT, FILES),
        is_worth_keeping=lambda _: True,
    )


def _is_outdated(revision: BillRevision, without: list[Found], *, said: dict[tuple[str, str], MappedRegion]) -> bool:
    if revision.bill.source.removed_at is not None:
        return False
    applied = (MappedRegion(**fields) for fields in revision.mapped_regions)
    is_said_otherwise = any(said.get(one.key) != one for one in applied)
    return is_said_otherwise or any(one.key in said for one in without)
