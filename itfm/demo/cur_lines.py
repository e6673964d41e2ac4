"""Write the lines of one AWS report and month, whatever its layout. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from itfm.demo import cur, fees, usage
from itfm.demo.catalog import COST_DIGITS, QUANTITY_DIGITS
from itfm.demo.csv_lines import LineText, csv_text, decimals, texts
from itfm.demo.cur import Payer
from itfm.demo.data_files import NumberedFiles
from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Layout:
    """How a kind of report is laid out: each header with the column it holds, and what a line adds to the columns."""

    columns: Sequence[tuple[str, str]]
    completed: Callable[[dict[str, str]], dict[str, str]]

    def header(self) -> str:
        """Return the first line."""
        return csv_text([header for header, _ in self.columns]) + "\n"


@dataclass(frozen=True)
class Report:
    """One AWS source: who pays, for what, in which layout."""

    payer: Payer
    resources: Sequence[Resource]
    layout: Layout


@dataclass(frozen=True)
class Written:
    """What one delivery holds; `cost` is the sum of billed cost in 10^-12 units of its currency."""

    lines: int
    cost: int


def write(report: Report, month: Month, *, lines: int, files: NumberedFiles, random: np.random.Generator) -> Written:
    """Write exactly `lines` lines, the fees last.

    :raises usage.TooFewChargesError: when they do not give each resource one line.
    """
    tally = fees.Tally(report.resources, month)
    counts = usage.uses(report.resources, lines=lines - fees.count(tally, month), age=month.age)
    names = [column for _, column in report.layout.columns]
    templates = [
        report.layout.completed(cur.template_values(resource, kind, report.payer, month))
        for resource in report.resources
        for kind in usage.kinds(resource)
    ]
    text = LineText(names, templates, cur.VARYING)
    written = 0
    for batch in usage.batches(report.resources, counts, month, random):
        tally.add(batch)
        files.write(text.encoded(batch.template, _values(batch, month, written)), lines=len(batch))
        written += len(batch)
    text.close()
    made = fees.fees(tally, report.payer, month)
    files.write(_fee_text(made, report, month, written).encode(), lines=len(made))
    return Written(lines=written + len(made), cost=tally.billed + sum(fee.cost for fee in made))


def _values(batch: Lines, month: Month, written: int) -> dict[str, pa.Array]:
    """Return the columns that change from line to line."""
    hours = range(24 * month.days + 1)
    moments = pa.array([cur.moment(month.first_day, hour) for hour in hours])
    intervals = pa.array([cur.interval(month.first_day, hour, hour + batch.hours) for hour in hours])
    # Reserved use alone costs nothing, and only a negation costs less: its commitment is with the covered line.
    reserved = decimals(np.where(batch.cost == 0, batch.commitment_cost, 0), COST_DIGITS)
    planned = decimals(np.where(batch.cost > 0, batch.commitment_cost, 0), COST_DIGITS)
    return {
        "identity_line_item_id": line_ids(written, len(batch)),
        "identity_time_interval": texts(intervals, batch.hour),
        "line_item_usage_start_date": texts(moments, batch.hour),
        "line_item_usage_end_date": texts(moments, batch.hour + batch.hours),
        "line_item_usage_amount": decimals(batch.quantity, QUANTITY_DIGITS),
        "line_item_unblended_cost": decimals(batch.cost, COST_DIGITS),
        "pricing_public_on_demand_cost": decimals(batch.list_cost, COST_DIGITS),
        "savings_plan_savings_plan_effective_cost": planned,
        "reservation_effective_cost": reserved,
        "reservation_recurring_fee_for_usage": reserved,
    }


def line_ids(first: int, count: int) -> pa.Array:
    """Return ids that differ from each other and look like no counter."""
    spread = (np.arange(first + 1, first + count + 1, dtype=np.uint64) * _SPREAD).tolist()
    return pa.array([f"{number:016x}" for number in spread])


def _fee_text(made: Sequence[cur.Fee], report: Report, month: Month, written: int) -> str:
    ids = line_ids(written, len(made)).to_pylist()
    rows = []
    for line_id, fee in zip(ids, made, strict=True):
        values = report.layout.completed(cur.fee_values(fee, report.payer, month)) | {"identity_line_item_id": line_id}
        rows.append(csv_text([values.get(column, "") for _, column in report.layout.columns]) + "\n")
    return "".join(rows)
