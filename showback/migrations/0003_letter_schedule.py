import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_organization_settings"),
        ("showback", "0002_protect_tenants"),
    ]

    operations = [
        migrations.CreateModel(
            name="LetterSchedule",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("is_on", models.BooleanField(default=False)),
                (
                    "business_day",
                    models.PositiveSmallIntegerField(default=3, help_text="1 for the first weekday of the month."),
                ),
                ("hour", models.PositiveSmallIntegerField(default=9)),
                ("time_zone", models.CharField(default="UTC", max_length=60)),
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
                    models.UniqueConstraint(fields=("organization", "id"), name="showback_letterschedule_tenant"),
                    models.UniqueConstraint(fields=("organization",), name="showback_letterschedule_once"),
                ],
            },
        ),
    ]
