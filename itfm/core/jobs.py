"""Handing out work so that the organizations take turns, however much one of them has waiting.

What waits stands in Postgres. Redis carries calls only, all alike: a worker that hears one takes the job whose turn it
is. So the order in which calls arrive decides nothing, and a call too few or too many does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from uuid import UUID

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from itfm.celery import JOBS_QUEUE, app
from itfm.core.locks import is_held, single, wait_for
from itfm.core.models import Job
from itfm.core.tenancy import system, tenant

logger = structlog.get_logger(__name__)
WORK: Final = "itfm.pipeline.work"
"""Name of the task that takes the next job."""
MOST_CALLS: Final = 200
"""How many calls are on their way at most; whoever has done a job calls again."""

# Jobs that can be taken. Grain: (id). One that is under way already waits until that is over.
_READY = """
FROM core_job AS job
LEFT JOIN (
    SELECT organization_id, count(*) FILTER (WHERE finished_at IS NULL) AS running, max(taken_at) AS served_at
    FROM core_job
    WHERE taken_at IS NOT NULL
    GROUP BY organization_id
) AS served USING (organization_id)
WHERE
    job.taken_at IS NULL
    AND NOT EXISTS (
        SELECT FROM core_job AS same
        WHERE
            same.organization_id = job.organization_id
            AND same.task = job.task
            AND same.arguments = job.arguments
            AND same.taken_at IS NOT NULL
            AND same.finished_at IS NULL
    )
"""
TURN: Final = "coalesce(running, 0), served_at NULLS FIRST, arguments <> '{}', queued_at, id"
"""Whose turn it is: who has the least under way; of those, who was served longest ago; of theirs, what concerns the
organization as a whole, such as planning, then what has waited longest."""


def put_in_line(task: str, *, organization_id: UUID, arguments: dict[str, Any]) -> None:
    """Let a job wait for a worker. One that waits already keeps its place."""
    job = Job(organization_id=organization_id, task=task, arguments=arguments, queued_at=timezone.now())
    with tenant(organization_id):
        Job.objects.bulk_create([job], ignore_conflicts=True)


@contextmanager
def next_job() -> Iterator[Job | None]:
    """Take the job whose organization's turn it is, hold it while it is done, and call for the one after it."""
    with ExitStack() as held:
        job = _taken(held)
        try:
            yield job
        finally:
            if job is not None:
                _finish(job)
                call_workers()


def _taken(held: ExitStack) -> Job | None:
    """Mark the next job as taken, its lock held beyond the transaction, so that a dead worker's is told by its lock."""
    with system():
        # One at a time, so that each sees whose turn it is after the one before.
        wait_for("next job")
        job = _next()
        if job is None or not held.enter_context(single("job", job.id)):
            return None
        with tenant(job.organization_id):
            Job.objects.filter(pk=job.pk).update(taken_at=Now())
            job.refresh_from_db(fields=["taken_at"])
    return job


def _next() -> Job | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT job.id {_READY} ORDER BY {TURN} LIMIT 1")
        row = cursor.fetchone()
    return Job.objects.get(pk=row[0]) if row else None


def _finish(job: Job) -> None:
    """Take a job off the line. The latest of an organization stays, to tell when its turn was."""
    with tenant(job.organization_id):
        Job.objects.filter(finished_at__isnull=False).delete()
        Job.objects.filter(pk=job.pk, taken_at=job.taken_at).update(finished_at=Now())


def put_back_left() -> None:
    """Put jobs back in line whose worker died."""
    with system():
        taken = list(Job.objects.filter(taken_at__isnull=False, finished_at__isnull=True))
    for job in taken:
        if not is_held("job", job.id):
            _put_back(job)


def _put_back(job: Job) -> None:
    with tenant(job.organization_id):
        if Job.objects.filter(pk=job.pk, taken_at=job.taken_at, finished_at__isnull=True).delete()[0]:
            job.taken_at = None
            Job.objects.bulk_create([job], ignore_conflicts=True)
            logger.warning("job.interrupted", task=job.task, organization=str(job.organization_id))


def call_workers() -> None:
    """Have as many calls on their way to workers as there are jobs to take."""
    with system(), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_READY}")
        waiting = cursor.fetchone()[0]
    try:
        for _ in range(min(waiting, MOST_CALLS) - _calls_on_their_way()):
            app.send_task(WORK, queue=JOBS_QUEUE)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("call.lost", error=str(error))


def _calls_on_their_way() -> int:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10, socket_connect_timeout=3) as client:
        return int(client.llen(JOBS_QUEUE))
