"""Events are numbered and chained by the database; the application adds events and alters none.

The functions run as the owner, who is held by row-level security as well: they see the tenant of the transaction.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from itfm.core.operations import ProtectTenant, application_role

FUNCTIONS = """
CREATE FUNCTION itfm_audit_sha256(event audit_auditevent) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        event.organization_id, event.sequence, event.id, extract(epoch FROM event.at), event.actor_id,
        event.actor_name, event.action, event.target, event.summary, event.changes, event.previous_sha256
    )::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION itfm_audit_append() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head audit_audithead;
BEGIN
    -- The head's row is the organization's turn: who holds it appends, the others wait for the commit.
    INSERT INTO audit_audithead (id, organization_id, sequence, sha256)
        VALUES (gen_random_uuid(), NEW.organization_id, 0, '') ON CONFLICT (organization_id) DO NOTHING;
    SELECT * INTO head FROM audit_audithead WHERE organization_id = NEW.organization_id FOR UPDATE;
    NEW.sequence := head.sequence + 1;
    NEW.previous_sha256 := head.sha256;
    NEW.sha256 := itfm_audit_sha256(NEW);
    UPDATE audit_audithead SET sequence = NEW.sequence, sha256 = NEW.sha256
        WHERE organization_id = NEW.organization_id;
    RETURN NEW;
END
$$;

CREATE TRIGGER itfm_audit_append BEFORE INSERT ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION itfm_audit_append();
"""

CHAIN_WHAT_IS_THERE = """
DO $$
DECLARE
    tenant uuid;
    known audit_auditevent;
    number bigint;
    link text;
BEGIN
    PERFORM set_config('itfm.system', 'on', true);
    FOR tenant IN SELECT id FROM accounts_organization LOOP
        PERFORM set_config('itfm.organization', tenant::text, true);
        number := 0;
        link := '';
        FOR known IN SELECT * FROM audit_auditevent ORDER BY at, id LOOP
            number := number + 1;
            known.sequence := number;
            known.previous_sha256 := link;
            link := itfm_audit_sha256(known);
            UPDATE audit_auditevent SET sequence = number, previous_sha256 = known.previous_sha256, sha256 = link
                WHERE id = known.id;
        END LOOP;
        IF number > 0 THEN
            INSERT INTO audit_audithead (id, organization_id, sequence, sha256)
                VALUES (gen_random_uuid(), tenant, number, link);
        END IF;
    END LOOP;
    PERFORM set_config('itfm.organization', '', true);
    PERFORM set_config('itfm.system', '', true);
END
$$;
"""


def take_rights(apps, schema_editor):
    """Leave the application the right to read and to add."""
    role = schema_editor.quote_name(application_role())
    schema_editor.execute(f"REVOKE UPDATE, DELETE ON audit_auditevent FROM {role}")
    schema_editor.execute(f"REVOKE INSERT, UPDATE, DELETE ON audit_audithead FROM {role}")


def give_rights(apps, schema_editor):
    """Undo `take_rights`."""
    role = schema_editor.quote_name(application_role())
    schema_editor.execute(f"GRANT UPDATE, DELETE ON audit_auditevent TO {role}")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_protect_tenants"),
        ("audit", "0002_protect"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="auditevent",
            name="previous_sha256",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="sequence",
            field=models.BigIntegerField(editable=False, help_text="1 for the organization's first event.", null=True),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="sha256",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.UniqueConstraint(fields=("organization", "sequence"), name="audit_event_sequence"),
        ),
        migrations.AddField(
            model_name="audithead",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="audithead",
            constraint=models.UniqueConstraint(fields=("organization", "id"), name="audit_audithead_tenant"),
        ),
        migrations.AddConstraint(
            model_name="audithead",
            constraint=models.UniqueConstraint(fields=("organization",), name="audit_head_once"),
        ),
        ProtectTenant("AuditHead"),
        migrations.RunSQL(
            FUNCTIONS,
            "DROP TRIGGER itfm_audit_append ON audit_auditevent; DROP FUNCTION itfm_audit_append();"
            " DROP FUNCTION itfm_audit_sha256(audit_auditevent);",
        ),
        migrations.RunSQL(CHAIN_WHAT_IS_THERE, migrations.RunSQL.noop),
        migrations.RunPython(take_rights, give_rights),
    ]
