"""Queries of a billing export, each held to a bound before it runs. Pure but for the asking.

On demand, BigQuery charges for the bytes of the columns and parts of a table that a query reads; a dry run tells them
for nothing (https://cloud.google.com/bigquery/docs/estimate-costs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import structlog

from ingestion.delivery.stores import DeliveryError
from ingestion.gcp.exports import PARTITION, Export
from ingestion.gcp.patience import patience
from ingestion.gcp.settings import GIB, BigQuerySettings

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, SchemaField

logger = structlog.get_logger(__name__)
USD_PER_TIB: Final = Decimal("6.25")
"""What a TiB read on demand costs in the multi-region US, https://cloud.google.com/bigquery/pricing; others differ, and
the first TiB of a month is free."""
TIB: Final = 1 << 40
PAGE_ROWS: Final = 10_000
WAITS: Final = 10
"""How many times as long as for an answer a query is waited for."""


@dataclass(frozen=True)
class Scan:
    """How much a query reads."""

    bytes: int

    @property
    def usd(self) -> Decimal:
        """What that costs on demand, at the list price."""
        return self.bytes * USD_PER_TIB / TIB

    def __str__(self) -> str:
        amount, unit = Decimal(self.bytes), "bytes"
        for larger in ("KiB", "MiB", "GiB", "TiB"):
            if amount < 1024:
                break
            amount, unit = amount / 1024, larger
        size = f"{self.bytes} bytes" if unit == "bytes" else f"{amount:,.1f} {unit}"
        return f"{size}, {self.usd:.6f} USD on demand"


@dataclass(frozen=True, kw_only=True)
class Month:
    """The rows of an invoice month. `month` is six digits as told, None where rows name none."""

    month: str | None
    row_count: int
    exported_at: datetime | None
    currency: str | None


@dataclass(frozen=True)
class Query:
    """Asks an export as a source's settings say."""

    client: Client
    settings: BigQuerySettings
    export: Export

    def months(self, first: date) -> tuple[tuple[Month, ...], Scan]:
        """Return the months from `first` on, by month, and what it took to see them."""
        form = self.export.form
        sql = (
            f"SELECT {form.month} AS invoice_month, COUNT(*) AS row_count, MAX({form.exported}) AS exported_at,"
            f" MIN({form.currency}) AS currency FROM `{self.export.table}`"
            f" WHERE ({form.month} >= '{first:%Y%m}' OR {form.month} IS NULL){self._since(first)}"
            " GROUP BY invoice_month ORDER BY invoice_month"
        )
        scan = self._held(sql, what="Looking for months")
        months = [
            Month(month=row[0], row_count=row[1], exported_at=row[2], currency=row[3])
            for page in self._pages(sql)
            for row in page
        ]
        return tuple(months), scan

    def rows_of(self, month: date) -> tuple[Sequence[SchemaField], Iterator[list[Any]]]:
        """Return the columns of an invoice month and its rows, page by page.

        :raises DeliveryError: scan_too_large, or answer_unreadable where pages lack rows.
        """
        sql = self._month_sql(month, self._parts_of(month))
        self._held(sql, what=f"Reading {month:%Y-%m}")
        found = self._ask(sql)
        return found.schema, self._counted(found)

    def scan_of(self, month: date) -> Scan:
        """Return how much reading an invoice month takes, at most."""
        return Scan(self._estimated(self._month_sql(month, self._since(month))))

    def _month_sql(self, month: date, parts: str) -> str:
        return f"SELECT * FROM `{self.export.table}` WHERE {self.export.form.month} = '{month:%Y%m}'{parts}"

    def _parts_of(self, month: date) -> str:
        """Return the condition that reads no more parts of the table than rows of the month came in."""
        if not self.export.is_in_parts:
            return ""
        sql = (
            f"SELECT MIN({PARTITION}) AS first_part, MAX({PARTITION}) AS last_part FROM `{self.export.table}`"
            f" WHERE {self.export.form.month} = '{month:%Y%m}'{self._since(month)}"
        )
        self._held(sql, what=f"Looking for the parts of {month:%Y-%m}")
        ((first, last),) = [row for page in self._pages(sql) for row in page]
        if first is None:
            return self._since(month)
        return f" AND ({PARTITION} BETWEEN {_moment(first)} AND {_moment(last)} OR {PARTITION} IS NULL)"

    def _since(self, month: date) -> str:
        """Return the condition that leaves out the parts written before any row of a month could be.

        A row is exported after its invoice month began; a month more allows for zones and tables in parts by month.
        Rows that were just written are in no part yet.
        """
        if not self.export.is_in_parts:
            return ""
        before = (month - timedelta(days=1)).replace(day=1)
        return f" AND ({PARTITION} >= TIMESTAMP '{before:%Y-%m-%d} 00:00:00+00' OR {PARTITION} IS NULL)"

    def _held(self, sql: str, *, what: str) -> Scan:
        """Return how much a query reads, once it is known to be within the bound."""
        scan = Scan(self._estimated(sql))
        if scan.bytes > self.settings.most_bytes:
            raise DeliveryError(
                "scan_too_large",
                f"{what} would scan {scan.bytes / GIB:,.1f} GiB of {self.export.table} ({scan.usd:.2f} USD on demand),"
                f" more than the {self.settings.most_gib:,} GiB that a query may. Raise the bound, or read from a later"
                " month on.",
            )
        logger.info(
            "bigquery.scan", what=what, table=self.export.table, bytes=scan.bytes, usd_on_demand=f"{scan.usd:.6f}"
        )
        return scan

    def _estimated(self, sql: str) -> int:
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig(dry_run=True, use_query_cache=False)
        job = self.client.query(sql, job_config=config, **self._terms())
        return int(job.total_bytes_processed or 0)

    def _ask(self, sql: str) -> Any:
        from google.cloud.bigquery import QueryJobConfig

        return self.client.query_and_wait(
            sql,
            job_config=QueryJobConfig(maximum_bytes_billed=self.settings.most_bytes),
            page_size=PAGE_ROWS,
            wait_timeout=self.settings.reach.read_seconds * WAITS,
            **self._terms(),
        )

    def _terms(self) -> dict[str, Any]:
        """Return where a query runs and how it is repeated.

        Jobs that fail are left to the next pull: the library would start them anew for up to 40 minutes.
        """
        return {"location": self.export.location, "retry": patience(self.settings.reach), "job_retry": None}

    def _pages(self, sql: str) -> Iterator[list[Any]]:
        return self._counted(self._ask(sql))

    def _counted(self, found: Any) -> Iterator[list[Any]]:
        """Yield the rows of each page and hold them to as many as the result has."""
        count = 0
        for page in found.pages:
            rows = [row.values() for row in page]
            count += len(rows)
            yield rows
        if count != found.total_rows:
            raise DeliveryError(
                "answer_unreadable",
                f"BigQuery told {count:,} of {found.total_rows:,} rows of {self.export.table}. Pull again.",
            )


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}+00'"
