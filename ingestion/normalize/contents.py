"""What normalizing takes and gives. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from ingestion.focus.findings import Finding
from ingestion.focus.mapped_regions import MappedRegion
from ingestion.focus.mapped_services import MappedService


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one import may use; sizes in bytes. A file beyond them is refused.

    `inflated_size` and `inflation_ratio` hold for gzip and for what a Parquet file says its columns take; a Parquet
    file may repeat a long text at next to no bytes, so the engine also counts the text of all its rows.
    """

    temp_folder: Path
    memory: int = 1 << 30
    threads: int = 2
    inflated_size: int = 200 << 30
    inflation_ratio: int = 1000
    cell_length: int = 1 << 20
    row_length: int = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Step:
    """What normalizing does now; `ratio` is the done part, 0 to 1."""

    name: str
    ratio: Decimal


Progress = Callable[[Step], None]


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums in one currency over a bill's charges.

    `source` is the amount that is billed as summed straight from the delivered files; it equals `billed_cost`.
    `list_cost` and `contracted_cost` leave out charges that have none.
    """

    source: Decimal
    billed_cost: Decimal
    effective_cost: Decimal
    list_cost: Decimal
    contracted_cost: Decimal


@dataclass(frozen=True, kw_only=True)
class OtherBill:
    """The bill in force of another source, beside which a delivery is read; `source` is its key."""

    source: str
    name: str
    billing_period: date
    charges: Path


@dataclass(frozen=True, kw_only=True)
class NormalizedBill:
    """One billing period of a delivery, as `charges.parquet`, `attribute_sets.parquet` and `daily.parquet` in `folder`.

    `billing_period` is its first day; `totals` go by currency. `charges_through` is the date of its latest charge of
    use for a day at most, None without one: what is told by the month does not say how far it reaches.
    `mapped_services` and `mapped_regions` are the organization's own that some charge has.
    """

    billing_period: date
    folder: Path
    row_count: int
    charges_through: date | None
    totals: Mapping[str, Totals]
    mapped_services: tuple[MappedService, ...] = ()
    mapped_regions: tuple[MappedRegion, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NormalizedDelivery:
    """The bills found in a delivery, by period. `row_counts` are the data rows of each file, in the order given."""

    bills: tuple[NormalizedBill, ...]
    row_counts: tuple[int, ...]
    findings: tuple[Finding, ...]
