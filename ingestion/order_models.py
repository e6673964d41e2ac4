"""What was ordered; beside the other models of this app, which `ingestion.models` has all of."""

from __future__ import annotations

from django.db import models

from itfm.core.tenancy import TenantModel


class PurchaseOrder(TenantModel):
    """What was ordered from a vendor; its number there tells it apart (`ingestion.payables.order_facts`)."""

    class Status(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    vendor = models.CharField(max_length=200, help_text="InvoiceIssuerName of its invoices.")
    number = models.CharField(max_length=200, help_text="PurchaseOrderNumber in FOCUS.")
    vendor_key = models.CharField(max_length=400, help_text="The form in which vendors are compared.")
    number_key = models.CharField(max_length=400, help_text="The form in which numbers are compared.")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=38, decimal_places=18, help_text="What was ordered, without tax.")
    order_date = models.DateField()
    start_date = models.DateField(null=True, blank=True, help_text="First day that it covers.")
    end_date = models.DateField(null=True, blank=True, help_text="Last day that it covers.")
    description = models.CharField(max_length=500, blank=True)
    cost_center = models.CharField(max_length=200, blank=True, help_text="As it stands on the order.")
    status = models.CharField(max_length=10, default=Status.OPEN, help_text="By hand; what is billed changes nothing.")
    file_name = models.CharField(max_length=200, blank=True, help_text="The file it came with last.")
    entered_by = models.CharField(max_length=200, help_text="As it read then: a person's address or a key's name.")
    entered_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "vendor_key", "number_key"], name="ingestion_purchaseorder_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.vendor}"
