"""Importing in the background."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from ingestion.services import run_import, uploads


@shared_task(name="ingestion.import_bills")
def import_bills(organization_id: str, run_id: str) -> None:
    """Run one queued import; when it runs or ran already, do nothing."""
    run_import(UUID(organization_id), run_id=UUID(run_id))


@shared_task(name="ingestion.check_upload")
def check_upload(organization_id: str, upload_id: str) -> None:
    """Look at an uploaded file; when somebody does or did already, do nothing."""
    uploads.check_upload(UUID(organization_id), upload_id=UUID(upload_id))
