import uuid

import django.db.models.deletion
from django.db import migrations, models

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_organization_settings"),
        ("showback", "0004_protect_schedule"),
    ]

    operations = [
        migrations.CreateModel(
            name="SpendAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(help_text="The cost center that was asked.", max_length=60)),
                ("sub_account_id", models.TextField(blank=True)),
                ("service_name", models.TextField(blank=True)),
                ("answer", models.CharField(max_length=10)),
                ("answered_by", models.EmailField(max_length=254)),
                ("answered_at", models.DateTimeField()),
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
                    models.UniqueConstraint(fields=("organization", "id"), name="showback_spendanswer_tenant"),
                    models.UniqueConstraint(
                        fields=("organization", "code", "sub_account_id", "service_name"),
                        name="showback_spendanswer_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer__in", ["mine", "not_mine"])), name="showback_spendanswer_answer"
                    ),
                ],
            },
        ),
        ProtectTenant("SpendAnswer"),
    ]
