"""Pulling a source, and what is in force afterwards, for tests of imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils import timezone

from ingestion.models import Bill, BillSource, ImportRun
from ingestion.services import create_source, request_import, run_import
from itfm.accounts.models import Organization
from itfm.core.tenancy import tenant
from tests.conftest import NOW


def connect(organization: Organization, folder: Path, **options: Any) -> BillSource:
    """Connect the FOCUS files of a folder."""
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id,
            key="cloud",
            name="Cloud",
            kind="focus",
            settings={"path": str(folder)},
            at=NOW,
            **options,
        )


def pull(source: BillSource, **options: Any) -> ImportRun:
    """Import a source now."""
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="command", at=timezone.now())
    return run_import(source.organization_id, run_id=run.id, **{"retries": False, **options})


def in_force(source: BillSource, *, currency: str, cost: str = "billed_cost") -> list[tuple[str, int, str]]:
    """Return month, number of the revision and total of each bill."""
    with tenant(source.organization_id):
        bills = Bill.objects.filter(source=source, current_revision__isnull=False).order_by("billing_period")
        revisions = [(bill.billing_period, bill.current_revision) for bill in bills.select_related("current_revision")]
        return [(f"{period:%Y-%m}", one.number, one.totals[currency][cost]) for period, one in revisions]
