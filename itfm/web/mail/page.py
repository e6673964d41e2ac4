"""What the local mail pages show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from itfm.web.components import Link, Paging
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class MailRow:
    """A letter in the list."""

    id: UUID
    recipient: str
    subject: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class MailPage:
    """The letters that were received, the newest first."""

    shell: Shell
    letters: tuple[MailRow, ...]
    paging: Paging


@dataclass(frozen=True, kw_only=True)
class MailLetterPage:
    """One letter as it was received."""

    shell: Shell
    id: UUID
    subject: str
    recipient: str
    received_at: datetime
    headers: tuple[tuple[str, str], ...]
    text: str
    has_html: bool
    links: tuple[Link, ...]
    """Links of the HTML that lead to this site; the frame, which is shut in, cannot follow them."""
