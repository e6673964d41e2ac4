"""The queue of imports: rows in Postgres, so that losing Redis or a worker loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from ingestion.models import BillRevision, BillSource, ImportRun
from ingestion.schedule import next_pull
from ingestion.services.beside import take_out_of_date
from itfm.core.events import ImportRequested, publish
from itfm.core.locks import is_held
from itfm.core.tenancy import tenant

logger = structlog.get_logger(__name__)
State = ImportRun.State


def request_import(
    source: BillSource,
    *,
    trigger: str,
    at: datetime,
    settings: dict[str, Any] | None = None,
    read_again: Sequence[BillRevision] = (),
) -> tuple[ImportRun, bool]:
    """Queue an import of the source and return it; the one that waits or runs already, where there is one.

    `settings` stand in for the source's own this time; with `read_again` it is not the source that is asked, but the
    archived files of these revisions of it are read. The second value says whether the run is new.
    """
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                organization_id=source.organization_id,
                source=source,
                settings=source.settings if settings is None else settings,
                trigger=trigger,
                read_again=[str(revision.id) for revision in read_again],
                not_before=at,
                step="Waiting for a worker",
            )
    except IntegrityError:
        return ImportRun.objects.get(source=source, state__in=[State.QUEUED, State.RUNNING]), False
    publish(ImportRequested(organization_id=source.organization_id, run_id=run.id))
    return run, True


def queue_due(organization_id: UUID, *, at: datetime) -> list[UUID]:
    """Queue what is due, take up what a dead worker left, and return the runs that can start."""
    with tenant(organization_id):
        _queue_scheduled(at)
        _queue_out_of_date(at)
        running = list(ImportRun.objects.filter(state=State.RUNNING).values_list("id", "source_id"))
    for run_id, source_id in running:
        # The worker that runs an import holds its source's lock for as long as it lives.
        if not is_held("import", source_id):
            with tenant(organization_id):
                left = ImportRun.objects.filter(id=run_id, state=State.RUNNING)
                if left.update(state=State.QUEUED, step="Taking up an interrupted import", not_before=at):
                    logger.warning("import.interrupted", run=str(run_id))
    with tenant(organization_id):
        waiting = ImportRun.objects.filter(state=State.QUEUED, not_before__lte=at)
        return list(waiting.order_by("queued_at", "id").values_list("id", flat=True))


def _queue_scheduled(at: datetime) -> None:
    due = BillSource.objects.select_for_update(skip_locked=True).filter(
        is_paused=False, pull_time__isnull=False, next_pull_at__lte=at
    )
    for source in due.order_by(F("next_pull_at"), "id"):
        request_import(source, trigger="schedule", at=at)
        if source.pull_time:
            source.next_pull_at = next_pull(source.pull_time, time_zone=source.time_zone, after=at)
            source.save(update_fields=["next_pull_at"])


def _queue_out_of_date(at: datetime) -> None:
    for source, revisions in take_out_of_date().items():
        request_import(source, trigger="schedule", at=at, read_again=revisions)
