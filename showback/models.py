"""The cost-center tree."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from django.db import models
from tree_queries.query import TreeQuerySet

from itfm.core.tenancy import TenantForeignKey, TenantModel

RESERVED: Final = frozenset({"letters", "schedule", "unsubscribe"})
"""Names of other pages beside those of the cost centers."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,30}", re.ASCII)


class CostCenter(TenantModel):  # type: ignore[django-manager-missing]  # the tree manager is untyped
    """A place in the organization that carries cost; charges reach it as values of the dimension `cost_center`."""

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    parent = TenantForeignKey("self", on_delete=models.CASCADE, related_name="children", null=True, blank=True)
    owner_email = models.EmailField(blank=True)

    objects: ClassVar[Any] = TreeQuerySet.as_manager()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "code"], name="showback_costcenter_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def address(self) -> str:
        """How its page is named: by its code, or by its id where the code could not stand in an address."""
        is_plain = _PLAIN.fullmatch(self.code) and self.code.lower() not in RESERVED
        return self.code if is_plain else str(self.pk)


class LetterSchedule(TenantModel):
    """When the monthly letters of an organization go out: on a business day of the month after, at an hour."""

    is_on = models.BooleanField(default=False)
    business_day = models.PositiveSmallIntegerField(default=3, help_text="1 for the first weekday of the month.")
    hour = models.PositiveSmallIntegerField(default=9)
    time_zone = models.CharField(max_length=60, default="UTC")

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization"], name="showback_letterschedule_once"),
        ]

    def __str__(self) -> str:
        return f"business day {self.business_day}, {self.hour}:00 {self.time_zone}"


class SpendAnswer(TenantModel):
    """What somebody said in answer to a letter: whether cost without a cost center is theirs; the last word counts."""

    class Answer(models.TextChoices):
        MINE = "mine"
        NOT_MINE = "not_mine"

    code = models.CharField(max_length=60, help_text="The cost center that was asked.")
    sub_account_id = models.TextField(blank=True)
    service_name = models.TextField(blank=True)
    answer = models.CharField(max_length=10)
    answered_by = models.EmailField()
    answered_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "code", "sub_account_id", "service_name"], name="showback_spendanswer_once"
            ),
            models.CheckConstraint(
                condition=models.Q(answer__in=["mine", "not_mine"]), name="showback_spendanswer_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.answer}"
