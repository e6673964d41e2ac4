"""The names of a delivered file's columns, from its first bytes: to tell what it is before it is read. Pure.

What is wrong with a file is for its reading to say; here a file that cannot be read has no names.
"""

from __future__ import annotations

import csv
import zlib
from pathlib import Path

import duckdb
from isal import igzip, igzip_lib

from ingestion.delivery import ArchivedFile
from ingestion.focus.columns import snake_case
from ingestion.focus.findings import RejectedBillError
from ingestion.normalize.contents import Limits
from ingestion.normalize.engine import engine
from ingestion.normalize.inflate import GZIP, PARQUET, ZIP, lay_ready
from ingestion.normalize.tables import HEADER_LENGTH, read_tables


def titles_of(file: Path, *, limits: Limits) -> frozenset[str]:
    """Return the columns' names as a reading has them, in snake_case; a workbook is laid ready for it."""
    try:
        with file.open("rb") as stream:
            start = stream.read(len(PARQUET))
        if start == PARQUET or start.startswith(ZIP):
            return _of_table(file, limits=limits)
        return frozenset(map(snake_case, _first_line(file, is_packed=start.startswith(GZIP))))
    except (EOFError, OSError, zlib.error, igzip_lib.IsalError, csv.Error, duckdb.Error, RejectedBillError):  # type: ignore[misc] # its stub names a value
        return frozenset()


def _of_table(file: Path, *, limits: Limits) -> frozenset[str]:
    # Its digest is for the archive; laying it ready does not ask.
    told = ArchivedFile(name=file.name, path=file, sha256="", size=file.stat().st_size)
    with engine(limits) as connection:
        return frozenset(read_tables(connection, [lay_ready(told, number=0, limits=limits)], limits=limits).names())


def _first_line(file: Path, *, is_packed: bool) -> list[str]:
    with igzip.open(file, "rb") if is_packed else file.open("rb") as stream:
        text = stream.read(HEADER_LENGTH).decode("utf-8-sig", errors="replace")
    return next(csv.reader(text.splitlines(keepends=True)), [])
