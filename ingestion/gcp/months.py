"""A billing export in BigQuery as a place that holds a file for each invoice month. Pure but for the network.

A month has changed when rows of it were exported since, or their number is another: Google only ever adds rows
(`export_time` in https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Final

from ingestion.delivery.contents import DeliveredFile, Delivery
from ingestion.delivery.manifests import find_deliveries
from ingestion.delivery.places import open_store
from ingestion.delivery.stores import Store
from ingestion.focus.findings import Finding
from ingestion.gcp.exports import Export, find_export
from ingestion.gcp.queries import Month, Query, Scan
from ingestion.gcp.settings import BigQuerySettings

MONTH: Final = r"^(19|20)\d{2}(0[1-9]|1[0-2])$"
ENDING: Final = ".parquet"


def open_export(settings: BigQuerySettings) -> Store:
    """Return the folder named in the settings, else the export as a place of files."""
    return open_store(settings) if settings.path else MonthStore(settings)


def discover(settings: BigQuerySettings) -> tuple[Delivery, ...]:
    """Return a delivery for each invoice month that the export has.

    :raises DeliveryError: it cannot be read.
    """
    if settings.path:
        return find_deliveries(open_store(settings))
    # Google's libraries take a second to load.
    from ingestion.gcp.access import open_client

    with open_client(settings) as client:
        export = find_export(client, settings)
        query = Query(client, settings, export)
        told, scan = query.months(_first_month(settings, today=datetime.now(UTC).date()))
        months = [month for month in told if re.match(MONTH, month.month or "")]
        if not months:
            return ()
        reading = query.scan_of(_day(months[-1]))
    deliveries = [_delivery(month) for month in months]
    strays = [month for month in told if month not in months]
    deliveries[-1] = replace(
        deliveries[-1],
        seen=_seen(export, months[-1], looking=scan, reading=reading),
        notes=tuple(_stray(month, export) for month in strays),
    )
    return tuple(deliveries)


@dataclass(frozen=True)
class MonthStore:
    """The months of an export as files."""

    settings: BigQuerySettings

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return a file for each month; how long it is shows when it is read."""
        return tuple(file for delivery in discover(self.settings) for file in delivery.files)

    @contextmanager
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:  # noqa: ARG002 - it is asked for as it is
        """Read a month and open what was told."""
        from ingestion.gcp.access import open_client
        from ingestion.gcp.rows import columns_of, write_sorted

        month = date.fromisoformat(f"{path.removesuffix(ENDING)}-01")
        with tempfile.TemporaryDirectory() as folder:
            with open_client(self.settings) as client:
                query = Query(client, self.settings, find_export(client, self.settings))
                schema, pages = query.rows_of(month)
                written = write_sorted(columns_of(schema), pages, folder=Path(folder))
            with written.open("rb") as stream:
                yield stream


def _first_month(settings: BigQuerySettings, *, today: date) -> date:
    if settings.first_month:
        return date.fromisoformat(f"{settings.first_month}-01")
    return date(today.year - 1, today.month, 1)


def _day(month: Month) -> date:
    text = month.month or ""
    return date(int(text[:4]), int(text[4:]), 1)


def _delivery(month: Month) -> Delivery:
    first = _day(month)
    version = f"{month.exported_at.isoformat() if month.exported_at else ''} {month.row_count}"
    file = DeliveredFile(path=f"{first:%Y-%m}{ENDING}", size=None, version=version)
    return Delivery(name=file.path, manifest="none", billing_period=first, files=(file,), is_asked_for=True)


def _seen(export: Export, last: Month, *, looking: Scan, reading: Scan) -> tuple[tuple[str, str], ...]:
    """Return what a test of the connection tells besides the months."""
    return (
        ("Table", f"{export.table}, the {export.form.name} export, in {export.location}"),
        (f"Rows of {_day(last):%Y-%m}", f"{last.row_count:,}"),
        ("Last export", f"{last.exported_at:%Y-%m-%d %H:%M} UTC" if last.exported_at else "unknown"),
        ("Currency", last.currency or "none"),
        ("Looking for months scans", str(looking)),
        (f"Reading {_day(last):%Y-%m} scans", f"at most {reading}"),
    )


def _stray(month: Month, export: Export) -> Finding:
    return Finding(
        code="month_missing",
        severity="warning",
        message=f"{month.row_count:,} rows of {export.table} are of the invoice month {month.month or 'none'}, which is"
        " no month such as 202610, and were left out.",
    )
