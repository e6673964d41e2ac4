"""The mart has no key any more, and an index of the days of each organization instead.

Nothing asked for a row by its number, and the unique index over the numbers was a third of what loading the rows takes.
The column stays, empty in new rows, for workers of the version before that are at work while this one is put in place.
Readers and loads go on while the index is built. Going back numbers the rows anew.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MART = "allocation_allocatedcost"
WITHOUT_INDEX = """
SELECT c.relname FROM pg_inherits p JOIN pg_class c ON c.oid = p.inhrelid
WHERE p.inhparent = 'allocation_allocatedcost'::regclass AND NOT EXISTS (
    SELECT 1 FROM pg_index i JOIN pg_inherits a ON a.inhrelid = i.indexrelid
    WHERE i.indrelid = c.oid AND a.inhparent = 'allocation_allocatedcost_day'::regclass
)
ORDER BY c.relname
"""
WITHOUT_KEY = """
ALTER TABLE allocation_allocatedcost
    DROP CONSTRAINT allocation_allocatedcost_pkey,
    ALTER COLUMN row_number DROP NOT NULL;
"""
WITH_KEY = """
DO $$
DECLARE
    tenant uuid;
BEGIN
    PERFORM set_config('itfm.system', 'on', true);
    FOR tenant IN SELECT id FROM accounts_organization LOOP
        PERFORM set_config('itfm.organization', tenant::text, true);
        UPDATE allocation_allocatedcost AS mart SET row_number = numbered.row_number
        FROM (
            SELECT tableoid, ctid AS place, row_number() OVER (PARTITION BY billing_period) AS row_number
            FROM allocation_allocatedcost
        ) AS numbered
        WHERE mart.tableoid = numbered.tableoid AND mart.ctid = numbered.place;
    END LOOP;
    PERFORM set_config('itfm.organization', '', true);
    PERFORM set_config('itfm.system', '', true);
END $$;
ALTER TABLE allocation_allocatedcost ADD PRIMARY KEY (organization_id, billing_period, row_number);
"""


def index_days(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Build the index of each partition beside its rows, then that of the whole table; what is done already is left."""
    with schema_editor.connection.cursor() as cursor:
        # On the table alone it holds nobody up; partitions that are made from now on have it from the start.
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {MART}_day ON ONLY {MART} (organization_id, charge_date)")
        cursor.execute(WITHOUT_INDEX)
        for (partition,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {partition}_day")  # of an attempt that broke off
            cursor.execute(f"CREATE INDEX CONCURRENTLY {partition}_day ON {partition} (organization_id, charge_date)")
            cursor.execute(f"ALTER INDEX {MART}_day ATTACH PARTITION {partition}_day")


def drop_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index with that of each partition."""
    schema_editor.execute(f"DROP INDEX IF EXISTS {MART}_day")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("allocation", "0010_mart_without_reference")]

    operations = [
        migrations.RunPython(index_days, drop_index),
        migrations.RunSQL(
            WITHOUT_KEY,
            WITH_KEY,
            state_operations=[
                migrations.AlterField(
                    model_name="allocatedcost",
                    name="pk",
                    field=models.CompositePrimaryKey(
                        "organization_id",
                        "billing_period",
                        "segment_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                migrations.RemoveField(model_name="allocatedcost", name="row_number"),
            ],
        ),
    ]
