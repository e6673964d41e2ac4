"""Handing charges out again, as FOCUS names them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import duckdb
import pyarrow.parquet as pq
from pyarrow import csv

from ingestion.focus.expressions import quoted
from ingestion.focus.versions import LATEST, Version, columns_as
from ingestion.models import BillRevision
from ingestion.revisions import reader, revision_folder
from ingestion.selectors import current_revisions
from itfm.core.inert import inert, inert_expression
from itfm.core.lake import organization_folder, scratch
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

CHARGES: Final = "charges.parquet"
CSV: Final = ".csv"
ROWS_AT_ONCE: Final = 20_000


class NothingToExportError(LookupError):
    """There is no bill of the period."""


def export_charges(organization_id: UUID, *, period: date, to: Path, version: Version = LATEST) -> int:
    """Write the charges of all bills in force to one file and return how many there are.

    The file is CSV where its name ends so, else Parquet. Columns are FOCUS' own names, then the sources' `x_` columns.

    :raises NothingToExportError: no bill of the period.
    """
    with tenant(organization_id):
        folders = [revision.folder for revision in current_revisions(period)]
    if not folders:
        raise NothingToExportError(f"There is no bill of {period_name(period)}.")
    return write_focus(
        [organization_folder(organization_id) / folder / CHARGES for folder in folders], to=to, version=version
    )


def write_focus(files: Sequence[Path], *, to: Path, version: Version) -> int:
    """Write Parquet files with the columns of charges to one file in FOCUS' own names; return how many rows it has.

    The file is CSV where its name ends so, else Parquet. It appears when it is whole.
    """
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    whole = unfinished.with_name(f"{unfinished.name}.parquet")
    try:
        _write_parquet(files, to=whole, version=version)
        rows = pq.read_metadata(whole).num_rows
        if to.suffix == CSV:
            with unfinished.open("wb") as text:
                text.writelines(_csv_parts(whole, version=None))
        else:
            whole.replace(unfinished)
        unfinished.replace(to)
    finally:
        for left in (unfinished, whole):
            left.unlink(missing_ok=True)
    return int(rows)


def charges_parquet(revision: BillRevision) -> BinaryIO:
    """Return the charges of one revision as an open Parquet file, gone when it is closed.

    :raises NothingToExportError: its files are not there.
    """
    with scratch(revision.organization_id) as folder:
        _write_parquet([_charges_file(revision)], to=folder / CHARGES)
        # The open file outlives its name.
        return (folder / CHARGES).open("rb")


def charges_csv(revision: BillRevision) -> Iterator[bytes]:
    """Return the charges of one revision as CSV in parts, numbers to the last digit.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    :raises NothingToExportError: its files are not there.
    """
    return _csv_parts(_charges_file(revision), version=LATEST)


def _csv_parts(file: Path, *, version: Version | None) -> Iterator[bytes]:
    """Yield the rows of a file, which has the columns of charges, or without a version those that are to be written."""
    with reader(file.parent) as database:
        charges = database.read_parquet(str(file))
        if version is not None:
            charges = charges.project(_selected(charges.columns, version))
        cells = [_csv_cell(name, str(kind)) for name, kind in zip(charges.columns, charges.types, strict=True)]
        yield (",".join(quoted(inert(name)) for name in charges.columns) + "\r\n").encode()
        options = csv.WriteOptions(include_header=False)
        for batch in charges.project(", ".join(cells)).fetch_arrow_reader(ROWS_AT_ONCE):
            part = io.BytesIO()
            csv.write_csv(batch, part, write_options=options)
            yield part.getvalue()


def _csv_cell(name: str, kind: str) -> str:
    column = quoted(name)
    if kind.startswith("DECIMAL"):
        return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.') AS {column}"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ') AS {column}"
    text = f"CAST({column} AS VARCHAR)"
    if kind.startswith(("VARCHAR", "ENUM")):
        return f"{inert_expression(text)} AS {column}"
    return f"{text} AS {column}"


def _charges_file(revision: BillRevision) -> Path:
    file = revision_folder(revision) / CHARGES
    if not file.is_file():
        raise NothingToExportError("The stored charges of this delivery are not there. Pull the bill again.")
    return file


def _write_parquet(files: Sequence[Path], *, to: Path, version: Version = LATEST) -> None:
    with duckdb.connect() as database:
        charges = database.read_parquet([str(file) for file in files], union_by_name=True)
        charges.project(_selected(charges.columns, version)).write_parquet(str(to), compression="zstd")


def _selected(names: Iterable[str], version: Version) -> str:
    return ", ".join(f"{sql} AS {quoted(title)}" for title, sql in columns_as(version, names).items())
