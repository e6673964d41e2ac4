"""From the audit log to its page and its file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import QueryDict

from itfm.audit.models import AuditEvent
from itfm.audit.selectors import AuditFilter, actions, events
from itfm.core.inert import inert
from itfm.web.components import Paging
from itfm.web.settings.page import AuditPage, AuditRow, Change
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
MOST_IN_A_FILE: Final = 100_000
COLUMNS: Final = ("sequence", "at", "actor", "action", "target", "summary", "changes", "sha256")


def audit_page(*, shell: Shell, wanted: AuditFilter, address: QueryDict, problem: str, time_zone: str) -> AuditPage:
    """Return one part of the log."""
    part = Paginator(events(wanted), PER_PAGE).get_page(address.get("page", ""))
    asked = {name: address.get(name, "") for name in ("actor", "action", "from", "to")}
    return AuditPage(
        shell=shell,
        tab="audit",
        rows=tuple(_row(event) for event in part),
        paging=Paging(number=part.number, count=part.paginator.count, per_page=PER_PAGE),
        actions=tuple((action, in_words(action)) for action in actions()),
        actor=asked["actor"],
        action=asked["action"],
        first_day=asked["from"],
        last_day=asked["to"],
        problem=problem,
        time_zone=time_zone,
    )


def _row(event: AuditEvent) -> AuditRow:
    return AuditRow(
        sequence=event.sequence or 0,
        at=event.at,
        actor=event.actor_name,
        is_program=event.actor_id is None,
        action=in_words(event.action),
        target=event.target,
        summary=event.summary,
        changes=_changes(event.changes),
        sha256=event.sha256,
    )


def in_words(action: str) -> str:
    """Return an action as people read it: `member.role_changed` is `Member: role changed`."""
    thing, _, deed = action.replace("_", " ").partition(".")
    return f"{thing.capitalize()}: {deed}" if deed else thing.capitalize()


def _changes(changes: Mapping[str, Any]) -> tuple[Change, ...]:
    rows = []
    for name, value in changes.items():
        is_pair = isinstance(value, list) and len(value) == 2
        before, after = value if is_pair else (None, value)
        rows.append(Change(name=name.replace("_", " "), before=_text(before), after=_text(after)))
    return tuple(rows)


def _text(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def audit_csv(wanted: AuditFilter) -> str:
    """Return the events as a file that no spreadsheet takes for formulas, newest first."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for event in events(wanted)[:MOST_IN_A_FILE].iterator():
        texts = (
            event.actor_name,
            event.action,
            event.target,
            event.summary,
            json.dumps(event.changes, ensure_ascii=False),
        )
        writer.writerow([event.sequence, event.at.isoformat(), *(inert(text) for text in texts), event.sha256])
    return written.getvalue()
