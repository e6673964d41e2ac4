"""How long Google's libraries go on asking: by themselves for ten minutes, whatever a source may take. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.delivery.reach import Reach

if TYPE_CHECKING:
    from google.api_core.retry import Retry


def patience(reach: Reach) -> Retry:
    """Return how long what BigQuery lets repeat is repeated: its own library's choice, within our time."""
    from google.api_core.retry import Retry, if_exception_type
    from google.cloud.bigquery.retry import DEFAULT_RETRY

    if reach.attempts == 1:
        return Retry(predicate=if_exception_type())
    return DEFAULT_RETRY.with_timeout(reach.read_seconds)
