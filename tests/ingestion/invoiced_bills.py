"""FOCUS bills whose charges belong to invoices, small enough to read."""

from __future__ import annotations

from django.utils import timezone

from ingestion.models import Bill, BillSource
from ingestion.services import create_source, request_import, run_import
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.focus_files import HEADER, line

COLUMNS = f"{HEADER},InvoiceId,InvoiceDetailId,ChargeClass"


def charge(cost, *, number="", detail="", category="Usage", correction=False, month=10, on=None, currency="USD"):
    """Return a charge as a line of CSV; `on` is the month of use where it is not that of the bill."""
    text = line(cost, month=month, currency=currency).replace(",Usage,Cloud,", f",{category},Cloud,")
    if on is not None:
        text = text.replace(
            f"2026-{month:02}-01T00:00:00Z,2026-{month:02}-02", f"2026-{on:02}-01T00:00:00Z,2026-{on:02}-02"
        )
    return f"{text},{number},{detail},{'Correction' if correction else ''}"


def deliver(organization, folder, *charges, key="cloud", name="Cloud account"):
    """Import these charges as the delivery in force of a source, and return its bills by month."""
    place = folder / key
    place.mkdir(parents=True, exist_ok=True)
    (place / "bill.csv").write_text("\n".join([COLUMNS, *charges]) + "\n", encoding="utf-8")
    with tenant(organization.id):
        source = BillSource.objects.filter(key=key).first() or create_source(
            organization_id=organization.id, key=key, name=name, kind="focus", settings={"path": str(place)}, at=NOW
        )
        run, _ = request_import(source, trigger="command", at=timezone.now())
    found = run_import(organization.id, run_id=run.id, retries=False)
    assert found.state == "imported", found.error_message
    with tenant(organization.id):
        return {bill.billing_period.month: bill for bill in Bill.objects.filter(source=source)}
