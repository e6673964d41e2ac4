"""What keeping papers of finance leaves to tell: how many of a file did what, and what of one changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, Literal, TypeVar, get_args
from uuid import UUID

from itfm.audit.services import Actor, record
from itfm.core.money import plain
from itfm.core.periods import period_name

MOST_TOLD: Final = 50
"""So many papers of a file the audit log names one by one."""
Deed = Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """How many papers a file added, changed and left as they were."""

    added: int
    changed: int
    unchanged: int


Facts_co = TypeVar("Facts_co", covariant=True)
Paper_co = TypeVar("Paper_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Planned(Generic[Facts_co, Paper_co]):
    """What taking in one paper of a file would do; `changes` are pairs of before and after, or what a new one says."""

    name: str
    facts: Facts_co
    deed: Deed
    changes: Mapping[str, Any]
    before: Paper_co | None = None


def counted(plan: Sequence[Planned[Any, Any]]) -> TakenIn:
    """Return how many papers a file adds, changes and leaves as they are."""
    deeds = [one.deed for one in plan]
    return TakenIn(**{deed: deeds.count(deed) for deed in get_args(Deed)})


def record_file(
    action: str, plan: Sequence[Planned[Any, Any]], *, organization_id: UUID, file_name: str, by: Actor
) -> TakenIn:
    """Write down what a file that was taken in has added and changed, if anything, and return how many that are."""
    found, changes = counted(plan), {one.name: one.changes for one in plan if one.deed != "unchanged"}
    if changes:
        record(
            action,
            organization_id=organization_id,
            actor_id=by.id,
            actor_name=by.name,
            target=file_name,
            summary=f"{found.added} added, {found.changed} changed",
            changes=dict(list(changes.items())[:MOST_TOLD]),
        )
    return found


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not what they were, each with both as the audit log has them."""
    old, new = told(before), told(after)
    return {name: [old.get(name), new.get(name)] for name in before if before[name] != after[name]}


def told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a paper says as the audit log has it, without what is empty."""
    said = {}
    for name, value in fields.items():
        if value:
            said[name] = period_name(value) if name == "billing_period" else _text(value)
    return said


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
