"""Bills in force, by the charges in a table, without a connector."""

from __future__ import annotations

import uuid
from decimal import Decimal

from ingestion.models import Bill, BillRevision, BillSource, ImportRun
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.engine.bills import OCTOBER, write_lines, write_revision
from tests.conftest import NOW


def bill_in_force(organization, charges, *, key="aws", period=OCTOBER, keeps_lines=False, left_out=()):
    """Make these charges the revision in force of a source's bill, its attribute sets without some tag keys."""
    with tenant(organization.id):
        source, _ = BillSource.objects.get_or_create(
            organization=organization, key=key, defaults={"name": key.upper(), "kind": "focus"}
        )
        run = ImportRun.objects.create(
            organization=organization, source=source, settings={}, trigger="command", state="imported", not_before=NOW
        )
        bill, _ = Bill.objects.get_or_create(organization=organization, source=source, billing_period=period)
        revision_id = uuid.uuid4()
        folder = lake.charges_folder(organization.id, source_id=source.id, period=period, revision_id=revision_id)
        write_revision(folder, charges, left_out=left_out)
        if keeps_lines:
            write_lines(folder, charges, left_out=left_out)
        revision = BillRevision.objects.create(
            id=revision_id,
            organization=organization,
            bill=bill,
            run=run,
            number=bill.revisions.count() + 1,
            delivery="by hand",
            fingerprint=str(revision_id),
            files=[{"name": "bill.csv", "size": 1, "sha256": "0" * 64, "row_count": len(charges)}],
            folder=str(folder.relative_to(lake.organization_folder(organization.id))),
            row_count=len(charges),
            totals=totals(charges),
            imported_at=NOW,
        )
        bill.current_revision = revision
        bill.save()
    return revision


def totals(charges):
    sums = {}
    for one in charges:
        row = sums.setdefault(one["billing_currency"], [Decimal(0)] * 4)
        row[:] = [a + b for a, b in zip(row, one["costs"], strict=True)]
    names = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
    return {
        currency: {name: f"{cost:f}" for name, cost in zip(names, row, strict=True)} for currency, row in sums.items()
    }
