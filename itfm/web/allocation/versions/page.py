"""What the pages of versions show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from itfm.web.allocation.page import ChangeLine, DraftBar
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One published version."""

    version: int
    published_at: datetime
    published_by: str
    is_in_force: bool
    dimension_count: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class VersionsPage:
    """The history of the rules, and two versions compared."""

    shell: Shell
    bar: DraftBar
    versions: tuple[VersionRow, ...]
    compared: tuple[int, int] | None
    changes: tuple[ChangeLine, ...]
    problems: tuple[str, ...] = ()
    """Why a document that was brought in cannot be read."""


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """What taking over a document would change in the draft."""

    shell: Shell
    bar: DraftBar
    document: str
    changes: tuple[ChangeLine, ...]
    left_out: tuple[str, ...]
    """Drivers whose values the document brings and that are not taken over with it."""
