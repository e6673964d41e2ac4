"""Binding the many reports of a delivery into one table, of which each row knows its report. Pure but for the files.

A year has some fifteen hundred cost reports. The engine reads files one by one, again in each of its steps, which takes
long for hundreds already; a single table it reads at once. Reports differ in their columns (one for each tag): the
table has those of all, in the order in which they first appear.
"""

from __future__ import annotations

import csv
import re
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import duckdb

from ingestion.delivery import ArchivedFile, SourceSettings
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.focus.mapped_services import MappedService
from ingestion.normalize.connector import Normalize, PlannerOf
from ingestion.normalize.contents import Limits, NormalizedDelivery, Progress, Step
from ingestion.normalize.engine import engine
from ingestion.normalize.inflate import ReadyFile, lay_ready
from ingestion.normalize.plan import Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.run import normalize as normalize_files
from ingestion.normalize.tables import RawTables, Table, read_tables, refuse

SOURCE: Final = ("x_source_file", "x_source_row")
"""Which report a row of the table is from, by its place in the delivery, and which of its rows it is."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The table, and how many rows of it are from each of the reports, in their order."""

    file: ArchivedFile
    names: tuple[str, ...]
    row_counts: tuple[int, ...]

    def told(self, finding: Finding) -> Finding:
        """Return a finding about a row of the table as one about the row of the report."""
        if finding.file != self.file.name or not finding.row:
            return finding
        ends = list(accumulate(self.row_counts))
        number = bisect_left(ends, finding.row)
        row = finding.row - (ends[number] - self.row_counts[number])
        message = re.sub(rf"\brow {finding.row}\b", f"row {row}", finding.message)
        name = self.names[number]
        return replace(finding, file=name, row=row, message=message.replace(self.file.name, name))


def bound(planner_of: PlannerOf) -> Normalize:
    """Return how a kind turns files into charges that come as many files of much the same columns."""

    def normalize(
        files: Sequence[ArchivedFile],
        *,
        settings: SourceSettings,
        output: Path,
        limits: Limits,
        tag_keys: frozenset[str] | None,
        progress: Progress,
        mapped_services: Sequence[MappedService] = (),
    ) -> NormalizedDelivery:
        planner = planner_of(settings)
        told: dict[str, Any] = {"output": output, "tag_keys": tag_keys, "progress": progress}
        told["mapped_services"] = mapped_services
        if len(files) == 1:
            return normalize_files(files, planner=planner, limits=limits, **told)
        limits.temp_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=limits.temp_folder) as scratch:
            own = replace(limits, temp_folder=Path(scratch))
            one = bind(files, planner=planner, limits=own, progress=progress)
            try:
                found = normalize_files([one.file], planner=_of_bound(planner), limits=own, **told)
            except RejectedBillError as error:
                raise RejectedBillError(map(one.told, error.findings)) from error
        return replace(found, row_counts=one.row_counts, findings=tuple(map(one.told, found.findings)))

    return normalize


def bind(files: Sequence[ArchivedFile], *, planner: Planner, limits: Limits, progress: Progress) -> Bound:
    """Write one table of all reports; the planner looks at their columns first, to say which report lacks one.

    :raises RejectedBillError: a report is damaged, has rows of another width than its header, or lacks a column.
    """
    with engine(limits) as connection:
        ready = []
        for number, file in enumerate(files):
            progress(Step(name=f"Unpacking {file.name}", ratio=Decimal(number) / len(files) / 10))
            ready.append(lay_ready(file, number=number, limits=limits))
        raw = read_tables(connection, ready, limits=limits)
        for table in raw.tables:
            _check_table(table)
        planner(raw, connection)
    path = limits.temp_folder / "reports.csv"
    row_counts = _write(raw, path)
    name = f"{files[0].name} and {len(files) - 1:,} more"
    one = ArchivedFile(name=name, path=path, sha256="", size=path.stat().st_size, dataset=files[0].dataset)
    return Bound(file=one, names=tuple(file.name for file in files), row_counts=row_counts)


def _check_table(table: Table) -> None:
    if table.file.format != "csv":
        refuse(table.file, "file_format", "is no CSV, as which Oracle delivers its reports. Import it by itself.")
    if taken := [title for title in table.titles if title in SOURCE]:
        refuse(table.file, "column_reserved", f"has a column {taken[0]}. Rename it, or import the file by itself.")


def _write(raw: RawTables, path: Path) -> tuple[int, ...]:
    """Write the rows of all tables, each in the columns of all, and return how many each has; its file goes."""
    csv.field_size_limit(sys.maxsize)
    titles = [column.title for column in raw.columns]
    counts = []
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([*SOURCE, *titles])
        for table in raw.tables:
            position = {title: index for index, title in enumerate(table.titles)}
            places = [position.get(title, len(table.titles)) for title in titles]
            counts.append(_copy_rows(table.file, writer, places=places, width=len(table.titles)))
            table.file.path.unlink()
    return tuple(counts)


def _copy_rows(file: ReadyFile, writer: Any, *, places: Sequence[int], width: int) -> int:
    """Write a report's rows; a place beyond its columns is empty."""
    row = 0
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, strict=True)
        try:
            next(rows)
            for row, cells in enumerate((cells for cells in rows if cells), start=1):
                if len(cells) != width:
                    text = f"has {len(cells)} cells in row {row} where the header names {width}. Deliver it again."
                    refuse(file, "row_width", text, row=row)
                cells.append("")
                writer.writerow([file.number, row, *(cells[place] for place in places)])
        except csv.Error as error:
            text = f"has quoting in row {row + 1} that cannot be read ({error}). Deliver it again."
            refuse(file, "row_quoting", text, row=row + 1)
    return row


def _of_bound(planner: Planner) -> Planner:
    """Return the plan of the table, of which each row tells where it is from."""
    own = [quoted(name) for name in SOURCE]

    def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:
        found = planner(raw, connection)
        kept = {name: sql for name, sql in found.kept.items() if sql not in own}
        return replace(found, kept=kept, source_file=own[0], source_row=own[1])

    return plan
