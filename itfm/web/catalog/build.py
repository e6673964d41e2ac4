"""From the services and regions of bills to the pages on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django import forms

from ingestion.models import Bill, BillRevision, RegionMapping, ServiceMapping
from ingestion.region_catalog import RegionCatalog, region_catalog
from ingestion.service_catalog import Catalog, catalog
from ingestion.tie_out import bill_states
from ingestion.unknown import Unknown
from itfm.accounts.models import Membership
from itfm.web.bills.page import BILL_STATES
from itfm.web.catalog.page import (
    SERVICES,
    CatalogPage,
    CurrencyCost,
    MappingPage,
    MappingRow,
    OutdatedRow,
    UnknownRow,
    Words,
)
from itfm.web.shell.page import Shell

MOST_UNKNOWN: Final = 200


def catalog_page(words: Words, *, shell: Shell, membership: Membership, at: datetime) -> CatalogPage:
    """Return which services have no category, or which regions no name, and what others are said to be."""
    found = _catalog(words)
    return CatalogPage(
        shell=shell,
        words=words,
        unknown=tuple(_unknown_row(one, words) for one in found.unknown[:MOST_UNKNOWN]),
        hidden_unknown_count=max(len(found.unknown) - MOST_UNKNOWN, 0),
        mappings=tuple(_mapping_row(one, words) for one in found.mappings),
        outdated=_outdated_rows(found.outdated, at=at),
        has_bills=Bill.objects.filter(current_revision__isnull=False).exists(),
        may_write=membership.may("sources.write"),
        may_pull=membership.may("bills.pull"),
    )


def mapping_page(
    words: Words, form: forms.Form, *, provider: str, called: str, is_mapped: bool, shell: Shell
) -> MappingPage:
    """Return the form of one service or region, with what bills say of it."""
    told = (one for one in _catalog(words).unknown if (one.provider, one.called) == (provider, called))
    unknown = next(told, None)
    return MappingPage(
        shell=shell,
        words=words,
        form=form,
        provider=provider,
        called=called,
        unknown=_unknown_row(unknown, words) if unknown else None,
        is_mapped=is_mapped,
    )


def _catalog(words: Words) -> Catalog | RegionCatalog:
    return catalog() if words == SERVICES else region_catalog()


def _unknown_row(one: Unknown, words: Words) -> UnknownRow:
    return UnknownRow(
        provider=one.provider,
        called=one.called,
        costs=tuple(CurrencyCost(currency=currency, billed_cost=cost) for currency, cost in one.costs.items()),
        charge_count=one.charge_count,
        bill_count=one.bill_count,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        query=words.query(one.provider, one.called),
    )


def _mapping_row(one: ServiceMapping | RegionMapping, words: Words) -> MappingRow:
    return MappingRow(
        id=one.id,
        provider=one.provider,
        called=one.called,
        name=one.name,
        category=one.category if isinstance(one, ServiceMapping) else "",
        subcategory=one.subcategory if isinstance(one, ServiceMapping) else "",
        mapped_by=one.mapped_by,
        mapped_at=one.mapped_at,
        query=words.query(one.provider, one.called),
    )


def _outdated_rows(outdated: Sequence[BillRevision], *, at: datetime) -> tuple[OutdatedRow, ...]:
    ids = [revision.id for revision in outdated]
    states = bill_states(BillRevision.objects.filter(id__in=ids), at=at) if ids else {}
    return tuple(
        OutdatedRow(
            bill_id=revision.bill_id,
            source_name=revision.bill.source.name,
            billing_period=revision.bill.billing_period,
            state=BILL_STATES[states[revision.bill_id]] if revision.bill_id in states else None,
        )
        for revision in outdated
    )
