"""What a reader of a bill asks for, by its address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingestion.selectors import SEVERITIES

MOST_DIGITS: Final = 9


@dataclass(frozen=True, kw_only=True)
class BillQuery:
    """What a reader of a bill asks for: findings of a kind, and two revisions to compare."""

    severity: str = ""
    code: str = ""
    page: int = 1
    older: int | None = None
    newer: int | None = None


def parse_query(parameters: Mapping[str, str]) -> BillQuery:
    """Return what an address asks for; what makes no sense counts as not asked."""
    severity = parameters.get("severity", "")
    return BillQuery(
        severity=severity if severity in SEVERITIES else "",
        code=parameters.get("code", "")[:60],
        page=_whole(parameters.get("page")) or 1,
        older=_whole(parameters.get("older")),
        newer=_whole(parameters.get("newer")),
    )


def _whole(text: str | None) -> int | None:
    is_whole = text is not None and text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return (int(text) or None) if is_whole and text else None
