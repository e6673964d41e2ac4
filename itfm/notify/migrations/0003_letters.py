import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_organization_settings"),
        ("notify", "0002_protect_tenants"),
    ]

    operations = [
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("kind", models.CharField(max_length=40)),
                ("unsubscribed_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="about",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="What a list of letters shows of it.",
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="headers",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="images",
            field=models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="Name and base64 of each inline PNG.",
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="kind",
            field=models.CharField(
                blank=True, db_default="", help_text="What one can unsubscribe from.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="notificationpreference",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="notify_notificationpreference_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.UniqueConstraint(fields=("organization", "kind", "email"), name="notify_preference_once"),
        ),
    ]
