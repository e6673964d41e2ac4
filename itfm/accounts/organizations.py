"""Changes to an organization's own settings."""

from __future__ import annotations

from django.db import transaction

from itfm.accounts.models import Organization
from itfm.audit.services import Actor, record


@transaction.atomic
def change_organization(
    organization: Organization, *, name: str, time_zone: str, requires_second_factor: bool, engine: str, by: Actor
) -> bool:
    """Save the settings and return whether any differs from before."""
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    wanted = {
        "name": name,
        "time_zone": time_zone,
        "requires_second_factor": requires_second_factor,
        "engine": engine,
    }
    changes = {field: [getattr(locked, field), value] for field, value in wanted.items()}
    changes = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return False
    for field, (_, value) in changes.items():
        setattr(locked, field, value)
    locked.save(update_fields=list(changes))
    record(
        "organization.changed",
        organization_id=locked.id,
        actor_id=by.id,
        actor_name=by.name,
        target=locked.name,
        changes=changes,
    )
    return True
