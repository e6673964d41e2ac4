"""What the API remembers of requests that must not take effect twice."""

from __future__ import annotations

from django.db import models

from itfm.core.tenancy import TenantModel


class IdempotentAnswer(TenantModel):
    """The answer to a write that carried an Idempotency-Key; sent again when the request comes again."""

    caller = models.CharField(max_length=60, help_text="`key:<id>` or `user:<id>`.")
    key = models.CharField(max_length=200)
    request_sha256 = models.CharField(max_length=64, help_text="Over method, address and body.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True, help_text="Without secrets, which are shown once.")
    headers = models.JSONField(default=dict, blank=True)
    expires_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "caller", "key"], name="api_idempotentanswer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
