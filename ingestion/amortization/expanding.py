"""From a file of contracts, assets or postings to the charges of its days. Pure but for the files.

A plan makes a few charges of a row; these files tell in one row what costs something on a thousand days. So the
delivered file is read, through the same checks as any other, each of its rows becomes the charges of its days, and the
tables of these, one for each month, are what is normalized. Charges keep the row and the file they come from.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb

from ingestion.amortization.calendar import month_of
from ingestion.amortization.cells import MOST_ERRORS, Cells
from ingestion.amortization.charges import FACTS, SOURCE, VARYING, Item, amount_text, charge_cells, plan
from ingestion.amortization.settings import AccruingSettings, Window
from ingestion.amortization.stretches import Stretch
from ingestion.delivery import ArchivedFile, SourceSettings
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import Finding, RejectedBillError, shortened
from ingestion.focus.mapped_services import MappedService
from ingestion.normalize import Limits, NormalizedDelivery, Progress, Step
from ingestion.normalize.connector import Normalize
from ingestion.normalize.diagnosing import counted_rows
from ingestion.normalize.engine import engine
from ingestion.normalize.inflate import lay_ready
from ingestion.normalize.run import normalize as normalize_files
from ingestion.normalize.sizes import check_cells, check_parquet
from ingestion.normalize.tables import RawTables, Table, read_tables

BATCH: Final = 5_000
MOST_HELD: Final = 100_000
"""Charges that are held before they are written: more months than a process may have files open have charges."""
MOST_CHARGES: Final = 30_000_000


class Rows(Protocol):
    """How a kind reads the rows of the files it is given. `facts` are its own columns, `x_<name>`."""

    facts: tuple[str, ...]

    def item(self, cells: Cells) -> Item | None:
        """Return what a row becomes; None when it is left out, or wrong, which is noted."""
        ...

    def findings(self) -> Iterable[Finding]:
        """Return what is worth saying once all rows were read."""
        ...


Open = Callable[[RawTables, Any, duckdb.DuckDBPyConnection], Rows]
"""Look at the columns of the files, with the source's settings and a way to their rows.

:raises RejectedBillError: a column is missing that no row can do without.
"""


@dataclass
class Expansion:
    """The charges of the rows read so far, by month in `folder`.

    `later` and `earlier` are billed and effective cost outside of the window by currency, in units of 10^-18.
    """

    folder: Path
    window: Window
    own_facts: tuple[str, ...]
    months: dict[date, list[str]] = field(default_factory=dict)
    charge_count: int = 0
    written_count: int = 0
    later: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    earlier: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, item: Item, *, file_number: int, row: int) -> None:
        """Take in what a row becomes."""
        facts = [_quoted_cell(item.facts.get(name)) for name in (*FACTS, *self.own_facts)]
        lead, currency = f"{','.join(facts)},{file_number},{row},", item.facts["billing_currency"] or ""
        for charge in item.charges:
            if isinstance(charge, Stretch):
                self._add_stretch(charge, lead=lead, currency=currency)
            elif charge.day in self.window:
                self.months.setdefault(month_of(charge.day), []).append(f"{lead}{charge_cells(charge)}\n")
                self.charge_count += 1
            else:
                sums = (self.later if charge.day >= self.window.end else self.earlier)[currency]
                sums[0] += charge.billed
                sums[1] += charge.effective
        if self.charge_count - self.written_count > MOST_HELD:
            self.write()

    def _add_stretch(self, stretch: Stretch, *, lead: str, currency: str) -> None:
        first, last = stretch.inside(self.window)
        for month, lines in stretch.lines(first, last):
            self.months.setdefault(month, []).extend([f"{lead}{line}\n" for line in lines])
        self.charge_count += last - first
        if first:
            self.earlier[currency][1] += stretch.spent(first)
        if last < stretch.days:
            self.later[currency][1] += stretch.spent(stretch.days) - stretch.spent(last)

    def write(self) -> None:
        """Append what is held to the tables of the months."""
        header = ",".join((*FACTS, *self.own_facts, *SOURCE, *VARYING)) + "\n"
        for month, lines in self.months.items():
            path = self.folder / f"{month:%Y-%m}.csv"
            is_new = not path.exists()
            with path.open("a", encoding="utf-8", newline="") as table:
                table.writelines([header, *lines] if is_new else lines)
            lines.clear()
        self.written_count = self.charge_count

    def files(self) -> list[ArchivedFile]:
        """Return the tables as files, by month."""
        return [
            ArchivedFile(name=f"charges of {path.stem}", path=path, sha256="", size=path.stat().st_size)
            for path in sorted(self.folder.iterdir())
        ]


def accrued(open_rows: Open) -> Normalize:
    """Return how a kind turns files into charges whose rows are spread over days."""

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
        if not isinstance(settings, AccruingSettings):
            raise TypeError(f"{type(settings).__name__} names no months.")
        limits.temp_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=limits.temp_folder) as scratch:
            own = replace(limits, temp_folder=Path(scratch))
            progress(Step(name="Reading the rows", ratio=Decimal(0)))
            tables, row_counts, findings = _expand(files, open_rows=open_rows, settings=settings, limits=own)
            normalized = normalize_files(
                tables,
                planner=plan,
                output=output,
                limits=own,
                tag_keys=tag_keys,
                progress=progress,
                mapped_services=mapped_services,
            )
        return replace(normalized, row_counts=row_counts, findings=shortened([*findings, *normalized.findings]))

    return normalize


def _expand(
    files: Sequence[ArchivedFile], *, open_rows: Open, settings: AccruingSettings, limits: Limits
) -> tuple[list[ArchivedFile], tuple[int, ...], list[Finding]]:
    """Return a table of charges for each month, the number of rows of each delivered file, and what was seen."""
    own = replace(limits, temp_folder=_new_folder(limits.temp_folder / "delivered"))
    errors: list[Finding] = []
    with engine(own) as connection:
        ready = [lay_ready(file, number=number, limits=own) for number, file in enumerate(files)]
        raw = read_tables(connection, ready, limits=own)
        check_parquet(connection, raw)
        row_counts = counted_rows(connection, raw)
        check_cells(connection, raw, row_counts=row_counts)
        rows = open_rows(raw, settings, connection)
        expansion = Expansion(_new_folder(limits.temp_folder / "charges"), settings.window(), rows.facts)
        for table in raw.tables:
            for cells in _cells(connection, raw, table, errors=errors):
                item = rows.item(cells)
                if item is not None and not errors:
                    expansion.add(item, file_number=table.file.number, row=cells.row)
                    _refuse_too_many(expansion, cells)
    if errors:
        raise RejectedBillError(errors[:MOST_ERRORS])
    findings = [*rows.findings(), *_outside(expansion)]
    if not expansion.charge_count:
        raise RejectedBillError([_nothing(files, expansion.window), *findings])
    expansion.write()
    return expansion.files(), row_counts, findings


def _new_folder(path: Path) -> Path:
    path.mkdir()
    return path


def _cells(
    connection: duckdb.DuckDBPyConnection, raw: RawTables, table: Table, *, errors: list[Finding]
) -> Iterator[Cells]:
    """Yield the rows of a file in order, until too many of them are wrong."""
    names = [column.name for column in raw.columns]
    titles = {column.name: column.title for column in raw.columns}
    columns = ", ".join(map(quoted, names))
    answers = connection.execute(
        f"SELECT x_row_number, {columns} FROM ({raw.sql(file_numbers=[table.file.number])}) ORDER BY x_row_number"
    )
    while batch := answers.fetchmany(BATCH):
        for number, *texts in batch:
            if len(errors) >= MOST_ERRORS:
                return
            values = dict(zip(names, texts, strict=True))
            yield Cells(file=table.file.name, row=number, values=values, titles=titles, errors=errors)


def _refuse_too_many(expansion: Expansion, cells: Cells) -> None:
    if expansion.charge_count > MOST_CHARGES:
        message = (
            f"{cells.file}, row {cells.row}: up to here the rows are {expansion.charge_count:,} charges of single days;"
            f" {MOST_CHARGES:,} are written at most. Set the first month, or split the file among several sources."
        )
        raise RejectedBillError(
            [Finding(code="too_many_charges", severity="error", file=cells.file, row=cells.row, message=message)]
        )


def _quoted_cell(text: str | None) -> str:
    return '"' + text.replace('"', '""') + '"' if text else ""


def _outside(expansion: Expansion) -> Iterator[Finding]:
    window = expansion.window
    for currency, (billed, effective) in sorted(expansion.later.items()):
        message = (
            f"After {window.last_month} {amount_text(billed)} {currency} will be billed and {amount_text(effective)}"
            f" {currency} will be spent. These months come as they begin, with the first pull in each."
        )
        yield Finding(code="months_ahead", severity="info", message=message)
    for currency, (billed, effective) in sorted(expansion.earlier.items()):
        message = (
            f"Before {window.start} {amount_text(billed)} {currency} were billed and {amount_text(effective)}"
            f" {currency} were spent. They were left out, as the source's first month says."
        )
        yield Finding(code="months_before", severity="info", message=message)


def _nothing(files: Sequence[ArchivedFile], window: Window) -> Finding:
    names = ", ".join(file.name for file in files)
    message = (
        f"{names} has no charges at all up to {window.last_month}."
        " If there really are none any more, remove the bills by hand."
    )
    return Finding(code="bill_empty", severity="error", file=names, message=message)
