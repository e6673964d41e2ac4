"""Reading the files that finance sends: the first table of a CSV, XLSX or Parquet file, within limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID

import duckdb

from ingestion.delivery import ArchivedFile
from ingestion.delivery.tree import DATA_ENDINGS
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import RejectedBillError
from ingestion.normalize import Limits
from ingestion.normalize.engine import engine
from ingestion.normalize.inflate import lay_ready
from ingestion.normalize.sizes import check_parquet
from ingestion.normalize.tables import read_tables
from ingestion.services.deliveries import limits
from itfm.core import lake

MAX_BYTES: Final = 20_000_000
MAX_UNPACKED: Final = 200_000_000
MAX_ROWS: Final = 100_000


class RefusedFileError(ValueError):
    """Nothing of a file was taken in; `problems` say why, cell by cell."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems[0])
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class FileRows:
    """The heading of a file and the rows under it, as text; None for an empty cell."""

    titles: tuple[str, ...]
    rows: Sequence[tuple[str | None, ...]]


def read_file(chunks: Iterable[bytes], *, name: str, organization_id: UUID) -> FileRows:
    """Return the rows of a file, whose ending says what it is.

    :raises RefusedFileError: it is too large, or cannot be read.
    """
    if not name.lower().endswith(DATA_ENDINGS):
        raise RefusedFileError([f"{name}: take a file that ends in .csv, .csv.gz, .xlsx or .parquet."])
    with lake.scratch(organization_id) as scratch:
        file = _written(chunks, name=name, scratch=scratch)
        return _read(file, limits=replace(limits(scratch), inflated_size=MAX_UNPACKED))


def _written(chunks: Iterable[bytes], *, name: str, scratch: Path) -> ArchivedFile:
    digest, size = hashlib.sha256(), 0
    path = scratch / "rows"
    with path.open("wb") as target:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise RefusedFileError([f"{name}: larger than {MAX_BYTES:,} bytes. Send it in parts, by month."])
            digest.update(chunk)
            target.write(chunk)
    return ArchivedFile(name=name, path=path, sha256=digest.hexdigest(), size=size)


def _read(file: ArchivedFile, *, limits: Limits) -> FileRows:
    try:
        with engine(limits) as connection:
            raw = read_tables(connection, [lay_ready(file, number=0, limits=limits)], limits=limits)
            check_parquet(connection, raw)
            columns = ", ".join(quoted(column.name) for column in raw.columns)
            query = f"SELECT {columns} FROM ({raw.sql()}) ORDER BY x_row_number LIMIT {MAX_ROWS + 1}"  # noqa: S608 - quoted
            rows = connection.execute(query).fetchall()
    except RejectedBillError as error:
        raise RefusedFileError([finding.message for finding in error.findings]) from error
    except duckdb.Error as error:
        reason = str(error).splitlines()[0][:200]
        raise RefusedFileError([f"{file.name} cannot be read ({reason}). Save it again, or send XLSX."]) from error
    if len(rows) > MAX_ROWS:
        raise RefusedFileError([f"{file.name}: more than {MAX_ROWS:,} rows. Send it in parts, by month."])
    return FileRows(titles=tuple(column.title for column in raw.columns), rows=rows)
