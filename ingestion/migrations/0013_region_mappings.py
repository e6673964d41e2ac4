import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_closing"),
        ("ingestion", "0010_protect_service_mappings"),
    ]

    operations = [
        migrations.AddField(
            model_name="billrevision",
            name="mapped_regions",
            field=models.JSONField(
                db_default=models.Value([], output_field=models.JSONField()),
                default=list,
                help_text="The organization's own names of regions, as they were then, that some of its charges were"
                " given.",
            ),
        ),
        migrations.CreateModel(
            name="RegionMapping",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("provider", models.CharField(blank=True, help_text="HostProviderName in FOCUS.", max_length=200)),
                (
                    "called",
                    models.CharField(help_text="The region as the bill has it: RegionId in FOCUS.", max_length=200),
                ),
                ("name", models.CharField(help_text="RegionName in FOCUS.", max_length=200)),
                (
                    "mapped_by",
                    models.CharField(help_text="As it read then: a person's address or a key's name.", max_length=200),
                ),
                ("mapped_at", models.DateTimeField()),
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
                    models.UniqueConstraint(fields=("organization", "id"), name="ingestion_regionmapping_tenant"),
                    models.UniqueConstraint(
                        fields=("organization", "provider", "called"), name="ingestion_regionmapping_region"
                    ),
                ],
            },
        ),
    ]
