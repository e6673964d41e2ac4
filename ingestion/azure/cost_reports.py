"""Reports of Cost Management as a place of files: of each month one for actual and one for amortized cost.

Pure but for the network. A report comes in several files, of which how many is known only once it is made; they are
archived as one, in their order, the titles of the first standing for all.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO, Any, BinaryIO, Final

from ingestion.azure.cost_management import CostManagementSettings, Metric, Part, report, spent_so_far
from ingestion.azure.exports import export_named
from ingestion.delivery import DeliveredFile, Delivery, DeliveryError
from ingestion.delivery.azure_access import private_address
from ingestion.delivery.azure_blob import reading
from ingestion.delivery.reach import PrivateAddressError
from ingestion.delivery.services import SPOOLED_BYTES, month_version, months_to_read
from ingestion.focus.findings import Finding

CHUNK_BYTES: Final = 1 << 20
LONGEST_TITLES: Final = 1 << 20
GZIP: Final = b"\x1f\x8b"
BOM: Final = b"\xef\xbb\xbf"
NO_CHARGES: Final = b"CostInBillingCurrency,BillingCurrencyCode,BillingPeriodStartDate,ChargeType,Date,PricingModel\n"
"""The file of a month of which Azure says that nothing was charged."""


def discover(settings: CostManagementSettings) -> tuple[Delivery, ...]:
    """Return a delivery for each month, once the service has said what the scope costs.

    :raises DeliveryError: it does not answer.
    """
    store = ReportStore(settings, datetime.now(UTC).date())
    seen = _note("scope_seen", spent_so_far(settings))
    months = store.months()
    deliveries = [
        Delivery(
            name=f"{month:%Y-%m}",
            manifest="none",
            billing_period=month,
            files=store.files_of(month),
            notes=(seen, *store.left_out()) if month == months[-1] else (),
            is_asked_for=True,
        )
        for month in months
    ]
    return tuple(deliveries)


def _note(code: str, message: str) -> Finding:
    return Finding(code=code, severity="info", message=message)


@dataclass(frozen=True)
class ReportStore:
    """The reports of a scope as they would be made today."""

    settings: CostManagementSettings
    today: date

    def months(self) -> tuple[date, ...]:
        """Return the first days of the months to read: none that is older than reports go back."""
        wanted = months_to_read(self.settings.first_month, today=self.today)
        return tuple(month for month in wanted if month >= self._earliest)

    def left_out(self) -> tuple[Finding, ...]:
        """Return what to say of months that are asked for in vain."""
        wanted = months_to_read(self.settings.first_month, today=self.today)
        if wanted[0] >= self._earliest:
            return ()
        return (
            _note(
                "months_too_old",
                f"Azure makes reports of the last 13 months: {wanted[0]:%Y-%m} and others before"
                f" {self._earliest:%Y-%m} are not read. Export them to a container once.",
            ),
        )

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return the files of all months; how long each is shows when it is read."""
        return tuple(file for month in self.months() for file in self.files_of(month))

    def files_of(self, month: date) -> tuple[DeliveredFile, ...]:
        """Return the files of a month."""
        return tuple(
            DeliveredFile(
                path=f"{month:%Y-%m}/{metric}.csv",
                size=None,
                version=month_version(month, today=self.today),
                dataset=export_named(metric) or "",
            )
            for metric in self.settings.metrics
        )

    @contextmanager
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:  # noqa: ARG002 - it is made as it is asked for
        """Let the report be made and open it."""
        name, _, file = path.partition("/")
        metric: Metric = "AmortizedCost" if file == "AmortizedCost.csv" else "ActualCost"
        month = date.fromisoformat(f"{name}-01")
        parts = report(self.settings, month, metric=metric, today=self.today)
        with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as whole:
            titles = b""
            for number, part in enumerate(parts, start=1):
                called = f"{path}, part {number} of {len(parts)}"
                titles = _append(self.settings, part, to=whole, titles=titles, called=called)
            if not titles:
                whole.write(NO_CHARGES)
            whole.seek(0)
            # It reads like a binary file without being declared as one.
            yield whole  # type: ignore[misc]

    @property
    def _earliest(self) -> date:
        """The month of a year ago: of any earlier one, the first day is more than 13 months away on some day."""
        return date(self.today.year - 1, self.today.month, 1)


def _append(settings: CostManagementSettings, part: Part, *, to: IO[bytes], titles: bytes, called: str) -> bytes:
    """Write a part behind those that are there, without its titles but for the first, and return the titles."""
    with tempfile.TemporaryFile() as kept:
        _fetch(settings, part, to=kept, called=called)
        kept.seek(0)
        is_packed = kept.read(2) == GZIP
        kept.seek(0)
        try:
            with gzip.open(kept) if is_packed else kept as rows:
                own = rows.readline(LONGEST_TITLES)
                if not titles:
                    to.write(own)
                elif _bare(own) != _bare(titles):
                    raise DeliveryError(
                        "answer_unreadable", f"{called} has other columns than the first. It is asked for again later."
                    )
                else:
                    _end_line(to)
                shutil.copyfileobj(rows, to, CHUNK_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DeliveryError("answer_unreadable", f"{called} is damaged. It is asked for again later.") from error
    return titles or own


def _end_line(file: IO[bytes]) -> None:
    """Let what is written next stand on a line of its own."""
    file.seek(-1, os.SEEK_END)
    if file.read(1) != b"\n":
        file.write(b"\n")


def _bare(titles: bytes) -> bytes:
    return titles.removeprefix(BOM).strip()


def _fetch(settings: CostManagementSettings, part: Part, *, to: IO[bytes], called: str) -> None:
    """Write a part's bytes as they are stored.

    :raises DeliveryError: it cannot be read, or is not as long as was told.
    """
    from azure.core.exceptions import AzureError
    from azure.storage.blob import BlobClient

    if not part.link.startswith("https://"):
        raise DeliveryError("answer_unreadable", f"{called} has no address that begins with https://.")
    try:
        # The right to read it is in the address; no token goes there.
        with BlobClient.from_blob_url(part.link, **reading(settings)) as blob:
            stream = blob.download_blob(max_concurrency=1, decompress=False)
            while chunk := stream.read(CHUNK_BYTES):
                to.write(chunk)
    except (AzureError, PrivateAddressError, ValueError) as error:
        raise _unread(error, called=called) from error
    if part.size is not None and to.tell() != part.size:
        raise DeliveryError(
            "changed", f"{called} should be {part.size:,} bytes and was {to.tell():,}. It is asked for again later."
        )


def _unread(error: Any, *, called: str) -> DeliveryError:
    if hidden := private_address(error):
        return hidden
    status = getattr(error, "status_code", None)
    what = f"Azure answered {status}" if status else type(error).__name__
    return DeliveryError("unreachable", f"{called} could not be read ({what}). It is asked for again later.")
