"""What an organization says its unknown services are: kept for the bills that come in from then on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ingestion.focus.mapped_services import MappedService
from ingestion.models import ServiceMapping
from itfm.audit.services import Actor, record
from itfm.core.tenancy import tenant


class MappingError(ValueError):
    """A service cannot be mapped so; the message says why, `field` what of it is meant."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def mapped_services(organization_id: UUID) -> tuple[MappedService, ...]:
    """Return what an organization says its services are, in order; opens its transaction."""
    with tenant(organization_id):
        return tuple(sorted(map(mapped, ServiceMapping.objects.all())))


def mapped(mapping: ServiceMapping) -> MappedService:
    """Return what a stored mapping says."""
    return MappedService(
        provider=mapping.provider,
        called=mapping.called,
        name=mapping.name,
        category=mapping.category,
        subcategory=mapping.subcategory,
    )


@transaction.atomic
def map_service(service: MappedService, *, organization_id: UUID, by: Actor, at: datetime) -> ServiceMapping:
    """Keep what a service is. What is kept already changes nothing; bills that are in change only when read again.

    :raises MappingError: something of it cannot be so.
    """
    for field, message in service.problems():
        raise MappingError(message, field=field)
    mapping = (
        ServiceMapping.objects.select_for_update().filter(provider=service.provider, called=service.called).first()
    )
    before = mapped(mapping) if mapping else None
    if mapping is not None and before == service:
        return mapping
    values = {**service.fields(), "mapped_by": by.name[:200], "mapped_at": at}
    mapping, _ = ServiceMapping.objects.update_or_create(
        organization_id=organization_id, provider=service.provider, called=service.called, defaults=values
    )
    changes = {
        name: [before.fields()[name] if before else None, value]
        for name, value in service.fields().items()
        if name in {"name", "category", "subcategory"} and (before is None or before.fields()[name] != value)
    }
    _record("service.mapped", mapping, by=by, changes=changes)
    return mapping


@transaction.atomic
def unmap_service(mapping: ServiceMapping, *, by: Actor) -> None:
    """Forget what a service is: bills that come in from then on have it without a category again."""
    said = {name: [value, None] for name, value in mapped(mapping).fields().items()}
    _record("service.unmapped", mapping, by=by, changes=said)
    mapping.delete()


def _record(action: str, mapping: ServiceMapping, *, by: Actor, changes: Mapping[str, Any]) -> None:
    record(
        action,
        organization_id=mapping.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=str(mapping),
        changes=changes,
    )
