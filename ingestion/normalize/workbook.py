"""The first sheet of a workbook as CSV. Pure but for the files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO, Final

WORKBOOK: Final = ".xlsx"
"""How the name of a workbook ends."""
MOST_COLUMNS: Final = 5_000


class WorkbookError(ValueError):
    """A file is no workbook that can be read; the message goes on after its name."""


def write_sheet(book: Path, *, to: BinaryIO, most: int) -> None:
    """Write the first sheet as CSV in UTF-8, row by row, but for the empty columns and rows behind the last cell.

    :param most: bytes the workbook may unpack to.
    :raises WorkbookError: it is damaged, holds no sheet, or unpacks to more.
    """
    # It takes NumPy along, a third of what loading the code of an import costs.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with book.open("rb") as stream:
            with zipfile.ZipFile(stream) as packed:
                if sum(one.file_size for one in packed.infolist()) > most:
                    raise WorkbookError(f"unpacks to more than {most:,} bytes.")
            opened = load_workbook(stream, read_only=True, data_only=True)
            if not opened.worksheets:
                raise WorkbookError("has no sheet.")
            text = io.TextIOWrapper(to, encoding="utf-8", newline="")
            csv.writer(text, lineterminator="\n").writerows(_rows(opened.worksheets[0]))
            text.flush()
            text.detach()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, TypeError, OSError, SyntaxError) as error:
        raise WorkbookError("is no workbook that can be read.") from error
    except ValueError as error:
        raise (
            error if isinstance(error, WorkbookError) else WorkbookError("is no workbook that can be read.")
        ) from error


def _rows(sheet: Any) -> Iterator[list[str]]:
    """Yield the rows, each as wide as the heading or as its own last cell; a row without cells in between stays."""
    width, pending = 0, 0
    for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
        cells = [cell_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        width = width or len(cells)
        if not cells:
            pending += 1
            continue
        # An empty row is kept, so that a row's number is the one in the sheet.
        yield from ([""] * width for _ in range(pending if width else 0))
        pending = 0
        yield cells + [""] * (width - len(cells))


def cell_text(value: Any) -> str:
    """Return a cell as CSV would have it; a workbook keeps numbers as floats, whose shortest text is meant."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | time) else str(value)
