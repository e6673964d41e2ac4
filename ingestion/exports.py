"""Handing charges out again, as FOCUS names them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow.parquet as pq

from ingestion.focus.columns import COLUMNS
from ingestion.selectors import current_revisions
from itfm.core.lake import organization_folder
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant


class NothingToExportError(LookupError):
    """There is no bill of the period."""


def export_charges(organization_id: UUID, *, period: date, to: Path) -> int:
    """Write the charges of all bills in force to one Parquet file and return how many there are.

    Columns are FOCUS 1.4's own names, then the sources' `x_` columns.

    :raises NothingToExportError: no bill of the period.
    """
    with tenant(organization_id):
        folders = [revision.folder for revision in current_revisions(period)]
    if not folders:
        raise NothingToExportError(f"There is no bill of {period_name(period)}.")
    files = [str(organization_folder(organization_id) / folder / "charges.parquet") for folder in folders]
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        with duckdb.connect() as database:
            charges = database.read_parquet(files, union_by_name=True)
            names = {column.name: column.title for column in COLUMNS}
            selected = ", ".join(f'"{key}" AS "{names.get(key, key)}"' for key in charges.columns)
            charges.project(selected).write_parquet(str(unfinished), compression="zstd")
        rows = pq.read_metadata(unfinished).num_rows
        unfinished.replace(to)
    finally:
        unfinished.unlink(missing_ok=True)
    return int(rows)
