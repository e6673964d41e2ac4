"""An organization of the largest size that is promised: 10,000 members, 50,000 cost centers and values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection

from allocation.models import AllocationRun, RuleSet
from allocation.services.mart import replace_days
from ingestion.models import BillSource
from itfm.accounts.models import Membership, Organization, User
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member

MEMBERS, CENTERS = 10_000, 50_000
AT = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
PERIODS = (date(2026, 9, 1), date(2026, 10, 1))
DOCUMENT = """
version: 1
dimensions:
  - {key: cost_center, name: Cost center, rules: [{when: {tag: cc, exists: true}, value: {tag: cc}}]}
  - {key: product, name: Product, rules: [{when: {tag: product, exists: true}, value: {tag: product}}]}
drivers:
  - {key: headcount, name: Headcount, dimension: product, unit: people}
"""
# One at the top, 50 below it, 20 below each of those, and about 49 below each of these.
TREE = """
INSERT INTO showback_costcenter (id, organization_id, code, name, parent_id, owner_email)
SELECT md5('center' || n)::uuid, %s, 'C' || lpad(n::text, 5, '0'), 'Center ' || n,
    CASE WHEN n = 0 THEN NULL WHEN n < 51 THEN md5('center0')::uuid
         WHEN n < 1051 THEN md5('center' || 1 + mod(n - 51, 50))::uuid
         ELSE md5('center' || 51 + mod(n - 1051, 1000))::uuid END, ''
FROM generate_series(0, %s - 1) AS n
"""
SEGMENTS = """
INSERT INTO allocation_segment (id, organization_id, dimension_values, digest)
SELECT md5('segment' || n)::uuid, %s,
    jsonb_build_object('cost_center', 'C' || lpad(n::text, 5, '0'), 'product', 'Product ' || n), lpad(n::text, 64, '0')
FROM generate_series(0, %s - 1) AS n
"""
COSTS = """
INSERT INTO allocation_allocatedcost (organization_id, billing_period, run_id, segment_id, source_id, origin,
    charge_date, service_name, billing_currency, billed_cost, effective_cost, list_cost, contracted_cost,
    consumed_quantity, charge_count)
SELECT %(organization)s, %(period)s, %(run)s, md5('segment' || n)::uuid, %(source)s, 'direct',
    %(period)s, 'Storage', 'USD', 1, 1, 1, 1, 1, 1
FROM generate_series(0, %(count)s - 1) AS n
"""
DRIVER_VALUES = """
INSERT INTO allocation_drivervalue (id, organization_id, driver, value, date, quantity)
SELECT gen_random_uuid(), %s, 'headcount', 'Product ' || n, '2026-10-01', 1 FROM generate_series(0, %s - 1) AS n
"""


@dataclass(kw_only=True)
class Large:
    """The organization, its owner and a member who sees what one topmost cost center has."""

    organization: Organization
    owner: User
    engineer: User


def large(*, members: int = MEMBERS, centers: int = CENTERS) -> Large:
    """Save the organization: every cost center and every product costs 1 dollar a month."""
    organization = create_organization("Everest", slug="everest")
    owner = member(organization, Role.OWNER, "ada@everest.example")
    engineer = member(organization, Role.ENGINEER, "eve@everest.example")
    people = User.objects.bulk_create(
        User(email=f"person{number:05}@everest.example", name=f"Person {number}") for number in range(members - 2)
    )
    with tenant(organization.id):
        Membership.objects.bulk_create(
            Membership(organization=organization, user=person, role=Role.VIEWER) for person in people
        )
        source = BillSource.objects.create(organization=organization, key="payer", name="Payer", kind="focus")
        rule_set = RuleSet.objects.create(
            organization=organization,
            version=1,
            document=DOCUMENT,
            dimensions=[{"key": "cost_center", "name": "Cost center"}, {"key": "product", "name": "Product"}],
            sha256="0" * 64,
            published_at=AT,
        )
        with connection.cursor() as cursor:
            cursor.execute(TREE, [organization.id, centers])
            cursor.execute(SEGMENTS, [organization.id, centers])
            cursor.execute(DRIVER_VALUES, [organization.id, centers])
        for period in PERIODS:
            _allocate(source, period=period, rule_set=rule_set, count=centers)
    return Large(organization=organization, owner=owner, engineer=engineer)


def _allocate(source: BillSource, *, period: date, rule_set: RuleSet, count: int) -> None:
    organization_id = source.organization_id
    run = AllocationRun.objects.create(
        organization_id=organization_id,
        billing_period=period,
        rule_set=rule_set,
        state=AllocationRun.State.PUBLISHED,
        inputs_sha256="0" * 64,
        revisions={},
        started_at=AT,
        finished_at=AT,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition(%s)", [period])
        cursor.execute(
            COSTS,
            {"organization": organization_id, "period": period, "run": run.id, "source": source.id, "count": count},
        )
    replace_days(organization_id, period)
