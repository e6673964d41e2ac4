"""Taking in files of invoices: CSV, XLSX and Parquet, a row per invoice or FOCUS Invoice Detail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
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
from ingestion.payables.invoice_files import InvoiceFile, invoices_of
from ingestion.services.deliveries import limits
from ingestion.services.invoices import InvoiceError, TakenIn, take_in_invoices
from itfm.audit.services import Actor
from itfm.core import lake

MAX_BYTES: Final = 20_000_000
MAX_UNPACKED: Final = 200_000_000
MAX_ROWS: Final = 100_000


class InvoiceFileError(ValueError):
    """Nothing of a file was taken in; `problems` say why, cell by cell."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems[0])
        self.problems = tuple(problems)


def take_in_file(chunks: Iterable[bytes], *, name: str, organization_id: UUID, by: Actor, at: datetime) -> TakenIn:
    """Keep all invoices of a file, or none. The same file twice changes nothing.

    :raises InvoiceFileError: something in it cannot be read, or cannot be so.
    """
    if not name.lower().endswith(DATA_ENDINGS):
        raise InvoiceFileError([f"{name}: take a file that ends in .csv, .csv.gz, .xlsx or .parquet."])
    with lake.scratch(organization_id) as scratch:
        file = _written(chunks, name=name, scratch=scratch)
        found = _read(file, limits=replace(limits(scratch), inflated_size=MAX_UNPACKED))
    if found.problems:
        raise InvoiceFileError(found.problems)
    try:
        return take_in_invoices(
            found.invoices, organization_id=organization_id, columns=found.columns, file_name=name, by=by, at=at
        )
    except InvoiceError as error:
        raise InvoiceFileError([f"{name}: {error}"]) from error


def _written(chunks: Iterable[bytes], *, name: str, scratch: Path) -> ArchivedFile:
    digest, size = hashlib.sha256(), 0
    path = scratch / "invoices"
    with path.open("wb") as target:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise InvoiceFileError([f"{name}: larger than {MAX_BYTES:,} bytes. Send it in parts, by month."])
            digest.update(chunk)
            target.write(chunk)
    return ArchivedFile(name=name, path=path, sha256=digest.hexdigest(), size=size)


def _read(file: ArchivedFile, *, limits: Limits) -> InvoiceFile:
    try:
        with engine(limits) as connection:
            raw = read_tables(connection, [lay_ready(file, number=0, limits=limits)], limits=limits)
            check_parquet(connection, raw)
            columns = ", ".join(quoted(column.name) for column in raw.columns)
            query = f"SELECT {columns} FROM ({raw.sql()}) ORDER BY x_row_number LIMIT {MAX_ROWS + 1}"  # noqa: S608 - quoted
            rows = connection.execute(query).fetchall()
    except RejectedBillError as error:
        return InvoiceFile(problems=tuple(finding.message for finding in error.findings))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0][:200]
        return InvoiceFile(problems=(f"{file.name} cannot be read ({reason}). Save it again, or send XLSX.",))
    if len(rows) > MAX_ROWS:
        return InvoiceFile(problems=(f"{file.name}: more than {MAX_ROWS:,} rows. Send it in parts, by month.",))
    return invoices_of(file.name, [column.title for column in raw.columns], rows)
