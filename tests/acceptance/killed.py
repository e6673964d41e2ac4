"""Runs imports in processes that kill themselves at a named step; `python -m tests.acceptance.killed`.

Everything is imported once, then each process is forked from here. A line of JSON on standard input is a list of plans,
which run side by side; the line that answers tells the signal that ended each, 0 for none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, Final, TypedDict
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402 - after the set-up
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.db.models.query import QuerySet  # noqa: E402

from ingestion.models import Bill  # noqa: E402
from ingestion.normalize import run as reading  # noqa: E402
from ingestion.services import deliveries, imports, run_import  # noqa: E402
from itfm import pipeline  # noqa: E402
from itfm.core import lake, tenancy  # noqa: E402

STEPS: Final[dict[str, tuple[Any, str, int]]] = {
    "counting the attempt": (imports, "_start", 1),
    "fetching": (deliveries, "archive", 1),
    "unpacking": (reading, "lay_ready", 1),
    "reading": (reading, "read_tables", 1),
    "writing the charges": (reading, "_write_charges", 2),
    "publishing": (deliveries, "_publish", 1),
    "a bill of the delivery": (deliveries, "publish_bill", 2),
    "moving the folder": (lake, "publish", 2),
    "syncing a file": (lake, "_sync", 7),
    "adding a row": (QuerySet, "create", 3),
    "switching the revision": (Bill, "save", 2),
    "what was found": (deliveries, "save_findings", 1),
    "telling the workers": (pipeline, "_hint", 2),
    "committing": (BaseDatabaseWrapper, "_commit", 30),
    "saying how it ended": (imports, "_finish", 1),
}
"""Where a process can kill itself, before the step or after: what is wrapped, and how often it comes in an import."""
AT_SOME_TIME: Final = "at some time"


class Plan(TypedDict):
    """A run to import, and where the process kills itself: at the `nth` time of a step, before or after it.

    `delay` is the number of seconds until it does where the step is `AT_SOME_TIME`; a step of '' is none.
    """

    organization: str
    run: str
    step: str
    is_after: bool
    nth: int
    delay: float
    is_naive: bool


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    """Return the function, which kills the process at the time that the plan says."""
    calls = 0

    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        is_time = calls == plan["nth"]
        if is_time and not plan["is_after"]:
            die()
        result = function(*arguments, **named)
        if is_time:
            die()
        return result

    return wrapped


def make_naive() -> None:
    """Plant a defect: every bill is committed by itself, so that a delivery of two months comes in by halves."""
    publish_bill = deliveries.publish_bill

    def committed(*arguments: Any, **named: Any) -> Any:
        revision = publish_bill(*arguments, **named)
        connection.connection.commit()
        return revision

    def set_for_session(name: str, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])

    deliveries.publish_bill = committed
    tenancy._set = set_for_session


def carry_out(plan: Plan) -> None:
    """Run the import in this process, up to where the plan kills it."""
    if plan["is_naive"]:
        make_naive()
    if plan["step"] == AT_SOME_TIME:
        threading.Timer(plan["delay"], die).start()
    elif plan["step"]:
        owner, name, _ = STEPS[plan["step"]]
        setattr(owner, name, deadly(getattr(owner, name), plan))
    run_import(UUID(plan["organization"]), run_id=UUID(plan["run"]))


def forked(plan: Plan) -> int:
    """Start a process for a plan and return its id."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        os.dup2(2, 1)
        carry_out(plan)
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Carry out plans until standard input ends."""
    for text in sys.stdin:
        processes = [forked(plan) for plan in json.loads(text)]
        ended = [os.waitpid(process, 0)[1] for process in processes]
        sys.stdout.write(json.dumps([-os.waitstatus_to_exitcode(status) for status in ended]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
