"""The mart's migrations go back and forth over the rows of several organizations."""

import uuid

from django.core.management import call_command
from django.db import connection, connections

from itfm.accounts.services import create_organization
from itfm.core.tenancy import tenant

PERIODS = ("2026-10-01", "2026-11-01")
PLANT = """
INSERT INTO allocation_allocatedcost (organization_id, billing_period, run_id, segment_id, source_id, origin,
    charge_date, billing_currency, billed_cost, effective_cost, list_cost, contracted_cost, consumed_quantity,
    charge_count)
SELECT %(organization)s, %(period)s, %(any)s, %(any)s, %(any)s, 'direct', %(period)s::date + n, 'USD', n, n, n, n, n, 1
FROM generate_series(0, 2) AS n
"""


def rows(organization):
    with tenant(organization.id), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t) - 'row_number' FROM allocation_allocatedcost AS t ORDER BY 1::text")
        return [str(row) for (row,) in cursor.fetchall()]


def indexes(table="allocation_allocatedcost"):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(a.attname ORDER BY a.attnum), i.indisunique, i.indisvalid FROM pg_index i"
            " JOIN pg_attribute a ON a.attrelid = i.indexrelid WHERE i.indrelid = %s::regclass GROUP BY i.indexrelid, 2, 3",
            [table],
        )
        return cursor.fetchall()


def migrate(to):
    call_command("migrate", "allocation", to, database="owner", verbosity=0)


def test_rows_stay_as_they_are_and_have_numbers_again_for_the_version_before(committed_db):
    organizations = [create_organization(name, slug=name) for name in ("acme", "globex")]
    for organization in organizations:
        for period in PERIODS:
            with tenant(organization.id), connection.cursor() as cursor:
                cursor.execute("SELECT itfm_mart_partition(%s)", [period])
                cursor.execute(PLANT, {"organization": organization.id, "period": period, "any": uuid.uuid4()})
    before = [rows(organization) for organization in organizations]

    migrate("0010")
    try:
        assert [rows(organization) for organization in organizations] == before
        assert indexes("allocation_allocatedcost_202611") == [
            (["organization_id", "billing_period", "row_number"], True, True)
        ]
        with tenant(organizations[1].id), connection.cursor() as cursor:
            cursor.execute("SELECT billing_period::text, row_number FROM allocation_allocatedcost ORDER BY 1, 2")
            assert cursor.fetchall() == [(period, number) for period in PERIODS for number in (1, 2, 3)]
    finally:
        migrate("0012")

    assert [rows(organization) for organization in organizations] == before
    assert all(map(len, before))
    expected = [(["organization_id", "charge_date"], False, True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition('2027-03-01')")
    for table in ("allocation_allocatedcost", "allocation_allocatedcost_202611", "allocation_allocatedcost_202703"):
        assert indexes(table) == expected
