import uuid

import django.db.models.deletion
from django.db import migrations, models

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_tenant_context"),
        ("accounts", "0007_closing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("task", models.CharField(help_text="Name of the task.", max_length=120)),
                ("arguments", models.JSONField(help_text="Of the task, without the organization.")),
                ("queued_at", models.DateTimeField()),
                (
                    "taken_at",
                    models.DateTimeField(blank=True, help_text="By the clock of the database.", null=True),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "id"), name="core_job_tenant"),
                    models.UniqueConstraint(
                        condition=models.Q(("taken_at__isnull", True)),
                        fields=("organization", "task", "arguments"),
                        name="core_job_waits_once",
                    ),
                ],
            },
        ),
        # Whose turn it is can only be told by one who sees everybody's jobs: which task, of which id, since when.
        ProtectTenant("Job", also_visible="(SELECT itfm_is_system())"),
    ]
