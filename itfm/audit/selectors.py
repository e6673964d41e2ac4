"""What is asked of the audit log, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from itfm.audit.models import AuditEvent, AuditHead

MOST_PROBLEMS: Final = 100

# Events whose seal is not theirs. Grain: one event of the organization. Hashing takes nearly all the time, so it stands
# alone: several processes of the database share it where there are any. They do as long as few events are expected to
# be found, which comparing with a text tells the planner.
_ALTERED: Final = """
WITH altered AS MATERIALIZED (
    SELECT event.sequence
    FROM audit_auditevent AS event
    WHERE event.organization_id = %(organization_id)s
        AND event.sequence IS NOT NULL
        AND (event.sha256 = itfm_audit_sha256(event))::text = 'false'
)
SELECT sequence, sequence - 1, 'altered' FROM altered ORDER BY sequence LIMIT %(most)s
"""

# What does not follow from the event before it. Grain: one event of the organization.
_BROKEN: Final = """
WITH chain AS (
    SELECT
        event.sequence,
        event.previous_sha256,
        coalesce(lag(event.sequence) OVER in_order, 0) AS sequence_before,
        coalesce(lag(event.sha256) OVER in_order, '') AS sha256_before
    FROM audit_auditevent AS event
    WHERE event.organization_id = %(organization_id)s
    WINDOW in_order AS (ORDER BY event.sequence)
)
SELECT
    sequence,
    sequence_before,
    CASE
        WHEN sequence IS NULL THEN 'unnumbered'
        WHEN sequence <> sequence_before + 1 THEN 'missing'
        ELSE 'unchained'
    END AS kind
FROM chain
WHERE sequence IS NULL
    OR sequence <> sequence_before + 1
    OR previous_sha256 <> sha256_before
ORDER BY sequence
LIMIT %(most)s
"""

Kind = Literal["unnumbered", "altered", "missing", "unchained", "cut_off"]
WORDS: Final[dict[Kind, str]] = {
    "unnumbered": "An event was added past the chain.",
    "altered": "Event {sequence} is not what was written.",
    "missing": "Events {first} to {last} are missing.",
    "unchained": "Event {sequence} does not follow the one before it, which was altered or put there later.",
    "cut_off": "The end is cut off: events {first} to {last} are missing, or the last one is not what was written.",
}


@dataclass(frozen=True, kw_only=True)
class ChainProblem:
    """A place at which the log is not what was written; `first` to `last` are the numbers it is about."""

    kind: Kind
    sequence: int | None
    first: int
    last: int

    def __str__(self) -> str:
        return WORDS[self.kind].format(sequence=self.sequence, first=self.first, last=self.last)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """An organization's log as it stands: its length, its last link and what is wrong with it."""

    count: int
    sha256: str
    problems: tuple[ChainProblem, ...]


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which events are looked for; what is empty is not asked. The end is exclusive."""

    actor: str = ""
    action: str = ""
    start: datetime | None = None
    end: datetime | None = None


def events(wanted: AuditFilter) -> QuerySet[AuditEvent]:
    """Return the current organization's events, newest first."""
    condition = Q()
    if wanted.actor:
        condition &= Q(actor_name__icontains=wanted.actor)
    if wanted.action:
        condition &= Q(action=wanted.action)
    if wanted.start:
        condition &= Q(at__gte=wanted.start)
    if wanted.end:
        condition &= Q(at__lt=wanted.end)
    return AuditEvent.objects.filter(condition).order_by("-sequence")


def actions() -> list[str]:
    """Return the kinds of change that have happened, by name."""
    return list(AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct())


def verify(organization_id: UUID) -> Chain:
    """Return whether the log of the current organization is what was written, event by event."""
    problems = _problems(organization_id)
    found = AuditEvent.objects.filter(organization_id=organization_id)
    last = found.exclude(sequence=None).order_by("-sequence").values_list("sequence", "sha256").first() or (0, "")
    head = AuditHead.objects.filter(organization_id=organization_id).values_list("sequence", "sha256").first()
    if (head or (0, "")) != last:
        first, end = last[0] or 0, head[0] if head else 0
        problems.append(ChainProblem(kind="cut_off", sequence=None, first=min(first + 1, max(end, 1)), last=end))
    return Chain(count=found.count(), sha256=last[1], problems=tuple(problems))


def _problems(organization_id: UUID) -> list[ChainProblem]:
    """Return what is wrong between the first event and the last, in their order, those without a number at the end."""
    parameters: dict[str, UUID | int] = {"organization_id": organization_id, "most": MOST_PROBLEMS}
    with connection.cursor() as cursor:
        cursor.execute(_ALTERED, parameters)
        altered = [_problem(*row) for row in cursor.fetchall()]
        cursor.execute(_BROKEN, parameters)
        broken = [_problem(*row) for row in cursor.fetchall()]
    # That an altered event does not follow says nothing more.
    told = {problem.sequence for problem in altered}
    broken = [problem for problem in broken if problem.kind != "unchained" or problem.sequence not in told]
    found = sorted([*altered, *broken], key=lambda one: (one.sequence is None, one.sequence or 0))
    return found[:MOST_PROBLEMS]


def _problem(sequence: int | None, sequence_before: int, kind: Kind) -> ChainProblem:
    number = sequence or 0
    return ChainProblem(kind=kind, sequence=sequence, first=sequence_before + 1, last=number - 1)
