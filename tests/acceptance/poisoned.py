"""Workers for whom some jobs are poison: they kill their process, ask for ever more memory, or never end.

Of an import the folder of its bills says which, of a run its billing period. What fails is tried again at once.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import date, timedelta
from typing import Final

from celery.signals import worker_process_init

from itfm.celery import app

__all__ = ["app"]
PERIODS: Final = {date(2026, 1, 1): "kill", date(2026, 2, 1): "memory", date(2026, 3, 1): "hang"}


def swallow(poison: str) -> None:
    """Do what the poison does; nothing where there is none."""
    if poison == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    held = []
    while poison == "memory":
        held.append(bytearray(64 << 20))
    while poison == "hang":
        time.sleep(1)


@worker_process_init.connect
def poison(**_: object) -> None:
    """Put the poison where an import reads its source and a run starts its engine."""
    from allocation.services import working_out
    from ingestion import schedule
    from ingestion.services import imports

    schedule.RETRY_DELAYS = (timedelta(seconds=1), timedelta(seconds=1))
    read, run_engine = imports._import, working_out.run_engine

    def poisoned_import(run):
        swallow(run.settings["path"].rpartition("/")[2])
        return read(run)

    def poisoned_run(given, **options):
        swallow(PERIODS.get(given.period, ""))
        return run_engine(given, **options)

    imports._import, working_out.run_engine = poisoned_import, poisoned_run
