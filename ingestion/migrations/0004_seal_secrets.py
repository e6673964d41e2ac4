"""Seal the secrets of sources, which stood open in their settings and in those of their runs."""

import json

from django.db import migrations

from itfm.core.secrets import seal, unseal

SECRET = "secret_access_key"  # noqa: S105 - the name of a setting


def organizations(cursor):
    """Enter each organization in turn: row-level security binds the owner of the tables too."""
    cursor.execute("SELECT set_config('itfm.system', 'on', true)")
    cursor.execute("SELECT id FROM accounts_organization ORDER BY id")
    found = [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT set_config('itfm.system', '', true)")
    for organization_id in found:
        cursor.execute("SELECT set_config('itfm.organization', %s, true)", [str(organization_id)])
        yield organization_id
    cursor.execute("SELECT set_config('itfm.organization', '', true)")


def seal_secrets(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for organization_id in organizations(cursor):
            cursor.execute(
                "SELECT id, settings ->> %s FROM ingestion_billsource WHERE settings ->> %s <> ''", [SECRET, SECRET]
            )
            for source_id, secret in cursor.fetchall():
                sealed = seal(secret, organization_id=organization_id, row=f"billsource/{source_id}/{SECRET}")
                cursor.execute(
                    "UPDATE ingestion_billsource SET sealed_secrets = %s WHERE id = %s",
                    [json.dumps({SECRET: sealed}), source_id],
                )
            for table in ("ingestion_billsource", "ingestion_importrun"):
                cursor.execute(f"UPDATE {table} SET settings = settings - %s WHERE settings ? %s", [SECRET, SECRET])  # noqa: S608


def open_secrets(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for organization_id in organizations(cursor):
            cursor.execute(
                "SELECT id, sealed_secrets ->> %s FROM ingestion_billsource WHERE sealed_secrets ->> %s <> ''",
                [SECRET, SECRET],
            )
            for source_id, sealed in cursor.fetchall():
                secret = unseal(sealed, organization_id=organization_id, row=f"billsource/{source_id}/{SECRET}")
                cursor.execute(
                    "UPDATE ingestion_billsource SET settings = settings || %s, sealed_secrets = '{}' WHERE id = %s",
                    [json.dumps({SECRET: secret}), source_id],
                )


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0003_source_states"), ("accounts", "0002_protect_tenants")]
    operations = [migrations.RunPython(seal_secrets, open_secrets)]
