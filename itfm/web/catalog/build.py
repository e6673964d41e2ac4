"""From the services of bills to the pages on them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django import forms

from ingestion.models import Bill, BillRevision, ServiceMapping
from ingestion.service_catalog import Catalog, UnknownService, catalog
from ingestion.tie_out import bill_states
from itfm.accounts.models import Membership
from itfm.web.bills.page import BILL_STATES
from itfm.web.catalog.page import CurrencyCost, MappingRow, OutdatedRow, ServicePage, ServicesPage, UnknownRow
from itfm.web.shell.page import Shell

MOST_UNKNOWN: Final = 200


def services_page(*, shell: Shell, membership: Membership, at: datetime) -> ServicesPage:
    """Return which services have no category, and what others are said to be."""
    found = catalog()
    return ServicesPage(
        shell=shell,
        unknown=tuple(_unknown_row(one) for one in found.unknown[:MOST_UNKNOWN]),
        hidden_unknown_count=max(len(found.unknown) - MOST_UNKNOWN, 0),
        mappings=tuple(_mapping_row(one) for one in found.mappings),
        outdated=_outdated_rows(found, at=at),
        has_bills=Bill.objects.filter(current_revision__isnull=False).exists(),
        may_write=membership.may("sources.write"),
        may_pull=membership.may("bills.pull"),
    )


def service_page(form: forms.Form, *, provider: str, called: str, is_mapped: bool, shell: Shell) -> ServicePage:
    """Return the form of one service, with what bills say of it."""
    told = (one for one in catalog().unknown if (one.provider, one.called) == (provider, called))
    unknown = next(told, None)
    return ServicePage(
        shell=shell,
        form=form,
        provider=provider,
        called=called,
        unknown=_unknown_row(unknown) if unknown else None,
        is_mapped=is_mapped,
    )


def _unknown_row(one: UnknownService) -> UnknownRow:
    return UnknownRow(
        provider=one.provider,
        called=one.called,
        costs=tuple(CurrencyCost(currency=currency, billed_cost=cost) for currency, cost in one.costs.items()),
        charge_count=one.charge_count,
        bill_count=one.bill_count,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
    )


def _mapping_row(one: ServiceMapping) -> MappingRow:
    return MappingRow(
        id=one.id,
        provider=one.provider,
        called=one.called,
        name=one.name,
        category=one.category,
        subcategory=one.subcategory,
        mapped_by=one.mapped_by,
        mapped_at=one.mapped_at,
    )


def _outdated_rows(found: Catalog, *, at: datetime) -> tuple[OutdatedRow, ...]:
    ids = [revision.id for revision in found.outdated]
    states = bill_states(BillRevision.objects.filter(id__in=ids), at=at) if ids else {}
    return tuple(
        OutdatedRow(
            bill_id=revision.bill_id,
            source_name=revision.bill.source.name,
            billing_period=revision.bill.billing_period,
            state=BILL_STATES[states[revision.bill_id]] if revision.bill_id in states else None,
        )
        for revision in found.outdated
    )
