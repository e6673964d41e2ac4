"""Normalizing a delivery, from archived files to finished Parquet. Pure but for the files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from ingestion.delivery import ArchivedFile
from ingestion.focus.expressions import literal
from ingestion.focus.findings import Finding, RejectedBillError, shortened
from ingestion.focus.mapped_services import MappedService
from ingestion.normalize import diagnosing, entries, writing
from ingestion.normalize.contents import Limits, NormalizedBill, NormalizedDelivery, Progress, Step
from ingestion.normalize.engine import engine
from ingestion.normalize.entries import Dictionary
from ingestion.normalize.inflate import lay_ready
from ingestion.normalize.mapping import applied, with_mapped
from ingestion.normalize.noticing import json_findings, period_findings
from ingestion.normalize.plan import ROW_NUMBER, Plan
from ingestion.normalize.reading import Reading
from ingestion.normalize.rounding import rounding_findings
from ingestion.normalize.sizes import check_cells, check_parquet
from ingestion.normalize.tables import RawTables, check_names, read_tables

Planner = Callable[[RawTables, duckdb.DuckDBPyConnection], Plan]


def normalize(
    files: Sequence[ArchivedFile],
    *,
    planner: Planner,
    output: Path,
    limits: Limits,
    tag_keys: frozenset[str] | None,
    progress: Progress,
    mapped_services: Sequence[MappedService] = (),
) -> NormalizedDelivery:
    """Write a folder `<output>/<YYYY-MM>` of Parquet files for every billing period in the files.

    `planner` says how their columns become charges, `mapped_services` what those are that have no category.

    :raises RejectedBillError: something is wrong with them.
    """
    limits.temp_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=limits.temp_folder) as scratch:
        own = replace(limits, temp_folder=Path(scratch))
        ready = []
        for number, file in enumerate(files):
            progress(Step(name=f"Unpacking {file.name}", ratio=Decimal(number) / len(files) / 5))
            ready.append(lay_ready(file, number=number, limits=own))
        with engine(own) as connection:
            raw = read_tables(connection, ready, limits=own)
            with diagnosing.refusing_unsteady(raw):
                check_parquet(connection, raw)
                plan = with_mapped(planner(raw, connection), mapped_services)
                check_names(raw, plan.derived)
                reading = Reading(raw=replace(raw, derived=plan.derived), plan=plan)
                return _written(connection, reading, tag_keys=tag_keys, output=output, progress=progress)


def _written(
    connection: duckdb.DuckDBPyConnection,
    reading: Reading,
    *,
    tag_keys: frozenset[str] | None,
    output: Path,
    progress: Progress,
) -> NormalizedDelivery:
    """Check all rows and write the bills they make."""
    progress(Step(name="Checking", ratio=Decimal("0.2")))
    reading = _count(connection, reading)
    dictionary = entries.write_entries(connection, reading, tag_keys=tag_keys)
    findings = [*reading.plan.findings, *_checked(connection, reading)]
    bills, reading = _write_bills(connection, reading, dictionary, output=output, progress=progress)
    findings.extend(one for bill in bills for one in period_findings(connection, reading, bill.folder))
    findings.extend(json_findings(connection, reading))
    findings.extend(rounding_findings(connection, reading))
    return NormalizedDelivery(
        bills=bills, row_counts=_row_counts(connection, len(reading.raw.tables)), findings=shortened(findings)
    )


def _count(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Reading:
    try:
        odd = entries.count_combinations(connection, reading)
    except duckdb.Error:
        diagnosing.odd_columns(connection, reading)
        raise
    if odd:
        reading = diagnosing.odd_columns(connection, reading)
        entries.count_combinations(connection, reading)
    row_counts = _row_counts(connection, len(reading.raw.tables))
    diagnosing.check_row_counts(reading.raw, row_counts)
    check_cells(connection, reading.raw, row_counts=row_counts)
    if not connection.execute("SELECT count(*) FROM combination").fetchall()[0][0]:
        names = ", ".join(table.file.name for table in reading.raw.tables)
        message = f"{names} has no charges at all. If the bill really became empty, remove it by hand."
        raise RejectedBillError([Finding(code="bill_empty", severity="error", file=names, message=message)])
    return replace(reading, telling=entries.telling_columns(connection, reading))


def _checked(connection: duckdb.DuckDBPyConnection, reading: Reading) -> list[Finding]:
    found = [
        finding for check in reading.plan.checks for finding in diagnosing.entry_findings(connection, reading, check)
    ]
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        # What is no number or moment is told before all else, as it is where amounts are made of it.
        if diagnosing.has_rows(connection, reading, condition=reading.oddity_of_rest()):
            diagnosing.odd_columns(connection, reading)
        raise RejectedBillError(errors)
    tags = entries.unreadable_tags(connection)
    if tags is not None:
        message = f"Some tags are no JSON object, as {tags[:60]!r}; these charges were imported without tags."
        found.append(Finding(code="tags_unreadable", severity="warning", column="Tags", message=message))
    return found


def _write_bills(
    connection: duckdb.DuckDBPyConnection,
    reading: Reading,
    dictionary: Dictionary,
    *,
    output: Path,
    progress: Progress,
) -> tuple[tuple[NormalizedBill, ...], Reading]:
    periods = _periods(connection)
    bills = []
    for index, (period, file_numbers) in enumerate(periods.items()):
        done = Decimal("0.3") + Decimal("0.7") * index / len(periods)
        progress(Step(name=f"Writing the charges of {period:%Y-%m}", ratio=done))
        folder = output / f"{period:%Y-%m}"
        folder.mkdir(parents=True)
        reading = _write_charges(connection, reading, dictionary, folder, period=period, file_numbers=file_numbers)
        writing.write_attribute_sets(connection, folder=folder, period=period)
        writing.write_daily(connection, folder=folder)
        written = writing.normalized_bill(connection, period=period, folder=folder)
        bills.append(replace(written, mapped_services=applied(connection, reading.plan, period=period)))
    progress(Step(name="Done", ratio=Decimal(1)))
    return tuple(bills), reading


def _write_charges(
    connection: duckdb.DuckDBPyConnection,
    reading: Reading,
    dictionary: Dictionary,
    folder: Path,
    *,
    period: date,
    file_numbers: tuple[int, ...],
) -> Reading:
    query = writing.charges_sql(reading, dictionary, period=period, file_numbers=file_numbers)
    # Charges of one row are told apart by their order alone.
    is_numbered = len(file_numbers) == 1 and reading.plan.source_row == ROW_NUMBER
    try:
        writing.write_charges(connection, query, folder=folder, is_numbered=is_numbered)
    except duckdb.Error:
        exact = diagnosing.odd_columns(connection, reading)
        if exact == reading:
            raise
        query = writing.charges_sql(exact, dictionary, period=period, file_numbers=file_numbers)
        writing.write_charges(connection, query, folder=folder, is_numbered=is_numbered)
        reading = exact
    _check_written(connection, reading, folder)
    return reading


def _check_written(connection: duckdb.DuckDBPyConnection, reading: Reading, folder: Path) -> None:
    """Refuse the bill when a charge lacks what none may lack, or has a moment beyond belief."""
    charges = literal(str(folder / "charges.parquet"))
    bad = connection.execute(
        "SELECT count(*) FILTER (WHERE billed_cost IS NULL OR effective_cost IS NULL OR charge_period_start IS NULL),"
        " min(charge_period_start) < TIMESTAMP '1990-01-01' OR max(charge_period_start) > TIMESTAMP '2200-01-01'"
        f" FROM read_parquet({charges})"
    ).fetchall()[0]
    if bad[1]:
        diagnosing.odd_columns(connection, reading)
    if bad[0]:
        needed = reading.plan.needed
        findings = [found for name in needed for found in diagnosing.empty_findings(connection, reading, name)]
        raise RejectedBillError(findings)


def _periods(connection: duckdb.DuckDBPyConnection) -> dict[date, tuple[int, ...]]:
    """Return the billing periods with the files each has rows in."""
    rows = connection.execute(
        "SELECT DISTINCT billing_period, x_file_number FROM file_entry JOIN entry USING (x_entry) ORDER BY ALL"
    ).fetchall()
    periods: dict[date, tuple[int, ...]] = {}
    for period, number in rows:
        periods[period] = (*periods.get(period, ()), number)
    return periods


def _row_counts(connection: duckdb.DuckDBPyConnection, files: int) -> tuple[int, ...]:
    counts = dict(connection.execute("SELECT x_file_number, sum(x_charges) FROM combination GROUP BY ALL").fetchall())
    return tuple(int(counts.get(number, 0)) for number in range(files))
