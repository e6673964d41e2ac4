"""Connecting sources."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from ingestion.models import BillSource
from ingestion.schedule import next_pull
from ingestion.services.kinds import KINDS
from ingestion.services.secrets import keep_settings


def create_source(
    *,
    organization_id: UUID,
    key: str,
    name: str,
    kind: str,
    settings: dict[str, Any],
    at: datetime,
    pull_time: time | None = None,
    time_zone: str = "UTC",
) -> BillSource:
    """Save a source; with a pull time it is pulled every day from then on."""
    source = BillSource(
        organization_id=organization_id,
        key=key,
        name=name,
        kind=kind,
        pull_time=pull_time,
        time_zone=time_zone,
        next_pull_at=next_pull(pull_time, time_zone=time_zone, after=at) if pull_time else None,
    )
    keep_settings(source, settings, connector=KINDS[kind])
    source.save()
    return source
