"""Rollups of the mart, partitioned and protected like it: by month without days, and by day without accounts.

`itfm_mart_partition` now makes a period's partition of all three tables. Rollups of costs that are there already are
filled in, one organization at a time, because the policies hold the owner as well.
"""

from django.db import migrations

from itfm.core.operations import IN_TENANT

POLICY = IN_TENANT.format(column="organization_id")
SUMS = """
    billed_cost numeric(38, 18) NOT NULL,
    effective_cost numeric(38, 18) NOT NULL,
    list_cost numeric(38, 18) NOT NULL,
    contracted_cost numeric(38, 18) NOT NULL,
    consumed_quantity numeric(38, 18) NOT NULL,
    charge_count bigint NOT NULL
) PARTITION BY LIST (billing_period);
"""
TABLES = f"""
CREATE TABLE allocation_monthlycost (
    organization_id uuid NOT NULL REFERENCES accounts_organization (id) DEFERRABLE INITIALLY DEFERRED,
    billing_period date NOT NULL,
    segment_id uuid NOT NULL,
    source_id uuid NOT NULL,
    origin text NOT NULL,
    billing_account_id text,
    sub_account_id text,
    service_provider_name text,
    service_name text,
    service_category text,
    region_id text,
    charge_category text,
    pricing_category text,
    commitment_discount_status text,
    billing_currency text NOT NULL,
    {SUMS}
CREATE TABLE allocation_dailycost (
    organization_id uuid NOT NULL REFERENCES accounts_organization (id) DEFERRABLE INITIALLY DEFERRED,
    billing_period date NOT NULL,
    segment_id uuid NOT NULL,
    origin text NOT NULL,
    charge_date date NOT NULL,
    billing_currency text NOT NULL,
    {SUMS}
CREATE INDEX allocation_monthlycost_organization ON allocation_monthlycost (organization_id);
CREATE INDEX allocation_dailycost_organization ON allocation_dailycost (organization_id);
""" + "".join(
    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
    f"CREATE POLICY tenant ON {table} USING ({POLICY}) WITH CHECK ({POLICY});\n"
    for table in ("allocation_monthlycost", "allocation_dailycost")
)
PARTITIONS = """
ALTER FUNCTION itfm_mart_partition(date) RENAME TO itfm_mart_partition_alone;

CREATE FUNCTION itfm_rollup_partition(parent text, period date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    grantee text;
    partition_name text := parent || '_' || to_char(period, 'YYYYMM');
BEGIN
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name, parent);
    FOR grantee IN
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_schema = 'public' AND g.table_name = partition_name AND g.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %I', partition_name, grantee);
    END LOOP;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition_name);
    EXECUTE format(
        'CREATE POLICY tenant ON %I USING (organization_id = (SELECT itfm_current_organization()))'
        ' WITH CHECK (organization_id = (SELECT itfm_current_organization()))', partition_name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%L)', parent, partition_name, period);
END $$;

CREATE FUNCTION itfm_mart_partition(period date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM itfm_mart_partition_alone(period);
    PERFORM itfm_rollup_partition('allocation_monthlycost', period);
    PERFORM itfm_rollup_partition('allocation_dailycost', period);
END $$;
REVOKE ALL ON FUNCTION itfm_rollup_partition(text, date) FROM PUBLIC;
REVOKE ALL ON FUNCTION itfm_mart_partition_alone(date) FROM PUBLIC;
"""
NO_PARTITIONS = """
DROP FUNCTION itfm_mart_partition(date);
DROP FUNCTION itfm_rollup_partition(text, date);
ALTER FUNCTION itfm_mart_partition_alone(date) RENAME TO itfm_mart_partition;
GRANT EXECUTE ON FUNCTION itfm_mart_partition(date) TO PUBLIC;
"""
FILL = """
DO $$
DECLARE
    tenant uuid;
    period date;
BEGIN
    PERFORM set_config('itfm.system', 'on', true);
    FOR tenant IN SELECT id FROM accounts_organization LOOP
        PERFORM set_config('itfm.organization', tenant::text, true);
        FOR period IN SELECT DISTINCT billing_period FROM allocation_allocationrun WHERE state = 'published' LOOP
            PERFORM itfm_mart_partition(period);
            INSERT INTO allocation_monthlycost
            SELECT organization_id, billing_period, segment_id, source_id, origin, billing_account_id, sub_account_id,
                service_provider_name, service_name, service_category, region_id, charge_category, pricing_category,
                commitment_discount_status, billing_currency, SUM(billed_cost), SUM(effective_cost), SUM(list_cost),
                SUM(contracted_cost), SUM(consumed_quantity), SUM(charge_count)
            FROM allocation_allocatedcost WHERE billing_period = period
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15;
            INSERT INTO allocation_dailycost
            SELECT organization_id, billing_period, segment_id, origin, charge_date, billing_currency,
                SUM(billed_cost), SUM(effective_cost), SUM(list_cost), SUM(contracted_cost), SUM(consumed_quantity),
                SUM(charge_count)
            FROM allocation_allocatedcost WHERE billing_period = period
            GROUP BY 1, 2, 3, 4, 5, 6;
        END LOOP;
    END LOOP;
    PERFORM set_config('itfm.organization', '', true);
    PERFORM set_config('itfm.system', '', true);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("allocation", "0005_protect_drafts")]
    operations = [
        migrations.RunSQL(TABLES, "DROP TABLE allocation_monthlycost; DROP TABLE allocation_dailycost;"),
        migrations.RunSQL(PARTITIONS, NO_PARTITIONS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
