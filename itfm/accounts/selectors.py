"""What is asked about organizations."""

from __future__ import annotations

from uuid import UUID

from itfm.accounts.models import Organization
from itfm.core.tenancy import system


def organization_ids() -> list[UUID]:
    """Return every organization's id, for work that goes round all of them."""
    with system():
        return list(Organization.objects.order_by("created_at", "id").values_list("id", flat=True))
