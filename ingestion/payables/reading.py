"""Reading the rows of a file by a layout: every cell, or what is wrong with it by file, row and column. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingestion.payables.cells import CellError
from ingestion.payables.layouts import Field, columns_of
from itfm.core.inert import as_written

MOST_PROBLEMS: Final = 50
LONGEST: Final = 10_000
Cells = Sequence[str | None]
ReadRow = tuple[int, dict[str, Any]]
"""Its number and its fields."""


@dataclass
class Sheet:
    """A file while it is read; rows are numbered as a spreadsheet does, the heading being 1."""

    name: str
    titles: Sequence[str]
    layout: Sequence[Field]
    places: Mapping[str, int]
    problems: list[str] = field(default_factory=list)

    def complain(self, row: int, name: str, message: str) -> None:
        """Say what is wrong with a cell."""
        place = self.places.get(name)
        title = self.titles[place] if place is not None else name
        self.problems.append(f"{self.name}, row {row}, column {title}: {message}")

    def told(self) -> tuple[str, ...]:
        """Return what is wrong, as far as anybody reads it."""
        hidden = len(self.problems) - MOST_PROBLEMS
        return (*self.problems[:MOST_PROBLEMS], *([f"And {hidden:,} more cells."] if hidden > 0 else []))

    def read(self, row: int, cells: Cells) -> dict[str, Any] | None:
        """Return the fields of a row; None where a cell cannot be read."""
        count, found = len(self.problems), {}
        for one in self.layout:
            if one.name in self.places:
                try:
                    found[one.name] = one.read(_within_limit(cells[self.places[one.name]] or ""))
                except CellError as error:
                    self.complain(row, one.name, str(error))
        return found if len(self.problems) == count else None


def read_sheet(
    name: str, titles: Sequence[str], rows: Iterable[Cells], *, layout: Sequence[Field], one: str
) -> tuple[Sheet, list[ReadRow]]:
    """Return a file and its rows that can be read, in their order; empty rows are passed over.

    :param one: what a row is of, as in "Add one per invoice".
    """
    sheet = Sheet(name=name, titles=titles, layout=layout, places=columns_of(titles, layout))
    missing = [each.label for each in layout if each.is_needed and each.name not in sheet.places]
    if missing:
        asked = f"there is no column {', '.join(missing)}. Add it, or give the column that has it this name."
        sheet.problems.append(f"{name}, row 1: {asked}")
        return sheet, []
    read = [
        (row, found)
        for row, cells in enumerate(rows, start=2)
        if any(cells) and (found := sheet.read(row, cells)) is not None
    ]
    if not read and not sheet.problems:
        sheet.problems.append(f"{name}: there is no row under the heading. Add one per {one}.")
    return sheet, read


def _within_limit(cell: str) -> str:
    """Return a cell as it was written before it was kept from running in a spreadsheet."""
    if len(cell) > LONGEST:
        raise CellError(f"it is longer than {LONGEST:,} characters. Shorten it.")
    return as_written(cell)
