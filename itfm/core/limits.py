"""What one process of a worker may use, so that a job that wants ever more fails alone and not its neighbours."""

from __future__ import annotations

import resource
from typing import Final

import duckdb
from django.conf import settings

OUT_OF_MEMORY: Final = (MemoryError, duckdb.OutOfMemoryException)
"""How a process is told that there is no more memory."""


class JobOutOfMemoryError(RuntimeError):
    """A job asked for more memory than there was. Celery ends the whole worker, with all jobs, for a `MemoryError`."""


def limit_memory(size: int) -> None:
    """Let this process and those it starts hold so many bytes of data; 0 sets no limit.

    What is beyond raises an error in the job that asks for it, where without a limit the system would kill a process,
    and not always the one to blame. Mapped files do not count (`RLIMIT_DATA`).
    """
    if size:
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def out_of_memory_words() -> str:
    """Return what to do about a job that needs more memory than there is."""
    size = settings.WORKER_MEMORY_BYTES
    most = f"{size >> 20:,} MB a worker may use" if size else "memory there is"
    return (
        f"It needs more than the {most}. Whoever runs this site can give the workers more (ITFM_WORKER_MEMORY_MB),"
        " or have the engine use less (ITFM_ENGINE_MEMORY_MB)."
    )


def stopped_words() -> str:
    """Return why a worker may have stopped in the middle of a job."""
    hours = f"{settings.CELERY_TASK_TIME_LIMIT / 3600:g}"
    unit = "hour" if hours == "1" else "hours"
    return f"it ran out of memory, took longer than the {hours} {unit} that a job may take, or the worker was stopped"
