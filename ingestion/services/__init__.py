"""What changes sources, bills and runs."""

from ingestion.services.imports import run_import
from ingestion.services.kinds import KINDS
from ingestion.services.queue import queue_due, request_import
from ingestion.services.sources import create_source

__all__ = ["KINDS", "create_source", "queue_due", "request_import", "run_import"]
