"""What is asked about organizations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from itfm.accounts.models import Organization
from itfm.accounts.organizations import RESTORABLE_FOR
from itfm.core.tenancy import system, tenant


def organization_ids() -> list[UUID]:
    """Return every open organization's id, for work that goes round all of them."""
    with system():
        found = Organization.objects.filter(closed_at__isnull=True).order_by("created_at", "id")
        return list(found.values_list("id", flat=True))


def organization_ids_to_erase(*, at: datetime) -> list[UUID]:
    """Return the organizations that were closed longer ago than they can be restored."""
    with system():
        found = Organization.objects.filter(closed_at__lte=at - RESTORABLE_FOR).order_by("closed_at", "id")
        return list(found.values_list("id", flat=True))


def is_open(organization_id: UUID) -> bool:
    """Return whether an organization is there and has not been closed."""
    with tenant(organization_id):
        return Organization.objects.filter(pk=organization_id, closed_at__isnull=True).exists()
