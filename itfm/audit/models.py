"""What has been changed by whom; rows are added and never altered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from itfm.core.tenancy import TenantModel


class AuditEvent(TenantModel):
    """One change that somebody made, in words and in values.

    The database numbers the events of an organization and chains them: `sha256` covers the event and the `sha256` of
    the one before it. The application may add events, never alter or remove them.
    """

    at = models.DateTimeField(default=timezone.now)
    # The number stays when the person goes, and the database lets nobody clear it.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    actor_name = models.CharField(max_length=200, help_text="As it read then: a person's address or a key's name.")
    action = models.CharField(max_length=60, help_text="`rules.published`, `member.removed`.")
    target = models.CharField(max_length=200, blank=True, help_text="What was changed, as its page names it.")
    summary = models.CharField(max_length=500, blank=True)
    changes = models.JSONField(default=dict, help_text="Values after the change, or pairs of before and after.")
    sequence = models.BigIntegerField(null=True, editable=False, help_text="1 for the organization's first event.")
    previous_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    sha256 = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "sequence"], name="audit_event_sequence"),
        ]
        indexes = [models.Index(fields=["organization", "-at"], name="audit_event_recent")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action}"


class AuditHead(TenantModel):
    """Where an organization's chain of events ends, so that an end cut off is noticed. The database keeps it."""

    sequence = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization"], name="audit_head_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.sha256[:12]}"
