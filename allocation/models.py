"""Rule sets, the runs that apply them, and the mart that pages read."""

from __future__ import annotations

from typing import Final

from django.db import models

from itfm.accounts.models import User
from itfm.core.tenancy import TenantForeignKey, TenantModel


class RuleSet(TenantModel):
    """One published version of all rules, as one document; never changed afterwards."""

    version = models.PositiveIntegerField()
    document = models.TextField(help_text="YAML as `itfm rules export` writes it, without driver values.")
    dimensions = models.JSONField(default=list, help_text="Key and name of each dimension, in order.")
    sha256 = models.CharField(max_length=64, help_text="Over the document and the driver values that came with it.")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "version"], name="allocation_ruleset_version"),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class RuleDraft(TenantModel):
    """Changes to the rules that are not published yet: at most one draft is open at a time."""

    class State(models.TextChoices):
        OPEN = "open"
        PUBLISHED = "published"
        DISCARDED = "discarded"

    base = TenantForeignKey(RuleSet, on_delete=models.PROTECT, related_name="drafts", null=True, blank=True)
    state = models.CharField(max_length=12, default=State.OPEN)
    step_number = models.PositiveIntegerField(default=0, help_text="The step whose document is the draft's.")
    lock = models.PositiveIntegerField(default=0, help_text="Rises with every change, so that none goes unseen.")
    edited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(state="open"), name="allocation_draft_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.state}"


class DraftStep(TenantModel):
    """The rules after one change of a draft; step 0 is the version it began from. Undo and redo move among them."""

    draft = TenantForeignKey(RuleDraft, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    summary = models.CharField(max_length=300)
    document = models.TextField(help_text="YAML as `itfm rules export` writes it, without driver values.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "draft", "number"], name="allocation_draftstep_number"),
        ]

    def __str__(self) -> str:
        return self.summary


class DriverValue(TenantModel):
    """How much of a driver one dimension value used on one day."""

    driver = models.CharField(max_length=60)
    date = models.DateField()
    value = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=38, decimal_places=18)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "driver", "date", "value"], name="allocation_drivervalue_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.driver} {self.date} {self.value}"


class Reallocation(TenantModel):
    """Many billing periods that somebody wants allocated again, as one piece of work; each has a run of its own."""

    first_period = models.DateField(help_text="First day of the first period.")
    last_period = models.DateField(help_text="First day of the last period.")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    canceled_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "-asked_at"], name="allocation_reallocation_recent")]

    def __str__(self) -> str:
        return f"{self.first_period:%Y-%m} to {self.last_period:%Y-%m}"


class AllocationRun(TenantModel):
    """One application of a rule set to the bills of a billing period."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        PUBLISHED = "published"
        REPLACED = "replaced"
        REFUSED = "refused"
        FAILED = "failed"
        QUARANTINED = "quarantined"
        CANCELED = "canceled"

    UNDER_WAY: Final = (State.QUEUED, State.RUNNING)
    """States of runs that are not over."""

    billing_period = models.DateField(help_text="First day of the period.")
    reallocation = TenantForeignKey(Reallocation, on_delete=models.PROTECT, related_name="runs", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    rule_set = TenantForeignKey(RuleSet, on_delete=models.PROTECT, related_name="runs", null=True, blank=True)
    state = models.CharField(max_length=12, default=State.RUNNING)
    inputs_sha256 = models.CharField(max_length=64, help_text="Over revisions, rule set and driver values.")
    revisions = models.JSONField(help_text="Ids of the bill revisions, by source id.")
    folder = models.CharField(max_length=500, blank=True, help_text="In the organization's folder of the lake.")
    proof = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    step = models.CharField(max_length=60, blank=True, db_default="", help_text="What a running run is at, in words.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "billing_period"],
                condition=models.Q(state="published"),
                name="allocation_run_one_in_force",
            ),
        ]
        indexes = [models.Index(fields=["organization", "billing_period", "-started_at"], name="allocation_run_recent")]

    def __str__(self) -> str:
        return f"{self.billing_period:%Y-%m} {self.state}"


class Segment(TenantModel):
    """A distinct combination of dimension values, so that new dimensions need no new columns."""

    dimension_values = models.JSONField(help_text="Dimension key to value; what no rule caught is absent.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical JSON.")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "digest"], name="allocation_segment_digest"),
        ]

    def __str__(self) -> str:
        return str(self.dimension_values)


class AllocatedCost(models.Model):
    """The mart: allocated cost by day, account, service, region and segment. Partitioned by billing period.

    The table is made by hand in a migration, for Django cannot partition. Rows have no identity and no key, which would
    take a third of the time to load them: nobody asks for one row. An index leads to those of an organization's day.
    """

    pk = models.CompositePrimaryKey("organization_id", "billing_period", "segment_id")
    # A constraint would be checked row by row on a million rows that one transaction writes. That of the run, which it
    # locks and saves, stands for it.
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    billing_period = models.DateField()
    # The run that wrote the row; later ones that have it alike leave it in place.
    run = models.ForeignKey(AllocationRun, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    source_id = models.UUIDField()
    origin = models.CharField(max_length=60, help_text="`direct`, or the key of the split that moved it.")
    charge_date = models.DateField()
    billing_account_id = models.TextField(null=True)  # noqa: DJ001 - absent is not empty in a bill
    sub_account_id = models.TextField(null=True)  # noqa: DJ001
    service_provider_name = models.TextField(null=True)  # noqa: DJ001
    service_name = models.TextField(null=True)  # noqa: DJ001
    service_category = models.TextField(null=True)  # noqa: DJ001
    region_id = models.TextField(null=True)  # noqa: DJ001
    charge_category = models.TextField(null=True)  # noqa: DJ001
    pricing_category = models.TextField(null=True)  # noqa: DJ001
    commitment_discount_status = models.TextField(null=True)  # noqa: DJ001
    billing_currency = models.CharField(max_length=20)
    billed_cost = models.DecimalField(max_digits=38, decimal_places=18)
    effective_cost = models.DecimalField(max_digits=38, decimal_places=18)
    list_cost = models.DecimalField(max_digits=38, decimal_places=18)
    contracted_cost = models.DecimalField(max_digits=38, decimal_places=18)
    consumed_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    charge_count = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "allocation_allocatedcost"

    def __str__(self) -> str:
        return f"{self.charge_date} {self.origin}"


class MonthlyCost(models.Model):
    """The mart summed up by billing period, as the version before asks for it; a later one drops the table.

    Sums by month are asked of the files of runs. Nothing writes these rows any more.
    """

    pk = models.CompositePrimaryKey("organization_id", "billing_period", "segment_id")
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    billing_period = models.DateField()
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    origin = models.TextField(help_text="`direct`, or the key of the split that moved it.")
    service_name = models.TextField(null=True)  # noqa: DJ001 - absent is not empty in a bill
    charge_category = models.TextField(null=True)  # noqa: DJ001
    billing_currency = models.TextField()
    effective_cost = models.DecimalField(max_digits=38, decimal_places=18)

    class Meta:
        managed = False
        db_table = "allocation_monthlycost"

    def __str__(self) -> str:
        return f"{self.billing_period:%Y-%m} {self.origin}"
