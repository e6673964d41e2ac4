"""How a kind of source tells what its provider recommends to save cost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from ingestion.delivery import ArchivedFile, DeliveredFile, Store
from ingestion.normalize.contents import Limits

FILE: Final = "recommendations.parquet"
"""The one file of a list, with these columns, whatever its provider."""
TEXTS: Final = (
    "recommendation_id",
    "sub_account_id",
    "sub_account_name",
    "resource_id",
    "resource_type",
    "region_id",
    "action",
    "current_summary",
    "recommended_summary",
    "recommended_resource_type",
    "told_by",
    "implementation_effort",
    "restart_needed",
    "rollback_possible",
    "tags",
    "currency",
)
AMOUNTS: Final = ("estimated_monthly_cost", "estimated_monthly_savings", "estimated_monthly_savings_before_discount")
"""`DECIMAL(38,18)` in the currency of the row."""


@dataclass(frozen=True, kw_only=True)
class FoundList:
    """The files of the newest list of recommendations; `missing` are those that its manifest names and are not there.

    `told_on` is the day that it is of, None where its folder does not tell.
    """

    files: tuple[DeliveredFile, ...]
    missing: tuple[str, ...] = ()
    told_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class WrittenList:
    """A list as it was written: rows of each file, recommendations, and by currency the monthly savings they sum to.

    `refreshed_on` is the day of its newest recommendation, None where none says when it was made.
    """

    row_counts: tuple[int, ...]
    count: int
    savings: Mapping[str, Decimal]
    refreshed_on: date | None = None


class IsList(Protocol):
    """Tell a file that is such a list from a bill, by its columns."""

    def __call__(self, file: Path, *, limits: Limits) -> bool: ...


class WriteList(Protocol):
    """Turn the files of a list into one Parquet file."""

    def __call__(self, files: list[ArchivedFile], *, output: Path, limits: Limits) -> WrittenList:
        """:raises RejectedBillError: something is wrong with the files."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recommending:
    """Where a source's recommendations are: `open` gives their place, None where its settings name none.

    `find` returns the newest list there, None where there is none yet; it raises DeliveryError where the place cannot
    be read. `is_list` tells of one file that it is a list rather than a bill. `columns` are, by column of a list, the
    columns of the provider's that it is read from.
    """

    open: Callable[[Any], Store | None]
    find: Callable[[Store], FoundList | None]
    write: WriteList
    is_list: IsList
    columns: Mapping[str, str]
