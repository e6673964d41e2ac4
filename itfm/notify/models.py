"""Messages that stand ready to go out."""

from __future__ import annotations

from typing import Final

from django.db import models

from itfm.core.tenancy import TenantModel

NOTHING: Final = models.Value({}, models.JSONField())
NONE: Final = models.Value([], models.JSONField())


class OutboxMessage(TenantModel):
    """One letter to one address: queued, claimed by a sender, then sent, or left uncertain when the sender died."""

    class State(models.TextChoices):
        QUEUED = "queued"
        CLAIMED = "claimed"
        SENT = "sent"
        UNCERTAIN = "uncertain"
        FAILED = "failed"

    key = models.CharField(max_length=200, help_text="What the letter is about; a second one of that key is not sent.")
    kind = models.CharField(max_length=40, blank=True, db_default="", help_text="`showback`, `invitation`, `test`.")
    about = models.JSONField(default=dict, db_default=NOTHING, help_text="What a list of letters shows of it.")
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, db_default=NOTHING)
    images = models.JSONField(default=list, db_default=NONE, help_text="Name and base64 of each inline PNG.")
    state = models.CharField(max_length=12, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "key"], name="notify_outboxmessage_once"),
        ]
        indexes = [models.Index(fields=["organization", "state"], name="notify_outboxmessage_state")]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class NotificationPreference(TenantModel):
    """An address that wants no letters of a kind any more."""

    email = models.EmailField()
    kind = models.CharField(max_length=40)
    unsubscribed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "kind", "email"], name="notify_preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.email} without {self.kind}"
