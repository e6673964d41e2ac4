"""What has been changed by whom; rows are added and never altered."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from itfm.core.tenancy import TenantModel


class AuditEvent(TenantModel):
    """One change that somebody made, in words and in values."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=200, help_text="As it read then: a person's address or a key's name.")
    action = models.CharField(max_length=60, help_text="`rules.published`, `member.removed`.")
    target = models.CharField(max_length=200, blank=True, help_text="What was changed, as its page names it.")
    summary = models.CharField(max_length=500, blank=True)
    changes = models.JSONField(default=dict, help_text="Values after the change, or pairs of before and after.")

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "-at"], name="audit_event_recent")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action}"
