"""Changes to the cost-center tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from itfm.audit.services import Actor, record
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

    Cost centers keep their identity by code; those no longer named are removed. An owner stays where none is named.
    """
    kept: set[str] = set()
    for branch in branches:
        _save(branch, parent=None, organization_id=organization_id, kept=kept)
    CostCenter.objects.exclude(code__in=kept).delete()
    return len(kept)


def _save(branch: CostCenterBranch, *, parent: CostCenter | None, organization_id: UUID, kept: set[str]) -> None:
    owner = {"owner_email": branch.owner_email} if branch.owner_email else {}
    center, _ = CostCenter.objects.update_or_create(
        organization_id=organization_id,
        code=branch.code,
        defaults={"name": branch.name, "parent": parent, **owner},
    )
    kept.add(branch.code)
    for child in branch.children:
        _save(child, parent=center, organization_id=organization_id, kept=kept)


@transaction.atomic
def change_owner(center: CostCenter, email: str, *, by: Actor) -> bool:
    """Save who gets a cost center's letters, and return whether that differs from before."""
    locked = CostCenter.objects.select_for_update().get(pk=center.pk)
    before, locked.owner_email = locked.owner_email, email
    if before == email:
        return False
    locked.save(update_fields=["owner_email"])
    record(
        "cost_center.owner_changed",
        organization_id=locked.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=str(locked),
        changes={"owner_email": [before, email]},
    )
    return True
