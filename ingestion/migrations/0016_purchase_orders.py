import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_closing"),
        ("ingestion", "0015_read_beside"),
    ]

    operations = [
        migrations.CreateModel(
            name="PurchaseOrder",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("vendor", models.CharField(help_text="InvoiceIssuerName of its invoices.", max_length=200)),
                ("number", models.CharField(help_text="PurchaseOrderNumber in FOCUS.", max_length=200)),
                ("vendor_key", models.CharField(help_text="The form in which vendors are compared.", max_length=400)),
                ("number_key", models.CharField(help_text="The form in which numbers are compared.", max_length=400)),
                ("currency", models.CharField(max_length=3)),
                (
                    "amount",
                    models.DecimalField(decimal_places=18, help_text="What was ordered, without tax.", max_digits=38),
                ),
                ("order_date", models.DateField()),
                ("start_date", models.DateField(blank=True, help_text="First day that it covers.", null=True)),
                ("end_date", models.DateField(blank=True, help_text="Last day that it covers.", null=True)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("cost_center", models.CharField(blank=True, help_text="As it stands on the order.", max_length=200)),
                (
                    "status",
                    models.CharField(
                        default="open", help_text="By hand; what is billed changes nothing.", max_length=10
                    ),
                ),
                ("file_name", models.CharField(blank=True, help_text="The file it came with last.", max_length=200)),
                (
                    "entered_by",
                    models.CharField(help_text="As it read then: a person's address or a key's name.", max_length=200),
                ),
                ("entered_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
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
                    models.UniqueConstraint(fields=("organization", "id"), name="ingestion_purchaseorder_tenant"),
                    models.UniqueConstraint(
                        fields=("organization", "vendor_key", "number_key"), name="ingestion_purchaseorder_number"
                    ),
                ],
            },
        ),
    ]
