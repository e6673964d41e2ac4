import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_closing"),
        ("ingestion", "0008_protect_invoices"),
    ]

    operations = [
        migrations.AddField(
            model_name="importrun",
            name="read_again",
            field=models.JSONField(
                db_default=models.Value([], output_field=models.JSONField()),
                default=list,
                help_text="Ids of the revisions whose archived files are read again; empty: the source is asked for"
                " bills.",
            ),
        ),
        migrations.AddField(
            model_name="billrevision",
            name="mapped_services",
            field=models.JSONField(
                db_default=models.Value([], output_field=models.JSONField()),
                default=list,
                help_text="The organization's own services, as they were then, that some of its charges were given.",
            ),
        ),
        migrations.AddField(
            model_name="billrevision",
            name="delivered_as",
            field=models.PositiveIntegerField(
                help_text="Number of the revision that was delivered, where this one is that one's files read again.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="ServiceMapping",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "provider",
                    models.CharField(blank=True, help_text="ServiceProviderName in FOCUS.", max_length=200),
                ),
                ("called", models.CharField(help_text="The service as the bill has it.", max_length=200)),
                ("name", models.CharField(help_text="ServiceName in FOCUS.", max_length=200)),
                ("category", models.CharField(help_text="ServiceCategory in FOCUS.", max_length=60)),
                ("subcategory", models.CharField(help_text="ServiceSubcategory in FOCUS.", max_length=60)),
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
                    models.UniqueConstraint(fields=("organization", "id"), name="ingestion_servicemapping_tenant"),
                    models.UniqueConstraint(
                        fields=("organization", "provider", "called"), name="ingestion_servicemapping_service"
                    ),
                ],
            },
        ),
    ]
