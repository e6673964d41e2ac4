"""Connecting sources, and taking them out of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils.text import slugify

from ingestion.delivery import DeliveryError
from ingestion.delivery.aws_access import check_role
from ingestion.models import Bill, BillRevision, BillSource, ImportRun
from ingestion.schedule import next_pull
from ingestion.services.kinds import KINDS
from ingestion.services.queue import request_import
from ingestion.services.recommendations import recommendations_seen
from ingestion.services.secrets import keep_settings, opened_settings, site_reach
from itfm.core.events import BillImported, BillWithdrawn, publish
from itfm.core.secrets import SealError

LONGEST_KEY: Final = 60
GLANCE: Final = {"connect_seconds": 5, "read_seconds": 15, "attempts": 1}
"""How patiently a connection is tried while somebody waits for the answer."""


def create_source(
    *,
    organization_id: UUID,
    key: str,
    name: str,
    kind: str,
    settings: dict[str, Any],
    at: datetime,
    pull_time: time | None = None,
    time_zone: str = "UTC",
) -> BillSource:
    """Save a source; with a pull time it is pulled every day from then on."""
    source = BillSource(
        organization_id=organization_id,
        key=key,
        name=name,
        kind=kind,
        pull_time=pull_time,
        time_zone=time_zone,
        next_pull_at=next_pull(pull_time, time_zone=time_zone, after=at) if pull_time else None,
    )
    keep_settings(source, settings, connector=KINDS[kind])
    source.save()
    return source


def draft_source(*, organization_id: UUID, name: str, kind: str, settings: Mapping[str, Any]) -> BillSource:
    """Save a source whose connection is not finished: it is listed as such and never pulled."""
    source = BillSource(organization_id=organization_id, key=_free_key(name, kind), name=name, kind=kind, is_draft=True)
    keep_settings(source, settings, connector=KINDS[kind])
    source.save()
    return source


def _free_key(name: str, kind: str) -> str:
    wanted = slugify(name)[: LONGEST_KEY - 5] or slugify(kind)
    taken = set(BillSource.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    key, number = wanted, 2
    while key in taken:
        key, number = f"{wanted}-{number}", number + 1
    return key


def change_source(source: BillSource, *, name: str, settings: Mapping[str, Any]) -> None:
    """Give a source another name and other settings; secrets that are not among them stay as they are."""
    params = KINDS[source.kind].params
    kept = {name: sealed for name, sealed in source.sealed_secrets.items() if params.keeps_secret(name, settings)}
    keep_settings(source, settings, connector=KINDS[source.kind])
    source.sealed_secrets = {**kept, **source.sealed_secrets}
    source.name = name
    source.save(update_fields=["name", "settings", "sealed_secrets"])


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What a test of a connection saw: deliveries, their files and facts by name, or in words why not."""

    deliveries: int = 0
    first_period: str = ""
    last_period: str = ""
    files: int = 0
    bytes: int = 0
    waiting: int = 0
    notes: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    error_code: str = ""
    error_message: str = ""


def look(source: BillSource) -> Sighting:
    """Return what stands at a source's place now; nothing is fetched but the listing and manifests."""
    connector = KINDS[source.kind]
    try:
        reach = site_reach(only_looks=True, **GLANCE)
        settings = opened_settings(source, source.settings, connector=connector, reach=reach)
        check_role(settings)
        deliveries = connector.discover(settings)
    except DeliveryError as error:
        return Sighting(error_code=error.code, error_message=str(error))
    except SealError as error:
        return Sighting(error_code="sealed", error_message=str(error))
    if not deliveries:
        return Sighting(
            error_code="nothing_found",
            error_message="The place can be read, but there is no bill at it. Check the settings.",
        )
    periods = sorted(f"{found.billing_period:%Y-%m}" for found in deliveries if found.billing_period)
    return Sighting(
        deliveries=len(deliveries),
        first_period=periods[0] if periods else "",
        last_period=periods[-1] if periods else "",
        files=sum(len(found.files) for found in deliveries),
        bytes=sum(file.size or 0 for found in deliveries for file in found.files),
        waiting=sum(not found.is_complete for found in deliveries),
        notes=tuple(note.message for found in deliveries for note in (*found.notes, *found.refusals)),
        facts=(*(fact for found in deliveries for fact in found.seen), *recommendations_seen(connector, settings)),
    )


def schedule_source(source: BillSource, *, pull_time: time | None, time_zone: str, at: datetime) -> bool:
    """Set when a source is pulled; a draft thereby becomes a source and is pulled at once, which is told."""
    was_draft, source.is_draft = source.is_draft, False
    source.pull_time, source.time_zone = pull_time, time_zone
    source.next_pull_at = next_pull(pull_time, time_zone=time_zone, after=at) if pull_time else None
    source.save(update_fields=["is_draft", "pull_time", "time_zone", "next_pull_at"])
    if was_draft:
        request_import(source, trigger="person", at=at)
    return was_draft


def pause_source(source: BillSource) -> None:
    """Stop pulling by schedule until the source is resumed."""
    source.is_paused = True
    source.save(update_fields=["is_paused"])


def resume_source(source: BillSource, *, at: datetime) -> None:
    """Pull by schedule again, from the next time on."""
    source.is_paused = False
    _plan(source, at=at)
    source.save(update_fields=["is_paused", "next_pull_at"])


def remove_source(source: BillSource, *, withdraws_bills: bool, at: datetime) -> None:
    """Take a source out of use; its bills go on counting, or are withdrawn. Either can be undone."""
    source.removed_at, source.next_pull_at = at, None
    source.save(update_fields=["removed_at", "next_pull_at"])
    ImportRun.objects.filter(source=source, state=ImportRun.State.QUEUED).update(
        state=ImportRun.State.FAILED, error_message="The source was removed before the import began.", finished_at=at
    )
    if not withdraws_bills:
        return
    bills = Bill.objects.filter(source=source, current_revision__isnull=False)
    periods = list(bills.values_list("billing_period", flat=True))
    bills.update(current_revision=None)
    for period in periods:
        publish(BillWithdrawn(organization_id=source.organization_id, billing_period=period))


def restore_source(source: BillSource, *, at: datetime) -> None:
    """Put a source back to use as it was, its bills with their last revision."""
    source.removed_at = None
    _plan(source, at=at)
    source.save(update_fields=["removed_at", "next_pull_at"])
    newest = BillRevision.objects.filter(bill=OuterRef("pk")).order_by("-number").values("id")[:1]
    withdrawn = Bill.objects.filter(source=source, current_revision__isnull=True, revisions__isnull=False)
    for bill in withdrawn.distinct().annotate(newest=Subquery(newest)):
        bill.current_revision_id = bill.newest
        bill.save(update_fields=["current_revision"])
        publish(BillImported(organization_id=source.organization_id, billing_period=bill.billing_period))


def erase_source(source: BillSource) -> None:
    """Delete a removed source for good: draft and all where nothing came from it, else its keys and settings.

    The name stays where bills came from it, for they are explained by it.
    """
    if not source.bills.exists():
        source.delete()
        return
    source.settings, source.sealed_secrets = {}, {}
    source.save(update_fields=["settings", "sealed_secrets"])


def _plan(source: BillSource, *, at: datetime) -> None:
    source.next_pull_at = (
        next_pull(source.pull_time, time_zone=source.time_zone, after=at) if source.pull_time else None
    )
