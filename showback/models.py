"""The cost-center tree."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from tree_queries.query import TreeQuerySet

from itfm.core.tenancy import TenantForeignKey, TenantModel


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
