"""The mart, partitioned by billing period.

The application role owns no table, so it asks `itfm_mart_partition` for a period's partition. Partitions are made beside
the table and then attached, which does not stop readers; they carry the same policy and grant nothing, so that a
partition named directly shows nothing.
"""

from django.db import migrations

from itfm.core.operations import ProtectTenant

TABLE = """
CREATE TABLE allocation_allocatedcost (
    organization_id uuid NOT NULL REFERENCES accounts_organization (id) DEFERRABLE INITIALLY DEFERRED,
    billing_period date NOT NULL,
    row_number bigint NOT NULL,
    run_id uuid NOT NULL,
    segment_id uuid NOT NULL,
    source_id uuid NOT NULL,
    origin text NOT NULL,
    charge_date date NOT NULL,
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
    billed_cost numeric(38, 18) NOT NULL,
    effective_cost numeric(38, 18) NOT NULL,
    list_cost numeric(38, 18) NOT NULL,
    contracted_cost numeric(38, 18) NOT NULL,
    consumed_quantity numeric(38, 18) NOT NULL,
    charge_count bigint NOT NULL,
    PRIMARY KEY (organization_id, billing_period, row_number),
    CHECK (billed_cost <> 'NaN' AND effective_cost <> 'NaN' AND list_cost <> 'NaN' AND contracted_cost <> 'NaN')
) PARTITION BY LIST (billing_period);

CREATE FUNCTION itfm_mart_partition(period date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    grantee text;
    partition_name text := 'allocation_allocatedcost_' || to_char(period, 'YYYYMM');
BEGIN
    IF period <> date_trunc('month', period)::date THEN
        RAISE EXCEPTION 'A billing period starts on the first day of a month, not on %', period;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('itfm_mart_partition'));
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE allocation_allocatedcost INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
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
    EXECUTE format('ALTER TABLE allocation_allocatedcost ATTACH PARTITION %I FOR VALUES IN (%L)', partition_name, period);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("allocation", "0002_protect_tenants"), ("accounts", "0002_protect_tenants")]
    operations = [
        migrations.RunSQL(TABLE, "DROP FUNCTION itfm_mart_partition(date); DROP TABLE allocation_allocatedcost;"),
        ProtectTenant("AllocatedCost"),
    ]
