"""What the page of a re-allocation shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from itfm.web.allocation.page import ReallocationPart
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class ReallocationPage:
    """A re-allocation and how far it is."""

    shell: Shell
    may_write: bool
    part: ReallocationPart
