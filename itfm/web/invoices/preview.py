"""What taking in a file of invoices or purchase orders would do, as a page tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ingestion.services.kept import Planned, counted

MOST_PLANNED: Final = 100
"""So many papers are told one by one."""


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """A paper that is new, or what would change of it: field, before, after."""

    name: str
    is_new: bool
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class FilePreview:
    """What taking in a file would do; `rows` are the papers that are new or would change."""

    file_name: str
    added: int
    changed: int
    unchanged: int
    rows: tuple[PlannedRow, ...]
    hidden_count: int


def preview_of(plan: Sequence[Planned[Any, Any]], *, file_name: str) -> FilePreview:
    """Return what taking in a file would do."""
    told, counts = [one for one in plan if one.deed != "unchanged"], counted(plan)
    return FilePreview(
        file_name=file_name,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        rows=tuple(
            PlannedRow(
                name=one.name, is_new=one.before is None, changes=_changes_told(one.changes) if one.before else ()
            )
            for one in told[:MOST_PLANNED]
        ),
        hidden_count=max(len(told) - MOST_PLANNED, 0),
    )


def _changes_told(changes: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return pairs of before and after as a page tells them."""
    return tuple(
        (name.replace("_", " ").capitalize(), str(before or "nothing"), str(after or "nothing"))
        for name, (before, after) in changes.items()
    )
