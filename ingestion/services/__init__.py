"""What changes sources, bills and runs."""

from ingestion.services.imports import run_import
from ingestion.services.kinds import KINDS
from ingestion.services.queue import queue_due, request_import
from ingestion.services.sources import (
    Sighting,
    change_source,
    create_source,
    draft_source,
    erase_source,
    look,
    pause_source,
    remove_source,
    restore_source,
    resume_source,
    schedule_source,
)

__all__ = [
    "KINDS",
    "Sighting",
    "change_source",
    "create_source",
    "draft_source",
    "erase_source",
    "look",
    "pause_source",
    "queue_due",
    "remove_source",
    "request_import",
    "restore_source",
    "resume_source",
    "run_import",
    "schedule_source",
]
