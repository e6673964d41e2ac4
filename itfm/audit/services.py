"""Writing the audit log.

One event for one change, however many rows it touches. The trigger that chains events updates the organization's head
for each of them, and finds its row through every version that the same transaction has left behind: the work grows with
the square of the events in one transaction. A thousand take a tenth of a second, sixteen thousand minutes. Whoever must
write more commits every thousand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from itfm.audit.models import AuditEvent


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who makes a change: a person, or with no `id` a program."""

    id: int | None
    name: str


def record(
    action: str,
    *,
    organization_id: UUID,
    actor_id: int | None,
    actor_name: str,
    target: str = "",
    summary: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Write down one change, in the transaction that makes it: both stand, or neither.

    `actor_id` is None for a program with a key, whose name then is `actor_name`.
    """
    AuditEvent.objects.create(
        organization_id=organization_id,
        actor_id=actor_id,
        actor_name=actor_name[:200],
        action=action,
        target=target[:200],
        summary=summary[:500],
        changes=_as_json(changes or {}),
    )


def _as_json(changes: Mapping[str, Any]) -> Any:
    # Numbers with a point become text: the database would write some of them otherwise than they came.
    return json.loads(json.dumps(changes, default=str), parse_float=str)
