"""The whole line on one page: what follows each event, and the sweep that finds what was missed.

The due work is in Postgres. A task on Redis is a hint that some of it is waiting; when the hint is lost, the sweep,
once a minute, gives it again. Every task may therefore run twice, also at the same time. What may last long stands in a
line of jobs, from which the organizations are served in turn.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import structlog
from celery import Task, shared_task
from celery.signals import worker_process_init
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from allocation.engine.warm import warm
from allocation.services.leftovers import tidy_runs
from allocation.tasks import allocate_due, allocate_period, widen_bill
from ingestion.services import queue_due
from ingestion.services.leftovers import tidy_bills
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
    PeriodAllocated,
    ReallocationRequested,
    RulesPublished,
    SharesChanged,
    WideningRequested,
)
from itfm.core.jobs import WORK, call_workers, next_job, put_back_left, put_in_line
from itfm.core.leftovers import left_before, tidy_scratch
from itfm.core.limits import limit_memory
from itfm.core.locks import single
from itfm.core.tenancy import tenant
from itfm.notify.services import has_queued
from itfm.notify.tasks import send_messages
from itfm.web.overview.tasks import prepare_overview
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
    PeriodAllocated: (prepare_overview,),
    ReallocationRequested: (allocate_due,),
    SharesChanged: (allocate_due,),
    WideningRequested: (widen_bill,),
    MessageQueued: (send_messages,),
}

LONG: Final = frozenset({import_bills, check_upload, allocate_period, allocate_due, widen_bill})
"""Tasks that take an organization's turn at the workers."""


@worker_process_init.connect
def make_ready(**_: object) -> None:
    """Set a worker's process its limit, and build what its first allocation would have to wait for."""
    limit_memory(settings.WORKER_MEMORY_BYTES)
    warm()


def follow(event: Event) -> None:
    """Hint to the workers what an event makes due."""
    arguments = {name: str(value) for name, value in asdict(event).items()}
    for task in FOLLOWS[type(event)]:
        _hint(task, **arguments)
    if LONG.intersection(FOLLOWS[type(event)]):
        call_workers()


@shared_task(name=WORK)
def work() -> None:
    """Do the job of the organization whose turn it is; nothing when none waits."""
    with next_job() as job:
        if job is not None:
            BROKER.tasks[job.task](organization_id=str(job.organization_id), **job.arguments)


@shared_task(name="itfm.pipeline.sweep")
def sweep() -> None:
    """Find due work of every organization and hint at it; also which are closed for long enough to be erased."""
    for organization_id in organization_ids():
        sweep_organization(organization_id)
    put_back_left()
    call_workers()
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


@shared_task(name="itfm.pipeline.tidy")
def tidy() -> None:
    """Have the lake of every organization tidied; once a night."""
    for organization_id in organization_ids():
        _hint(tidy_lake, organization_id=str(organization_id))


@shared_task(name="itfm.pipeline.tidy_lake")
def tidy_lake(organization_id: str) -> None:
    """Remove what no record names from an organization's lake, unless somebody is at it."""
    owner, before = UUID(organization_id), left_before(timezone.now())
    with single("tidy", owner) as is_ours:
        if is_ours:
            count = sum(tidied(owner, before=before) for tidied in (tidy_runs, tidy_bills, tidy_scratch))
            logger.info("lake.tidied", organization=organization_id, removed=count)


@shared_task(name="itfm.pipeline.write_letters")
def write_letters(organization_id: str) -> None:
    """Write the monthly letters of an organization that are due; what is written stands in the outbox once."""
    queue_letters(UUID(organization_id), at=timezone.now(), write=letter_of)


@shared_task(name="itfm.pipeline.erase")
def erase(closed_id: str) -> None:
    """Remove everything of an organization that its owner closed and did not restore in time."""
    erase_organization(UUID(closed_id))


def _hint(task: Task[Any, Any], **arguments: str) -> None:
    if task in LONG:
        organization_id = UUID(arguments.pop("organization_id"))
        put_in_line(task.name, organization_id=organization_id, arguments=arguments)
        return
    try:
        task.delay(**arguments)
    except OperationalError as error:
        logger.warning("hint.lost", task=task.name, error=str(error), **arguments)
