"""Where bills come from, the bills, each delivered state of them, and the runs that brought them in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.conf import settings as project
from django.db import models
from django.db.models.functions import Lower

from ingestion.focus.mapped_services import LONGEST
from ingestion.order_models import PurchaseOrder as PurchaseOrder  # noqa: PLC0414 - so it is one of this module
from itfm.core.tenancy import TenantForeignKey, TenantModel

NOTHING: Final = models.Value({}, output_field=models.JSONField())
"""What a JSON column holds in rows that were written before there was one."""
NONE: Final = models.Value([], output_field=models.JSONField())
"""The same of a column that holds a list."""


class BillSource(TenantModel):
    """A connection to a provider, or to a folder it delivers to."""

    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, help_text="File name of the connector.")
    settings = models.JSONField(default=dict)
    sealed_secrets = models.JSONField(
        default=dict,
        db_default=NOTHING,
        help_text="Settings that are secret, by name, sealed for this row (`itfm.core.secrets`).",
    )
    is_draft = models.BooleanField(default=False, db_default=False, help_text="Its connection has not been finished.")
    is_uploaded = models.BooleanField(
        default=False, db_default=False, help_text="Its bills are uploaded; there is no place to pull from."
    )
    removed_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is out of use.")
    pull_time = models.TimeField(
        null=True,
        blank=True,
        help_text="When to pull each day, in the source's time zone. None: by hand only.",
    )
    time_zone = models.CharField(max_length=60, default="UTC")
    next_pull_at = models.DateTimeField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "key"], name="ingestion_billsource_key"),
        ]
        indexes = [models.Index(fields=["organization", "next_pull_at"], name="ingestion_billsource_due")]

    def __str__(self) -> str:
        return self.name


class Bill(TenantModel):
    """What one source bills for one period."""

    source = TenantForeignKey(BillSource, on_delete=models.CASCADE, related_name="bills")
    billing_period = models.DateField(help_text="First day of the period.")
    current_revision = TenantForeignKey(
        "BillRevision", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "source", "billing_period"], name="ingestion_bill_once"),
        ]
        indexes = [models.Index(fields=["organization", "billing_period"], name="ingestion_bill_period")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.billing_period:%Y-%m}"


class ImportRun(TenantModel):
    """One attempt to bring in what a source has. The queue itself: Redis only hints that a row is waiting."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        IMPORTED = "imported"
        UNCHANGED = "unchanged"
        WAITING = "waiting"
        REJECTED = "rejected"
        FAILED = "failed"
        QUARANTINED = "quarantined"

    source = TenantForeignKey(BillSource, on_delete=models.CASCADE, related_name="runs")
    settings = models.JSONField(
        help_text="The source's settings without its secrets, or the path that was named for this run."
    )
    trigger = models.CharField(max_length=20, help_text="schedule, person or command")
    read_again = models.JSONField(
        default=list,
        db_default=NONE,
        help_text="Ids of the revisions whose archived files are read again; empty: the source is asked for bills.",
    )
    state = models.CharField(max_length=12, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=200, blank=True)
    progress_ratio = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(help_text="A failed attempt waits until then.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "source"],
                condition=models.Q(state__in=["queued", "running"]),
                name="ingestion_importrun_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "state", "not_before"], name="ingestion_importrun_due"),
            models.Index(fields=["organization", "-queued_at"], name="ingestion_importrun_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.state}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to this run."""
        return self.state not in {self.State.QUEUED, self.State.RUNNING}


class BillRevision(TenantModel):
    """One delivered state of a bill: immutable, its charges in the lake."""

    bill = TenantForeignKey(Bill, on_delete=models.CASCADE, related_name="revisions")
    run = TenantForeignKey(ImportRun, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    delivery = models.CharField(max_length=500, help_text="Name of the delivery it came with.")
    delivered_as = models.PositiveIntegerField(
        null=True,
        help_text="Number of the revision that was delivered, where this one is that one's files read again.",
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over the delivered files.")
    files = models.JSONField(
        help_text="name, size, version, sha256 and row_count of each delivered file, by file number."
    )
    folder = models.CharField(max_length=500, help_text="In the organization's folder of the lake.")
    row_count = models.BigIntegerField()
    totals = models.JSONField(help_text="Exact sums by currency and cost column, as text.")
    file_totals = models.JSONField(
        default=dict,
        db_default=NOTHING,
        help_text="Exact sums of the amounts in the delivered files by currency, as text.",
    )
    charges_through = models.DateField(null=True, blank=True, help_text="Date of the latest usage.")
    mapped_services = models.JSONField(
        default=list,
        db_default=NONE,
        help_text="The organization's own services, as they were then, that some of its charges were given.",
    )
    mapped_regions = models.JSONField(
        default=list,
        db_default=NONE,
        help_text="The organization's own names of regions, as they were then, that some of its charges were given.",
    )
    read_beside = models.JSONField(
        default=dict,
        db_default=NOTHING,
        help_text="Of postings: their book, the revisions of others they were held against, and what is in both.",
    )
    imported_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "bill", "number"], name="ingestion_billrevision_number"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"

    @property
    def in_other_sources(self) -> list[dict[str, Any]]:
        """How many postings other sources have too, with their sum, by source, match and currency."""
        return [{**one, "amount": Decimal(one["amount"])} for one in self.read_beside.get("postings", [])]


class Finding(TenantModel):
    """Something a reader of the bill should know, down to file, row and column."""

    run = TenantForeignKey(ImportRun, on_delete=models.CASCADE, related_name="findings")
    revision = TenantForeignKey(BillRevision, on_delete=models.CASCADE, related_name="findings", null=True, blank=True)
    number = models.PositiveIntegerField(help_text="Position among the findings of its run.")
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=10)
    file = models.CharField(max_length=500, blank=True)
    row = models.BigIntegerField(null=True, blank=True)
    column = models.CharField(max_length=200, blank=True)
    message = models.TextField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "run", "number"], name="ingestion_finding_number"),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ServiceMapping(TenantModel):
    """What a service is that comes without a category: an organization's own word on it."""

    provider = models.CharField(max_length=LONGEST, blank=True, help_text="ServiceProviderName in FOCUS.")
    called = models.CharField(max_length=LONGEST, help_text="The service as the bill has it.")
    name = models.CharField(max_length=LONGEST, help_text="ServiceName in FOCUS.")
    category = models.CharField(max_length=60, help_text="ServiceCategory in FOCUS.")
    subcategory = models.CharField(max_length=60, help_text="ServiceSubcategory in FOCUS.")
    mapped_by = models.CharField(max_length=200, help_text="As it read then: a person's address or a key's name.")
    mapped_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "provider", "called"], name="ingestion_servicemapping_service"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.called}" if self.provider else self.called


class RecommendationList(TenantModel):
    """What a source's provider recommended on a day to save cost: immutable, its recommendations in the lake."""

    NEWEST_FIRST: Final = ("-told_on", "-fetched_at", "-id")

    source = TenantForeignKey(BillSource, on_delete=models.CASCADE, related_name="recommendation_lists")
    told_on = models.DateField(help_text="The day that it is of.")
    files = models.JSONField(help_text="name, size, version, sha256 and row_count of each delivered file, in order.")
    folder = models.CharField(max_length=500, help_text="In the organization's folder of the lake.")
    count = models.PositiveIntegerField(help_text="How many recommendations it has.")
    savings = models.JSONField(help_text="Estimated monthly savings by currency, exact, as text.")
    fetched_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "source", "-told_on"], name="ingestion_recommendations_new")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.told_on:%Y-%m-%d}"


class RegionMapping(TenantModel):
    """What a region is called that comes without a name: an organization's own word on it."""

    provider = models.CharField(max_length=LONGEST, blank=True, help_text="HostProviderName in FOCUS.")
    called = models.CharField(max_length=LONGEST, help_text="The region as the bill has it: RegionId in FOCUS.")
    name = models.CharField(max_length=LONGEST, help_text="RegionName in FOCUS.")
    mapped_by = models.CharField(max_length=200, help_text="As it read then: a person's address or a key's name.")
    mapped_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "provider", "called"], name="ingestion_regionmapping_region"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.called}" if self.provider else self.called


class BillUpload(TenantModel):
    """A file that somebody uploaded, in quarantine until it was looked at and confirmed."""

    class State(models.TextChoices):
        RECEIVED = "received"
        READY = "ready"
        REJECTED = "rejected"
        FAILED = "failed"
        CONFIRMED = "confirmed"

    kind = models.CharField(max_length=40, help_text="File name of the connector.")
    settings = models.JSONField(default=dict, help_text="Settings of the kind that go with this file.")
    file_name = models.CharField(max_length=200)
    file = models.CharField(max_length=500, help_text="In the organization's folder of the lake.")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=200, blank=True)
    progress_ratio = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    preview = models.JSONField(
        default=dict, help_text="Columns, bills and findings, as `ingestion.services.uploads` says."
    )
    error_message = models.TextField(blank=True)
    run = TenantForeignKey(ImportRun, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    uploaded_by = models.ForeignKey(project.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "state", "-uploaded_at"], name="ingestion_billupload_recent")]

    def __str__(self) -> str:
        return self.file_name


class Invoice(TenantModel):
    """What an issuer asks to be paid for a billing period; its own number tells it apart."""

    class Status(models.TextChoices):
        OPEN = "open"
        ISSUED = "issued"
        VOIDED = "voided"

    class Origin(models.TextChoices):
        TYPED = "typed"
        UPLOADED = "uploaded"
        DETAIL = "detail"

    issuer = models.CharField(max_length=200, help_text="InvoiceIssuerName in FOCUS.")
    number = models.CharField(max_length=200, help_text="InvoiceId in FOCUS.")
    billing_account_id = models.CharField(max_length=200, blank=True, help_text="Empty: any account of the issuer.")
    billing_period = models.DateField(help_text="First day of the period; with lines, of the latest they are for.")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=38, decimal_places=18, help_text="To be paid, tax included.")
    status = models.CharField(max_length=10, default=Status.ISSUED)
    issue_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    payment_terms = models.CharField(max_length=200, blank=True)
    reference_number = models.CharField(max_length=200, blank=True, help_text="Of the invoice that this one corrects.")
    purchase_order = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=10, default=Origin.TYPED)
    file_name = models.CharField(max_length=200, blank=True, help_text="The file it came with last.")
    entered_by = models.CharField(max_length=200, help_text="As it read then: a person's address or a key's name.")
    entered_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint("organization", Lower("issuer"), "number", name="ingestion_invoice_number"),
        ]
        indexes = [models.Index(fields=["organization", "-billing_period"], name="ingestion_invoice_period")]

    def __str__(self) -> str:
        return f"{self.number} of {self.issuer}"


class InvoiceLine(TenantModel):
    """A line of an invoice as its issuer itemizes it (FOCUS 1.4, Invoice Detail)."""

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(help_text="Place among the lines of the invoice, from 0.")
    detail_id = models.CharField(max_length=200, help_text="InvoiceDetailId in FOCUS.")
    charge_category = models.CharField(max_length=20)
    billing_account_id = models.CharField(max_length=200, blank=True)
    billing_period = models.DateField(help_text="First day of the period.")
    amount = models.DecimalField(max_digits=38, decimal_places=18)
    description = models.TextField(blank=True)
    grain = models.TextField(blank=True, help_text="What its charges have in common, as JSON.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "invoice", "position"], name="ingestion_invoiceline_position"
            ),
        ]

    def __str__(self) -> str:
        return self.detail_id
