"""The whole line on one page: what follows each event, and the sweep that finds what was missed.

The due work is in Postgres. A task on Redis is a hint that some of it is waiting; when the hint is lost, the sweep,
once a minute, gives it again. Every task may therefore run twice, also at the same time.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import structlog
from celery import Task, shared_task
from celery.signals import worker_process_init
from django.utils import timezone
from kombu.exceptions import OperationalError

from allocation.engine.warm import warm
from allocation.tasks import allocate_due, allocate_period
from ingestion.services import queue_due
from ingestion.services.uploads import tidy_uploads
from ingestion.tasks import check_upload, import_bills
from itfm.accounts.organizations import erase_organization
from itfm.accounts.selectors import organization_ids, organization_ids_to_erase
from itfm.celery import app
from itfm.core.events import (
    AllocationRequested,
    BillImported,
    BillUploaded,
    BillWithdrawn,
    DriverValuesChanged,
    Event,
    ImportRequested,
    MessageQueued,
    RulesPublished,
)
from itfm.core.tenancy import tenant
from itfm.notify.services import has_queued
from itfm.notify.tasks import send_messages
from itfm.web.showback.letter import letter_of
from showback.letters import has_due_letters, queue_letters

logger = structlog.get_logger(__name__)
BROKER: Final = app
"""Who carries the hints; tasks of every process of ours go through it."""

FOLLOWS: Final[dict[type[Event], tuple[Task[Any, Any], ...]]] = {
    ImportRequested: (import_bills,),
    BillImported: (allocate_period,),
    BillUploaded: (check_upload,),
    BillWithdrawn: (allocate_period,),
    RulesPublished: (allocate_due,),
    DriverValuesChanged: (allocate_due,),
    AllocationRequested: (allocate_period,),
    MessageQueued: (send_messages,),
}


@worker_process_init.connect
def make_ready(**_: object) -> None:
    """Build once, when a worker's process starts, what its first allocation would have to wait for."""
    warm()


def follow(event: Event) -> None:
    """Hint to the workers what an event makes due."""
    arguments = {name: str(value) for name, value in asdict(event).items()}
    for task in FOLLOWS[type(event)]:
        _hint(task, **arguments)


@shared_task(name="itfm.pipeline.sweep")
def sweep() -> None:
    """Find due work of every organization and hint at it; also which are closed for long enough to be erased."""
    for organization_id in organization_ids():
        sweep_organization(organization_id)
    for organization_id in organization_ids_to_erase(at=timezone.now()):
        _hint(erase, closed_id=str(organization_id))


def sweep_organization(organization_id: UUID) -> None:
    """Find due work of one organization and hint at it."""
    for run_id in queue_due(organization_id, at=timezone.now()):
        _hint(import_bills, organization_id=str(organization_id), run_id=str(run_id))
    for upload_id in tidy_uploads(organization_id, at=timezone.now()):
        _hint(check_upload, organization_id=str(organization_id), upload_id=str(upload_id))
    _hint(allocate_due, organization_id=str(organization_id))
    with tenant(organization_id):
        letters = has_queued()
        has_letters_to_write = has_due_letters(at=timezone.now())
    if letters:
        _hint(send_messages, organization_id=str(organization_id))
    if has_letters_to_write:
        _hint(write_letters, organization_id=str(organization_id))


@shared_task(name="itfm.pipeline.write_letters")
def write_letters(organization_id: str) -> None:
    """Write the monthly letters of an organization that are due; what is written stands in the outbox once."""
    queue_letters(UUID(organization_id), at=timezone.now(), write=letter_of)


@shared_task(name="itfm.pipeline.erase")
def erase(closed_id: str) -> None:
    """Remove everything of an organization that its owner closed and did not restore in time."""
    erase_organization(UUID(closed_id))


def _hint(task: Task[Any, Any], **arguments: str) -> None:
    try:
        task.delay(**arguments)
    except OperationalError as error:
        logger.warning("hint.lost", task=task.name, error=str(error), **arguments)
