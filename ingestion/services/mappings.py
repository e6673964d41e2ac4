"""What an organization says its unknown services and regions are: kept for the bills that come in from then on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import transaction

from ingestion.focus.mapped_regions import MappedRegion
from ingestion.focus.mapped_services import MappedService
from ingestion.models import RegionMapping, ServiceMapping
from itfm.audit.services import Actor, record
from itfm.core.tenancy import tenant

Stored = TypeVar("Stored", ServiceMapping, RegionMapping)


class Said(Protocol):
    """What is said of a service or a region: its key, and what it is."""

    @property
    def provider(self) -> str:
        """Whose it is, '' where charges name nobody."""

    @property
    def called(self) -> str:
        """What the bill calls it."""

    def fields(self) -> dict[str, str]:
        """Return all of it by name."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what of it cannot be so: the field, and why."""


class MappingError(ValueError):
    """A service or region cannot be mapped so; the message says why, `field` what of it is meant."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def mapped_services(organization_id: UUID) -> tuple[MappedService, ...]:
    """Return what an organization says its services are, in order; opens its transaction."""
    with tenant(organization_id):
        return tuple(sorted(map(mapped, ServiceMapping.objects.all())))


def mapped_regions(organization_id: UUID) -> tuple[MappedRegion, ...]:
    """Return what an organization calls its regions, in order; opens its transaction."""
    with tenant(organization_id):
        return tuple(sorted(map(mapped_region, RegionMapping.objects.all())))


def mapped(mapping: ServiceMapping) -> MappedService:
    """Return what a stored mapping says."""
    return MappedService(
        provider=mapping.provider,
        called=mapping.called,
        name=mapping.name,
        category=mapping.category,
        subcategory=mapping.subcategory,
    )


def mapped_region(mapping: RegionMapping) -> MappedRegion:
    """Return what a stored mapping says."""
    return MappedRegion(provider=mapping.provider, called=mapping.called, name=mapping.name)


@transaction.atomic
def map_service(service: MappedService, *, organization_id: UUID, by: Actor, at: datetime) -> ServiceMapping:
    """Keep what a service is. What is kept already changes nothing; bills that are in change only when read again.

    :raises MappingError: something of it cannot be so.
    """
    return _keep(ServiceMapping, service, "service.mapped", organization_id=organization_id, by=by, at=at)


@transaction.atomic
def map_region(region: MappedRegion, *, organization_id: UUID, by: Actor, at: datetime) -> RegionMapping:
    """Keep what a region is called. What is kept already changes nothing, and bills that are in as for services.

    :raises MappingError: something of it cannot be so.
    """
    return _keep(RegionMapping, region, "region.mapped", organization_id=organization_id, by=by, at=at)


@transaction.atomic
def unmap_service(mapping: ServiceMapping, *, by: Actor) -> None:
    """Forget what a service is: bills that come in from then on have it without a category again."""
    _forget(mapping, mapped(mapping), "service.unmapped", by=by)


@transaction.atomic
def unmap_region(mapping: RegionMapping, *, by: Actor) -> None:
    """Forget what a region is called: bills that come in from then on have it without a name again."""
    _forget(mapping, mapped_region(mapping), "region.unmapped", by=by)


def _keep(model: type[Stored], said: Said, action: str, *, organization_id: UUID, by: Actor, at: datetime) -> Stored:
    for field, message in said.problems():
        raise MappingError(message, field=field)
    key = {"provider": said.provider, "called": said.called}
    wanted = {name: value for name, value in said.fields().items() if name not in key}
    before = model.objects.select_for_update().filter(**key).first()
    changes = {
        name: [getattr(before, name) if before else None, value]
        for name, value in wanted.items()
        if before is None or getattr(before, name) != value
    }
    if before is not None and not changes:
        return before
    mapping, _ = model.objects.update_or_create(
        organization_id=organization_id,
        provider=said.provider,
        called=said.called,
        defaults={**wanted, "mapped_by": by.name[:200], "mapped_at": at},
    )
    _record(action, mapping, by=by, changes=changes)
    return mapping


def _forget(mapping: ServiceMapping | RegionMapping, said: Said, action: str, *, by: Actor) -> None:
    _record(action, mapping, by=by, changes={name: [value, None] for name, value in said.fields().items()})
    mapping.delete()


def _record(action: str, mapping: ServiceMapping | RegionMapping, *, by: Actor, changes: Mapping[str, Any]) -> None:
    record(
        action,
        organization_id=mapping.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=str(mapping),
        changes=changes,
    )
