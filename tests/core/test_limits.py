"""A process that is held to an amount of memory is told so by an error, and goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from itfm import pipeline
from itfm.core.limits import JobOutOfMemoryError

SCRIPT = """
import duckdb
from itfm.core.limits import OUT_OF_MEMORY, limit_memory
limit_memory({limit} << 20)
try:
    held = bytearray(600 << 20)
    print("python had it")
except OUT_OF_MEMORY:
    print("python was told")
try:
    database = duckdb.connect(config={{"memory_limit": "4GB", "threads": 1}})
    database.execute("SET enable_progress_bar = false")
    database.execute(
        "SELECT length(string_agg(repeat('x', 100) || range, '')) FROM range(6_000_000)"
    ).fetchall()
    print("the engine had it")
except OUT_OF_MEMORY:
    print("the engine was told")
print(sum(range(10)))
"""


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (500, ["python was told", "the engine was told", "45"]),
        (0, ["python had it", "the engine had it", "45"]),
    ],
)
def test_what_asks_for_more_memory_than_it_may_have_is_told(limit: int, told: list[str]):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(limit=limit)], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == told


def test_a_task_without_memory_does_not_take_its_worker_along(monkeypatch):
    """Celery holds a `MemoryError` of a task for one of the worker itself, and ends it."""

    def hungry():
        raise MemoryError

    monkeypatch.setattr(pipeline, "next_job", hungry)

    with pytest.raises(JobOutOfMemoryError, match="itfm.pipeline.work needs more memory than there is"):
        pipeline.work()
