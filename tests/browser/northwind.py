"""A small organization with a month of cost, by the numbers in its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from allocation.models import AllocatedCost, AllocationRun, RuleSet, Segment
from allocation.services.mart import replace_days
from ingestion.models import Bill, BillRevision, BillSource, Finding, ImportRun
from itfm.accounts.models import Organization, User
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member

OCTOBER = date(2026, 10, 1)
AT = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
COSTS = (
    # month, day, team, cost; the teams' October adds up to 1,000.50 and, with what nobody owns, to 1,050.75
    (9, 1, "Payments", "500"),
    (10, 1, "Payments", "600.25"),
    (10, 2, "Payments", "0.000000000000000001"),
    (10, 2, "Search", "400.25"),
    (10, 3, None, "50.249999999999999999"),
)


@dataclass(frozen=True)
class Northwind:
    """What the tests talk about."""

    organization: Organization
    owner: User
    source: BillSource


def northwind() -> Northwind:
    """Save the organization, its owner, a bill with a finding, and its ledger."""
    organization = create_organization("Northwind", slug="northwind", is_demo=True)
    owner = member(organization, Role.OWNER, "ada@northwind.example")
    with tenant(organization.id):
        source = BillSource.objects.create(
            organization=organization,
            key="payer",
            name="Payer account",
            kind="focus",
            next_pull_at=AT + timedelta(days=1),
        )
        rule_set = RuleSet.objects.create(
            organization=organization,
            version=3,
            document="version: 1\n",
            dimensions=[{"key": "team", "name": "Team"}],
            sha256="0" * 64,
            published_at=AT,
        )
        _import(source)
        for month in (9, 10):
            _allocate(source, month=month, rule_set=rule_set)
    return Northwind(organization=organization, owner=owner, source=source)


def running_import(source: BillSource) -> ImportRun:
    """Save an import that is half done."""
    return ImportRun.objects.create(
        organization_id=source.organization_id,
        source=source,
        settings={},
        trigger="person",
        state=ImportRun.State.RUNNING,
        attempts=1,
        step="Reading charges.csv",
        progress_ratio=Decimal("0.5"),
        not_before=AT,
        started_at=AT,
    )


def _import(source: BillSource) -> None:
    run = ImportRun.objects.create(
        organization_id=source.organization_id,
        source=source,
        settings={},
        trigger="schedule",
        state=ImportRun.State.IMPORTED,
        attempts=1,
        not_before=AT,
        started_at=AT,
        finished_at=AT,
    )
    bill = Bill.objects.create(organization_id=source.organization_id, source=source, billing_period=OCTOBER)
    total = dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), "1050.75")
    revision = BillRevision.objects.create(
        organization_id=source.organization_id,
        bill=bill,
        run=run,
        number=1,
        delivery="2026-10",
        fingerprint="ab" * 32,
        files=[{"name": "charges.csv", "size": 1234, "sha256": "cd" * 32, "row_count": 5}],
        folder="charges",
        row_count=5,
        totals={"USD": total},
        charges_through=date(2026, 10, 3),
        imported_at=AT,
    )
    bill.current_revision = revision
    bill.save(update_fields=["current_revision"])
    Finding.objects.create(
        organization_id=source.organization_id,
        run=run,
        revision=revision,
        number=1,
        code="service_unknown",
        severity="warning",
        file="charges.csv",
        row=4,
        column="ServiceName",
        message="The service 'Quantum' is not in the catalog.",
    )


def _allocate(source: BillSource, *, month: int, rule_set: RuleSet) -> None:
    period = date(2026, month, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition(%s)", [period])
    run = AllocationRun.objects.create(
        organization_id=source.organization_id,
        billing_period=period,
        rule_set=rule_set,
        state=AllocationRun.State.PUBLISHED,
        inputs_sha256="0" * 64,
        revisions={},
        started_at=AT,
        finished_at=AT,
    )
    rows = [row for row in COSTS if row[0] == month]
    for _, day, team, cost in rows:
        segment, _ = Segment.objects.get_or_create(
            organization_id=source.organization_id,
            digest=(team or "nobody").ljust(64, "."),
            defaults={"dimension_values": {"team": team} if team else {}},
        )
        AllocatedCost.objects.create(
            organization_id=source.organization_id,
            billing_period=period,
            run=run,
            segment=segment,
            source_id=source.id,
            origin="direct",
            charge_date=period.replace(day=day),
            billing_currency="USD",
            consumed_quantity=Decimal(1),
            charge_count=1,
            **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), Decimal(cost)),
        )
    replace_days(source.organization_id, period)
