import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import itfm.core.tenancy
from itfm.core.operations import ProtectTenant

TENANT_KEY = """
ALTER TABLE allocation_allocationrun ADD CONSTRAINT allocation_allocationrun_reallocation_id_tenant
    FOREIGN KEY (organization_id, reallocation_id) REFERENCES allocation_reallocation (organization_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("allocation", "0008_monthly_cost_model"),
        ("accounts", "0007_closing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reallocation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("first_period", models.DateField(help_text="First day of the first period.")),
                ("last_period", models.DateField(help_text="First day of the last period.")),
                ("asked_at", models.DateTimeField()),
                ("canceled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["organization", "-asked_at"], name="allocation_reallocation_recent")],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "id"), name="allocation_reallocation_tenant")
                ],
            },
        ),
        ProtectTenant("Reallocation"),
        migrations.AddField(
            model_name="allocationrun",
            name="attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="allocationrun",
            name="reallocation",
            field=itfm.core.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="allocation.reallocation",
            ),
        ),
        migrations.RunSQL(TENANT_KEY, migrations.RunSQL.noop),
    ]
