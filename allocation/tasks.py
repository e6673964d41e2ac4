"""Allocating in the background: one job for each organization and billing period."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from celery import shared_task

from allocation.bills import widen_as_asked
from allocation.services import allocatable_periods, allocate, period_it_waits_for
from itfm.core.jobs import call_workers, put_in_line


@shared_task(name="allocation.allocate_period")
def allocate_period(organization_id: str, billing_period: str) -> None:
    """Allocate one billing period, unless its ledger stands on the same inputs already.

    One that has to wait for the period before is put in line again when that has changed.
    """
    period = date.fromisoformat(billing_period)
    if period_it_waits_for(UUID(organization_id), period=period) is None:
        allocate(UUID(organization_id), period=period)


@shared_task(name="allocation.allocate_due")
def allocate_due(organization_id: str) -> None:
    """Put every billing period in line whose ledger does not stand on the bills and rules in force."""
    for period in allocatable_periods(UUID(organization_id)):
        put_in_line(
            allocate_period.name,
            organization_id=UUID(organization_id),
            arguments={"billing_period": period.isoformat()},
        )
    call_workers()


@shared_task(name="allocation.widen_bill")
def widen_bill(organization_id: str, revision_id: str, name: str) -> None:
    """Write the attribute sets of a bill that a page asked for; nothing when they are there already."""
    widen_as_asked(UUID(organization_id), revision_id=UUID(revision_id), name=name)
