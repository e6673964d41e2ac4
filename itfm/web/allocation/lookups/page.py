"""What the pages of lookup tables show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from allocation.drafts.lookups import LookupUse, RowEdit
from allocation.lookup_files import LookupPreview
from itfm.web.allocation.page import DraftBar
from itfm.web.components import Pagination
from itfm.web.shell.page import Shell

SHOWN: Final = 12
"""How many rows of each kind a preview shows."""


@dataclass(frozen=True, kw_only=True)
class LookupRow:
    """A table in the list of all."""

    key: str
    row_count: int
    used_by: tuple[LookupUse, ...]


@dataclass(frozen=True, kw_only=True)
class LookupsPage:
    """The tables, and the form of a new one."""

    shell: Shell
    bar: DraftBar
    lookups: tuple[LookupRow, ...]


@dataclass(frozen=True, kw_only=True)
class LookupPage:
    """One table: its rows as a form, the rules that use it, and how a file would be taken in."""

    shell: Shell
    bar: DraftBar
    lookup: LookupRow
    query: str
    edits: tuple[RowEdit, ...]
    pagination: Pagination
    problem: str = ""
    """Why the rows are not saved yet."""
    file_problems: tuple[str, ...] = ()
    preview: LookupPreview | None = None
    file_name: str = ""
    content: str = ""
    """The file's rows as CSV, to be sent again with the confirmation."""

    shown = SHOWN

    @property
    def is_unsaved(self) -> bool:
        """Whether the rows came back from the form without being saved."""
        return bool(self.problem)

    @property
    def preview_kinds(self) -> tuple[tuple[str, tuple[object, ...]], ...]:
        """The rows of the file by what they would do, in the order in which they are shown."""
        if self.preview is None:
            return ()
        kinds = (
            ("New", self.preview.added),
            ("Changed", self.preview.changed),
            ("Only in the table", self.preview.absent),
        )
        return tuple((title, rows) for title, rows in kinds if rows)
