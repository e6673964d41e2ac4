"""What people keep of the pages they make."""

from __future__ import annotations

from django.db import models

from itfm.accounts.models import User
from itfm.core.tenancy import TenantModel


class SavedView(TenantModel):
    """A question on Explore under a name, for its owner alone or for everybody in the organization.

    What programs keep has no owner in person, and is for everybody.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=80)
    params = models.TextField(help_text="The question as it stands in an address, in the one order it is written in.")
    is_shared = models.BooleanField(default=False, db_default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "owner", "name"],
                condition=models.Q(deleted_at=None),
                name="web_savedview_name",
            ),
            models.UniqueConstraint(
                fields=["organization", "name"],
                condition=models.Q(deleted_at=None, owner=None),
                name="web_savedview_program",
            ),
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False) | models.Q(is_shared=True), name="web_savedview_owned"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="web_savedview_named"),
        ]

    def __str__(self) -> str:
        return self.name
