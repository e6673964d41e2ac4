"""Bills that a provider's API tells: a table for each month, written as it is asked for. Pure but for the network.

What is archived is a CSV of the fields of the answers, each number as it was written there.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, BinaryIO, ClassVar, Final, Generic, Self, TypeVar

from pydantic import Field, model_validator

from ingestion.delivery.contents import DeliveredFile, Delivery
from ingestion.delivery.manifests import find_deliveries
from ingestion.delivery.places import open_store
from ingestion.delivery.settings import Endpoint, SourceSettings
from ingestion.delivery.stores import Store
from itfm.core.periods import next_period

SETTLED: Final = timedelta(days=45)
"""This long after its end no provider changes a month any more, and it is not asked for again."""
SETTLED_VERSION: Final = "settled"
SPOOLED_BYTES: Final = 8 << 20
Record = Mapping[str, Any]
"""A row by column. Values are text, `int`, `Decimal`, bool, a list or object of these, or None."""


class ServiceSettings(SourceSettings):
    """A source that asks a provider's API; with `path` it reads a file that holds the same columns instead."""

    home: ClassVar[str] = ""
    """The address of the provider's own API; settings may stand in it in braces."""

    first_month: Annotated[str, Field(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")] | None = Field(
        default=None,
        title="First month",
        description="The first to read, for example 2026-01. Left empty, the last 13 are read.",
    )
    endpoint_url: Endpoint = Field(
        default=None,
        title="Endpoint",
        description="Only where the service is reached by another address than its own, such as a proxy of yours.",
    )

    @property
    def base(self) -> str:
        """The address of the provider's own API for these settings."""
        return self.home.format_map(dict(self))

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        lacking = [self.title(name) for name in self.needed if getattr(self, name) is None]
        if self.path is None and lacking:
            raise ValueError(f"Give a folder, or {' and '.join(lacking)}.")
        return self


Settings = TypeVar("Settings", bound=ServiceSettings)


@dataclass(frozen=True)
class Service(Generic[Settings]):
    """How a kind asks its API. `columns` are those of the table; `read` yields the records of the month it is given.

    `read` raises DeliveryError when the API does not answer. A month that is not over has records up to now.
    """

    columns: tuple[str, ...]
    read: Callable[[Settings, date], Iterable[Record]]

    def open(self, settings: Settings) -> Store:
        """Return the folder named in the settings, else the API as a place of files."""
        return open_store(settings) if settings.path else ServiceStore(self, settings, _today())

    def discover(self, settings: Settings) -> tuple[Delivery, ...]:
        """Return a delivery for each month, once the API has answered.

        :raises DeliveryError: it does not.
        """
        if settings.path:
            return find_deliveries(open_store(settings))
        store = ServiceStore(self, settings, _today())
        # The month of yesterday: on the first of a month there is nothing to ask of it yet.
        tried = (store.today - timedelta(days=1)).replace(day=1)
        next(iter(self.read(settings, tried)), None)
        return tuple(
            Delivery(
                name=file.path,
                manifest="none",
                billing_period=month,
                files=(file,),
                is_asked_for=True,
            )
            for month, file in zip(store.months(), store.files(), strict=True)
        )


@dataclass(frozen=True)
class ServiceStore(Generic[Settings]):
    """An API as a place that holds a file for each month."""

    service: Service[Settings]
    settings: Settings
    today: date

    def months(self) -> tuple[date, ...]:
        """Return the first days of the months to read, up to the present one."""
        return months_to_read(self.settings.first_month, today=self.today)

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return a file for each month; how long it is shows when it is read."""
        return tuple(
            DeliveredFile(path=f"{month:%Y-%m}.csv", size=None, version=month_version(month, today=self.today))
            for month in self.months()
        )

    @contextmanager
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:  # noqa: ARG002 - it is asked for as it is
        """Ask for a month and open what was answered."""
        month = date.fromisoformat(f"{path.removesuffix('.csv')}-01")
        with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as spool:
            text = io.TextIOWrapper(spool, encoding="utf-8", newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(self.service.columns)
            for record in self.service.read(self.settings, month):
                writer.writerow([plain_text(record.get(column)) for column in self.service.columns])
            text.flush()
            text.detach()
            spool.seek(0)
            # It reads like a binary file without being declared as one.
            yield spool  # type: ignore[misc]


def months_to_read(first_month: str | None, *, today: date) -> tuple[date, ...]:
    """Return the first days of the months from one such as `2026-01` up to the present; without it, of the last 13."""
    last = today.replace(day=1)
    first = date.fromisoformat(f"{first_month}-01") if first_month else date(last.year - 1, last.month, 1)
    months = [min(first, last)]
    while months[-1] < last:
        months.append(next_period(months[-1]))
    return tuple(months)


def month_version(month: date, *, today: date) -> str:
    """Return the version of a month that a service tells: one for good once it is settled, none before."""
    return SETTLED_VERSION if next_period(month) + SETTLED <= today else ""


def plain_text(value: Any) -> str:
    """Return a value of JSON as text of a CSV: numbers with all their digits, lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain_text)
    return str(value)


def _today() -> date:
    return datetime.now(UTC).date()
