import uuid

import django.db.models.deletion
from django.db import migrations, models

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0003_key_scopes")]

    operations = [
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("caller", models.CharField(help_text="`key:<id>` or `user:<id>`.", max_length=60)),
                ("key", models.CharField(max_length=200)),
                ("request_sha256", models.CharField(help_text="Over method, address and body.", max_length=64)),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "body",
                    models.JSONField(blank=True, help_text="Without secrets, which are shown once.", null=True),
                ),
                ("headers", models.JSONField(blank=True, default=dict)),
                ("expires_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "id"), name="api_idempotentanswer_tenant"),
                    models.UniqueConstraint(fields=("organization", "caller", "key"), name="api_idempotentanswer_once"),
                ],
            },
        ),
        ProtectTenant("IdempotentAnswer"),
    ]
