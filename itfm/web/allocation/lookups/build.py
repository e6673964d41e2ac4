"""From the working rules to the pages of lookup tables, and from a form's fields to the edits of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from allocation.drafts.lookups import RowEdit, uses
from allocation.engine.rules import RuleSet
from allocation.working import working_rules
from itfm.web.allocation.build import draft_bar
from itfm.web.allocation.lookups.page import LookupPage, LookupRow, LookupsPage
from itfm.web.components import Pagination
from itfm.web.shell.page import Shell

PAGE: Final = 50
BLANK: Final = 3
"""Empty rows at the top of the form, to write new ones in."""
MOST: Final = PAGE + BLANK
_BLANKS: Final = (RowEdit(was="", text="", gives=""),) * BLANK


class UnknownLookupError(LookupError):
    """The rules have no such table."""


def lookups_page(*, shell: Shell, may_write: bool) -> LookupsPage:
    """Return all tables with the rules that use them."""
    working = working_rules()
    return LookupsPage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write),
        lookups=tuple(_row(working.rules, key) for key in sorted(working.rules.lookups)),
    )


def lookup_page(
    key: str,
    *,
    shell: Shell,
    may_write: bool,
    query: str = "",
    first: int = 0,
    edits: Sequence[RowEdit] | None = None,
    **more: Any,
) -> LookupPage:
    """Return one table from its row number `first` on, of those that contain the query; or rows as they were sent.

    :raises UnknownLookupError: there is none.
    """
    working = working_rules()
    table = table_of(working.rules, key)
    found = [(text, gives) for text, gives in table.items() if _contains(query, text, gives)]
    shown = found[first : first + PAGE]
    rows = tuple(RowEdit(was=text, text=text, gives=gives) for text, gives in shown)
    return LookupPage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write),
        lookup=_row(working.rules, key),
        query=query,
        edits=tuple(edits) if edits is not None else (*(_BLANKS if may_write else ()), *rows),
        pagination=Pagination(
            first=first + 1 if shown else 0,
            last=first + len(shown),
            total=len(found),
            noun="rows",
            previous_url=_address(query, max(first - PAGE, 0)) if first else "",
            next_url=_address(query, first + PAGE) if first + PAGE < len(found) else "",
        ),
        **more,
    )


def table_of(rules: RuleSet, key: str) -> Mapping[str, str]:
    """Return a table of the rules.

    :raises UnknownLookupError: there is none.
    """
    try:
        return rules.lookups[key]
    except KeyError as error:
        raise UnknownLookupError(key) from error


def edits_of(data: Mapping[str, str]) -> tuple[RowEdit, ...]:
    """Return every row that a form sent, as it was sent; `delete` names the number of one to be emptied."""
    deleted = data.get("delete", "")
    found = []
    for number in range(MOST):
        if f"row.{number}-text" not in data:
            break
        text, gives = data[f"row.{number}-text"].strip(), data.get(f"row.{number}-gives", "").strip()
        if deleted == str(number):
            text = gives = ""
        found.append(RowEdit(was=data.get(f"row.{number}-was", ""), text=text, gives=gives))
    return tuple(found)


def changed(edits: Sequence[RowEdit], *, table: Mapping[str, str]) -> tuple[RowEdit, ...]:
    """Return the edits that say something else than the table; a new row left empty says nothing."""
    return tuple(
        edit
        for edit in edits
        if ((edit.text, edit.gives) != (edit.was, table.get(edit.was)) if edit.was else edit.text or edit.gives)
    )


def _row(rules: RuleSet, key: str) -> LookupRow:
    return LookupRow(key=key, row_count=len(rules.lookups[key]), used_by=tuple(uses(rules, key)))


def _contains(query: str, *texts: str) -> bool:
    return any(query.casefold() in text.casefold() for text in texts)


def _address(query: str, first: int) -> str:
    return "?" + urlencode({"q": query, "from": first} if query else {"from": first})
