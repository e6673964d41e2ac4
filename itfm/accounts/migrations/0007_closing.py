"""Organizations are closed, and after 30 days erased by the database itself.

The application may neither alter nor remove what the audit log holds. So that it cannot do so by closing an
organization long ago, the moment of closing is the database's own, and the erasing functions, which run as the owner,
trust nothing else. They find a tenant's tables in the catalogue: a new one is emptied like the others.
"""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION itfm_organization_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.closed_at IS NOT NULL THEN
        NEW.closed_at := coalesce(OLD.closed_at, now());
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER itfm_organization_closing BEFORE UPDATE OF closed_at ON accounts_organization
    FOR EACH ROW EXECUTE FUNCTION itfm_organization_closing();

CREATE FUNCTION itfm_organization_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.closed_at := NULL;
    RETURN NEW;
END
$$;

CREATE TRIGGER itfm_organization_is_open BEFORE INSERT ON accounts_organization
    FOR EACH ROW EXECUTE FUNCTION itfm_organization_is_open();

CREATE FUNCTION itfm_may_erase_organization(closed uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('itfm.organization', true), '');
    may boolean;
BEGIN
    PERFORM set_config('itfm.organization', closed::text, true);
    SELECT coalesce(bool_or(closed_at <= now() - interval '30 days'), false) INTO may
        FROM accounts_organization WHERE id = closed;
    PERFORM set_config('itfm.organization', before, true);
    RETURN may;
END
$$;

CREATE FUNCTION itfm_erase_organization(closed uuid, most bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('itfm.organization', true), '');
    tenant_table regclass;
    is_pointed_at boolean;
    removed bigint;
    was_emptied boolean := true;
BEGIN
    IF NOT itfm_may_erase_organization(closed) THEN
        RAISE EXCEPTION 'Organization % is not there, or was not closed 30 days ago', closed;
    END IF;
    PERFORM set_config('itfm.organization', closed::text, true);
    -- What nothing points at goes first and in parts, for the mart is large; then the rest in one piece.
    FOR tenant_table, is_pointed_at IN
        SELECT c.oid::regclass, EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = c.oid) pointed
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY pointed, c.relname
    LOOP
        IF is_pointed_at THEN
            EXECUTE format('DELETE FROM %s WHERE organization_id = $1', tenant_table) USING closed;
            CONTINUE;
        END IF;
        EXECUTE format(
            'DELETE FROM %1$s WHERE organization_id = $1 AND (tableoid, ctid) IN'
            ' (SELECT tableoid, ctid FROM %1$s WHERE organization_id = $1 LIMIT $2)', tenant_table)
            USING closed, most;
        GET DIAGNOSTICS removed = ROW_COUNT;
        IF removed = most THEN
            was_emptied := false;
            EXIT;
        END IF;
    END LOOP;
    IF was_emptied THEN
        DELETE FROM accounts_organization WHERE id = closed;
    END IF;
    PERFORM set_config('itfm.organization', before, true);
    RETURN was_emptied;
END
$$;
"""

DROP = """
DROP FUNCTION itfm_erase_organization(uuid, bigint);
DROP FUNCTION itfm_may_erase_organization(uuid);
DROP TRIGGER itfm_organization_is_open ON accounts_organization;
DROP FUNCTION itfm_organization_is_open();
DROP TRIGGER itfm_organization_closing ON accounts_organization;
DROP FUNCTION itfm_organization_closing();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_membership_lens"), ("audit", "0003_chain")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="closed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Since when nobody gets in. After 30 days everything of it is removed for good.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="closed_by_name",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.RunSQL(FUNCTIONS, DROP),
    ]
