"""Changes to the cost-center tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from showback.models import CostCenter


@dataclass(frozen=True, kw_only=True)
class CostCenterBranch:
    """A cost center as a document gives it, with those below."""

    code: str
    name: str
    owner_email: str = ""
    children: Sequence[CostCenterBranch] = ()


@transaction.atomic
def replace_cost_centers(branches: Sequence[CostCenterBranch], *, organization_id: UUID) -> int:
    """Make the tree what the branches say and return how many cost centers it has.

    Cost centers keep their identity by code; those no longer named are removed.
    """
    kept: set[str] = set()
    for branch in branches:
        _save(branch, parent=None, organization_id=organization_id, kept=kept)
    CostCenter.objects.exclude(code__in=kept).delete()
    return len(kept)


def _save(branch: CostCenterBranch, *, parent: CostCenter | None, organization_id: UUID, kept: set[str]) -> None:
    center, _ = CostCenter.objects.update_or_create(
        organization_id=organization_id,
        code=branch.code,
        defaults={"name": branch.name, "parent": parent, "owner_email": branch.owner_email},
    )
    kept.add(branch.code)
    for child in branch.children:
        _save(child, parent=center, organization_id=organization_id, kept=kept)
