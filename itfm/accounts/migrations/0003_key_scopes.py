import django.db.models.deletion
from django.db import migrations, models

import itfm.core.tenancy


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_protect_tenants")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="created_by_name",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AddField(
            model_name="apikey",
            name="permissions",
            field=models.JSONField(blank=True, help_text="Part of what the role may do; null is all of it.", null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="replaces",
            field=itfm.core.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="successors",
                to="accounts.apikey",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="Dimension and value of what the key sees; empty is what the role sees without a scope.",
            ),
        ),
        # The table is protected already; only the new key inside the tenant is missing.
        migrations.RunSQL(
            "ALTER TABLE accounts_apikey ADD CONSTRAINT accounts_apikey_replaces_id_tenant"
            " FOREIGN KEY (organization_id, replaces_id) REFERENCES accounts_apikey (organization_id, id)"
            " DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE accounts_apikey DROP CONSTRAINT accounts_apikey_replaces_id_tenant",
        ),
    ]
