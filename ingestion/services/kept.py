"""What keeping papers of finance leaves to tell: how many of a file did what, and what of one changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

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
