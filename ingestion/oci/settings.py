"""What a source of Oracle's reports is told. Pure but for the clock."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from ingestion.amortization import calendar
from ingestion.amortization.settings import Month
from ingestion.delivery import BucketSettings

MONTHS_KEPT: Final = 12
"""Oracle deletes reports after a year (Cost Reports, How Cost Reports Work): so many months are whole in its bucket."""


class OciSettings(BucketSettings):
    """A source of Oracle's reports.

    Oracle's bucket is named by the OCID of the tenancy, which is longer than S3 permits, but not its clients.
    `first_month` keeps a month whose reports are no longer all there from being told anew by those that are left.
    """

    bucket: Annotated[str, Field(min_length=3, max_length=255, pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    first_month: Month | None = Field(
        default=None,
        title="First month",
        description="The first to count of cost reports, for example 2026-01. Left empty, of a bucket the last twelve"
        " months, as Oracle deletes reports after a year; of a folder all.",
    )

    def counted_from(self) -> str | None:
        """Return the first month that counts, such as `2026-01`; None when all do."""
        if self.first_month or self.path:
            return self.first_month
        this_month = calendar.month_of(calendar.today())
        return f"{calendar.month_after(this_month, months=1 - MONTHS_KEPT):%Y-%m}"


def basis(settings: OciSettings) -> str:
    """Return what the charges depend on besides the files."""
    first = settings.counted_from()
    return f"charges from {first}" if first else ""
