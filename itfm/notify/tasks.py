"""Sending in the background."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from itfm.notify.services import send_queued


@shared_task(name="itfm.notify.send_messages")
def send_messages(organization_id: str) -> None:
    """Send what stands in an organization's outbox; what fails is tried again by the sweep."""
    send_queued(UUID(organization_id), at=timezone.now())
