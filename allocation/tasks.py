"""Allocating in the background."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from celery import shared_task

from allocation.services import allocate, due_periods


@shared_task(name="allocation.allocate_period")
def allocate_period(organization_id: str, billing_period: str) -> None:
    """Allocate one billing period, unless its ledger stands on the same inputs already."""
    allocate(UUID(organization_id), period=date.fromisoformat(billing_period))


@shared_task(name="allocation.allocate_due")
def allocate_due(organization_id: str) -> None:
    """Allocate every billing period whose ledger does not stand on the bills and rules in force."""
    for period in due_periods(UUID(organization_id)):
        allocate(UUID(organization_id), period=period)
