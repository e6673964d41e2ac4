import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import itfm.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_protect_tenants"),
        ("allocation", "0003_mart"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleDraft",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("state", models.CharField(default="open", max_length=12)),
                (
                    "step_number",
                    models.PositiveIntegerField(default=0, help_text="The step whose document is the draft's."),
                ),
                (
                    "lock",
                    models.PositiveIntegerField(
                        default=0, help_text="Rises with every change, so that none goes unseen."
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "base",
                    itfm.core.tenancy.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drafts",
                        to="allocation.ruleset",
                    ),
                ),
                (
                    "edited_by",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DraftStep",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("summary", models.CharField(max_length=300)),
                (
                    "document",
                    models.TextField(help_text="YAML as `itfm rules export` writes it, without driver values."),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organization"
                    ),
                ),
                (
                    "draft",
                    itfm.core.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="allocation.ruledraft",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="ruledraft",
            constraint=models.UniqueConstraint(fields=("organization", "id"), name="allocation_ruledraft_tenant"),
        ),
        migrations.AddConstraint(
            model_name="ruledraft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("organization",), name="allocation_draft_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="draftstep",
            constraint=models.UniqueConstraint(fields=("organization", "id"), name="allocation_draftstep_tenant"),
        ),
        migrations.AddConstraint(
            model_name="draftstep",
            constraint=models.UniqueConstraint(
                fields=("organization", "draft", "number"), name="allocation_draftstep_number"
            ),
        ),
    ]
