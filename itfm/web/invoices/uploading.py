"""Files of invoices and purchase orders on their pages: looked at first, or taken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from ingestion.services.kept import Planned, TakenIn, counted
from ingestion.services.payable_files import RefusedFileError
from itfm.accounts.access import TenantRequest, actor_of

Look = Callable[..., Sequence[Planned[Any, Any]]]
Take = Callable[..., TakenIn]
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


def upload(
    request: TenantRequest, *, look: Look, take: Take, show: Callable[..., HttpResponse], back: str
) -> HttpResponse:
    """Answer a page that files are sent to: `show` draws it, and `back` is where one leads that was taken in."""
    if request.method == "GET":
        return show(request)
    sent = request.FILES.get("file")
    if sent is None or not sent.name:
        return show(request, ("Choose a file first; one beyond the limit of uploads was not taken.",), status=422)
    named = {"name": sent.name, "organization_id": request.organization.id}
    try:
        if "look" in request.POST:
            return show(request, preview=preview_of(look(sent.chunks(), **named), file_name=sent.name))
        found = take(sent.chunks(), **named, by=actor_of(request), at=timezone.now())
    except RefusedFileError as error:
        return show(request, error.problems, status=422)
    messages.success(
        request, f"{sent.name}: {found.added} added, {found.changed} changed, {found.unchanged} as they were."
    )
    return redirect(back)


def _changes_told(changes: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return pairs of before and after as a page tells them."""
    return tuple(
        (name.replace("_", " ").capitalize(), str(before or "nothing"), str(after or "nothing"))
        for name, (before, after) in changes.items()
    )
