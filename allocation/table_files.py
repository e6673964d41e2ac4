"""Small tables as people send them: the rows of a CSV or XLSX file as texts. Pure."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.normalize.workbook import cell_text

MAX_BYTES: Final = 2_000_000
MAX_ROWS: Final = 50_000
MAX_UNPACKED: Final = 40_000_000
MAX_PROBLEMS: Final = 50


class UnreadableError(ValueError):
    """A file is neither CSV nor XLSX as they should be; the message says what to do."""


def rows(content: bytes, *, columns: int) -> Iterator[list[str]]:
    """Yield the rows of a file, heading included; a workbook's first sheet gives as many cells as there are columns.

    :raises UnreadableError: while rows are read.
    """
    return _xlsx(content, columns) if content[:2] == b"PK" else _csv(content)


def few(problems: list[str]) -> tuple[str, ...]:
    """Return the first problems, and how many there are besides."""
    hidden = len(problems) - MAX_PROBLEMS
    return (*problems[:MAX_PROBLEMS], *([f"And {hidden} more rows."] if hidden > 0 else []))


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("it is no text in UTF-8. Save it as CSV in UTF-8, or send XLSX.") from error
    found = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            yield next(found)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(f"row {found.line_num} is no CSV ({error}). Save the file as CSV again.") from error


def _xlsx(content: bytes, columns: int) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise UnreadableError("it unpacks to more than a table of values needs. Send CSV instead.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=columns + 1, values_only=True):
            cells = [cell_text(value) for value in row]
            yield cells[:-1] if len(cells) > columns and not cells[-1] else cells
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, SyntaxError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("it is no workbook that can be read. Save it as XLSX again, or send CSV.") from error
