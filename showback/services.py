"""Changes to the cost-center tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from itfm.audit.services import Actor, record
from showback.models import CostCenter

ROWS_AT_ONCE: Final = 1000


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
    known = {center.code: center for center in CostCenter.objects.all()}
    wanted = {center.code: center for center in _centers(branches, known=known, organization_id=organization_id)}
    changed = [center for code, center in wanted.items() if code in known and _written(center) != _written(known[code])]
    # Those above come first, so that nothing is saved before what it points at.
    CostCenter.objects.bulk_create(
        [center for code, center in wanted.items() if code not in known], batch_size=ROWS_AT_ONCE
    )
    CostCenter.objects.bulk_update(changed, ("name", "parent", "owner_email"), batch_size=ROWS_AT_ONCE)
    CostCenter.objects.filter(pk__in=[center.pk for code, center in known.items() if code not in wanted]).delete()
    return len(wanted)


def _written(center: CostCenter) -> tuple[str, UUID | None, str]:
    return center.name, center.parent_id, center.owner_email


def _centers(
    branches: Sequence[CostCenterBranch],
    *,
    known: Mapping[str, CostCenter],
    organization_id: UUID,
    parent_id: UUID | None = None,
) -> Iterator[CostCenter]:
    """Yield what is to be saved, each before those below it."""
    for branch in branches:
        before = known.get(branch.code)
        center = CostCenter(
            organization_id=organization_id,
            code=branch.code,
            name=branch.name,
            parent_id=parent_id,
            owner_email=branch.owner_email or (before.owner_email if before else ""),
        )
        if before:
            center.pk = before.pk
        yield center
        yield from _centers(branch.children, known=known, organization_id=organization_id, parent_id=center.pk)


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
