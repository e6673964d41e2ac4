"""A month's ledger by hand: a cost-center tree and rows of the mart, for statements and letters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection

from allocation.models import AllocatedCost, AllocationRun, RuleSet, Segment
from allocation.services.mart import replace_days
from ingestion.models import Bill, BillRevision, BillSource, ImportRun
from itfm.core.tenancy import tenant
from showback.models import CostCenter

AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (8, 9, 10))
JULY = date(2026, 7, 1)
AT = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
RULES = """
version: 1
dimensions:
- key: cost_center
  name: Cost center
  rules:
  - {when: {tag: team, exists: true}, value: '2010'}
splits:
- key: logging
  name: Logging
  stage: 1
  pool: {dimension: cost_center, equals: '9020'}
  receivers: {dimension: cost_center, one_of: ['2010', '2020']}
  method: {kind: metric, driver: log_gb}
drivers:
- {key: log_gb, name: Ingested log volume, dimension: cost_center, unit: GB, values: []}
"""
TREE = {"2000": ("Commerce", None), "2010": ("Payments", "2000"), "2020": ("Checkout", "2000"), "9020": ("Logs", None)}

# month, origin, category, service, cost center, cost. Payments in October: direct 1,000 + 200, Logging 75 of 100,
# credits -50: 1,225 in all; in September 900 + 250 + 50 = 1,200.
ROWS = (
    (10, "direct", "Usage", "Compute", "2010", "1000"),
    (10, "direct", "Usage", "Queue", "2010", "200.000000000000000001"),
    (10, "direct", "Credit", "Compute", "2010", "-50"),
    (10, "direct", "Usage", "Compute", "2020", "300"),
    (10, "direct", "Usage", "Logs", "9020", "100"),
    (10, "logging", "Usage", "Logs", "9020", "-100"),
    (10, "logging", "Usage", "Logs", "2010", "75"),
    (10, "logging", "Usage", "Logs", "2020", "25"),
    (10, "direct", "Usage", "Compute", None, "10"),
    (9, "direct", "Usage", "Compute", "2010", "900"),
    (9, "direct", "Usage", "Storage", "2010", "250"),
    (9, "logging", "Usage", "Logs", "2010", "50"),
    (9, "logging", "Usage", "Logs", "9020", "-50"),
    (9, "direct", "Usage", "Logs", "9020", "50"),
    (8, "direct", "Usage", "Compute", "2010", "600"),
    (7, "direct", "Usage", "Compute", "2010", "300"),
)


def ledgers(organization, *, months=(7, 8, 9, 10), owner_email=""):
    """Save the tree, one source and its bills, and a ledger for each month; return the source."""
    with tenant(organization.id):
        plant(organization, owner_email=owner_email)
        source = BillSource.objects.create(organization=organization, key="payer", name="Payer", kind="focus")
        BillSource.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
        rules = RuleSet.objects.create(
            organization=organization,
            version=3,
            document=RULES,
            dimensions=[{"key": "cost_center", "name": "Cost center"}],
            sha256="0" * 64,
            published_at=AT,
        )
        for month in months:
            _ledger(source, month=month, rules=rules)
    return source


def plant(organization, *, owner_email=""):
    """Save the tree; Payments has the owner."""
    for code, (name, parent) in TREE.items():
        CostCenter.objects.create(
            organization=organization,
            code=code,
            name=name,
            parent=CostCenter.objects.filter(code=parent).first(),
            owner_email=owner_email if code == "2010" else "",
        )


def _ledger(source, *, month, rules):
    organization_id, period = source.organization_id, date(2026, month, 1)
    revision = _bill(source, period=period)
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition(%s)", [period])
    run = AllocationRun.objects.create(
        organization_id=organization_id,
        billing_period=period,
        rule_set=rules,
        state=AllocationRun.State.PUBLISHED,
        inputs_sha256="0" * 64,
        revisions={str(source.id): str(revision.id)},
        started_at=AT,
        finished_at=AT,
    )
    for number, (_, origin, category, service, code, cost) in enumerate([row for row in ROWS if row[0] == month], 1):
        segment, _ = Segment.objects.get_or_create(
            organization_id=organization_id,
            digest=(code or "none").ljust(64, "."),
            defaults={"dimension_values": {"cost_center": code} if code else {}},
        )
        AllocatedCost.objects.create(
            organization_id=organization_id,
            billing_period=period,
            run=run,
            segment=segment,
            source_id=source.id,
            origin=origin,
            charge_date=period.replace(day=number),
            charge_category=category,
            service_name=service,
            billing_currency="USD",
            consumed_quantity=Decimal(1),
            charge_count=1,
            **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), Decimal(cost)),
        )
    replace_days(organization_id, period)


def _bill(source, *, period):
    organization_id = source.organization_id
    run = ImportRun.objects.create(
        organization_id=organization_id, source=source, settings={}, trigger="schedule", state="imported",
        not_before=AT, finished_at=AT,
    )  # fmt: skip
    bill = Bill.objects.create(organization_id=organization_id, source=source, billing_period=period)
    revision = BillRevision.objects.create(
        organization_id=organization_id, bill=bill, run=run, number=1, delivery=str(period), fingerprint="ab" * 32,
        files=[], folder="charges", row_count=1, totals={}, charges_through=period.replace(day=28), imported_at=AT,
    )  # fmt: skip
    bill.current_revision = revision
    bill.save()
    return revision
