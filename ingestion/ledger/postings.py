"""Telling a posting that stands in two files from two postings, by the ids that accounting systems give. Pure.

| system | a posting is |
|---|---|
| NetSuite | its Line Unique Key, or the Internal ID of the transaction and the Line ID |
| SAP | company code, fiscal year (of the posting date where it is not told), document number and line item |
| generic | `posting_id`, or company, year, `document` and `line` |

Exports of QuickBooks and Xero number documents and not their lines, so that nothing tells two equal lines from one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from ingestion.amortization.cells import Cells
from ingestion.ledger.layouts import Columns

Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What may not differ between two copies of a posting; what is written beside it may."""

    day: date
    account: str
    amount: int
    currency: str
    tags: str | None


@dataclass
class Postings:
    """The postings of a delivery by id. Within one file all rows count: reports repeat none."""

    _file: dict[Key, str] = field(default_factory=dict)
    _posted: dict[Key, set[Posted]] = field(default_factory=dict)
    left_out: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many rows of a file (first) stand in another (second) as well."""

    def is_known(self, cells: Cells, columns: Columns, posted: Posted) -> bool:
        """Return whether a file before has the posting; one that it has otherwise is wrong."""
        key = key_of(cells, columns, posted.day)
        if key is None:
            return False
        first = self._file.setdefault(key, cells.file)
        if first == cells.file:
            self._posted.setdefault(key, set()).add(posted)
            return False
        if posted in self._posted[key]:
            self.left_out[cells.file, first] = self.left_out.get((cells.file, first), 0) + 1
            return True
        name = columns.names["posting" if _told(cells, columns, "posting") else "line"]
        what = (
            f"is that of a posting that {first} has with another day, account, amount or cost center. Deliver only the"
            " export that is right."
        )
        cells.wrong(name, what, code="posting_differs")
        return False


def key_of(cells: Cells, columns: Columns, day: date) -> Key | None:
    """Return what names a posting among all of its ledger, None where the file does not tell."""
    told = {meaning: _told(cells, columns, meaning) for meaning in ("posting", "transaction", "line", "document")}
    if told["posting"]:
        return (columns.layout, told["posting"])
    if not told["line"]:
        return None
    if told["transaction"]:
        return (columns.layout, "transaction", told["transaction"], told["line"])
    if not told["document"]:
        return None
    year = _told(cells, columns, "year") or str(day.year)
    return (columns.layout, _told(cells, columns, "company"), year, told["document"], told["line"])


def posting_id(cells: Cells, columns: Columns) -> str:
    """Return what a system calls a posting, '' where the file does not tell: `document SAP/490001/1`.

    The number of a document is one within its company and year, which are compared beside it: by company and day.
    """
    told = {meaning: _told(cells, columns, meaning) for meaning in ("posting", "transaction", "document", "line")}
    if told["posting"]:
        return f"posting {columns.layout}/{_part(told['posting'])}"
    whole = next((meaning for meaning in ("transaction", "document") if told[meaning] and told["line"]), None)
    if whole is None:
        return ""
    numbers = [told[whole], told["line"]]
    if columns.layout == "SAP":
        # It writes the same number with and without zeros before it.
        numbers = [text.lstrip("0") or "0" if text.isdigit() else text for text in numbers]
    return "/".join((f"{whole} {columns.layout}", *map(_part, numbers)))


def _part(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F")


def _told(cells: Cells, columns: Columns, meaning: str) -> str:
    """Return what a column tells that the layout knows; one that is called so by chance tells something else."""
    name = columns.names.get(meaning)
    return cells.text(name) if name else ""
