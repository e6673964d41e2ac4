"""Lay out the FOCUS 1.2 export of the company's second cloud, in euros: Parquet and a manifest per month. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from itfm.core.periods import next_period, period_name
from itfm.demo import cur, focus_columns, usage
from itfm.demo.catalog import COST_DIGITS, QUANTITY_DIGITS
from itfm.demo.csv_lines import decimals
from itfm.demo.cur_lines import Written
from itfm.demo.data_files import LINES_PER_FILE
from itfm.demo.fees import UNIT
from itfm.demo.focus_columns import CONTRACTED_PERCENT, SCHEMA, VARYING, Other
from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month

BUCKET: Final = "nordwolke-demo-exports"
PREFIX: Final = "focus"
EXPORT: Final = "meridian-focus-1-2"
OTHERS: Final = 5
VAT_PERCENT: Final = 19


def write(
    folder: Path, resources: Sequence[Resource], month: Month, *, lines: int, random: np.random.Generator
) -> Written:
    """Write one month's delivery of exactly `lines` charges below `folder`.

    :raises usage.TooFewChargesError: when they do not give each resource one charge.
    """
    partition = f"BILLING_PERIOD={period_name(month.first_day)}"
    root = folder / PREFIX / EXPORT
    counts = usage.uses(resources, lines=lines - OTHERS, age=month.age)
    shared = pa.Table.from_pylist([focus_columns.resource_values(item, month) for item in resources], schema=SCHEMA)
    billed = 0
    with _ParquetFiles(root / "data" / partition) as files:
        for batch in usage.batches(resources, counts, month, random):
            contracted = batch.cost * CONTRACTED_PERCENT // 100
            billed += int(contracted.sum())
            files.write(_charges(shared, batch, contracted, month))
        others = _others(billed)
        rows: list[dict[str, Any]] = [focus_columns.other_values(other, month) for other in others]
        files.write(pa.Table.from_pylist(rows, schema=SCHEMA))
    keys = [path.relative_to(folder).as_posix() for path in files.paths]
    manifest = root / "metadata" / partition / f"{EXPORT}-Manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(_manifest(month, keys), indent=2) + "\n", encoding="utf-8")
    return Written(lines=lines, cost=billed + sum(other.cost for other in others))


class _ParquetFiles:
    """The data files of one delivery, of at most a million charges each."""

    def __init__(self, folder: Path) -> None:
        self.paths: list[Path] = []
        self._folder = folder
        self._writer: Any = None
        self._lines = 0

    def __enter__(self) -> _ParquetFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, charges: pa.Table) -> None:
        if self._writer is None or self._lines + len(charges) > LINES_PER_FILE:
            self.__exit__(None, None, None)
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{EXPORT}-{len(self.paths) + 1:05d}.snappy.parquet"
            self._writer = pq.ParquetWriter(path, SCHEMA, compression="snappy")
            self._lines = 0
            self.paths.append(path)
        self._writer.write_table(charges)
        self._lines += len(charges)


def _charges(shared: pa.Table, batch: Lines, contracted: usage.Whole, month: Month) -> pa.Table:
    moments = pa.array(
        [focus_columns.moment(month, hour) for hour in range(24 * month.days + 1)], VARYING["ChargePeriodStart"]
    )
    cost = decimals(contracted, COST_DIGITS)
    quantity = decimals(batch.quantity, QUANTITY_DIGITS)
    varying = {
        "BilledCost": cost,
        "ChargePeriodEnd": pc.take(moments, pa.array(batch.hour + batch.hours)),
        "ChargePeriodStart": pc.take(moments, pa.array(batch.hour)),
        "ConsumedQuantity": quantity,
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "ListCost": decimals(batch.list_cost, COST_DIGITS),
        "PricingQuantity": quantity,
    }
    index = pa.array(batch.template)
    columns = [varying[name] if name in varying else pc.take(shared.column(name), index) for name in SCHEMA.names]
    return pa.table(columns, schema=SCHEMA)


def _others(billed: int) -> list[Other]:
    """Return support, a credit, two corrections and the tax on all of it."""
    cent = UNIT // 100
    support = 4_200 * UNIT + billed // 60 // cent * cent
    before_tax = [
        Other("Purchase", "Nordwolke Premium Support, monthly", support, "Nordwolke Support", "Other", "Recurring"),
        Other("Credit", "Demo loyalty credit", -(billed // 75 // cent * cent), "Nordwolke Virtual Machines", "Compute"),
    ]
    before_tax += [
        Other("Usage", f"Correction of usage, case {number}", -(number * 87 * UNIT), "Nordwolke Object Store",
              "Storage", is_correction=True)
        for number in (1, 2)
    ]  # fmt: skip
    taxed = billed + sum(other.cost for other in before_tax)
    tax = taxed * VAT_PERCENT // 100 // cent * cent
    return [*before_tax, Other("Tax", "Value added tax 19 %", tax, "Nordwolke Tax", "Other")]


def _manifest(month: Month, keys: list[str]) -> dict[str, object]:
    return {
        "exportName": EXPORT,
        "executionId": f"{period_name(month.first_day)}-final",
        "focusVersion": "1.2",
        "billingPeriod": {"start": cur.moment(month.first_day), "end": cur.moment(next_period(month.first_day))},
        "columns": [{"name": field.name, "type": str(field.type)} for field in SCHEMA],
        "dataFiles": [f"s3://{BUCKET}/{key}" for key in keys],
    }
