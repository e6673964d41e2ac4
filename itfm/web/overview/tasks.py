"""The Overview's figures, worked out in the background before anybody asks."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from celery import shared_task

from itfm.core.tenancy import tenant
from itfm.web.overview.build import prepare


@shared_task(name="itfm.web.prepare_overview")
def prepare_overview(organization_id: str, billing_period: str) -> None:
    """Work out what the Overview of a billing period asks for, so that who opens it first does not wait for it."""
    with tenant(UUID(organization_id)):
        prepare(date.fromisoformat(billing_period))
