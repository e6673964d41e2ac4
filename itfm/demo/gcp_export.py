"""Lay out Google Cloud's detailed export as BigQuery writes it: CSV, a folder per invoice month, no manifest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from itfm.core.periods import period_name
from itfm.demo import gcp_rows, usage
from itfm.demo.catalog import COST_DIGITS, QUANTITY_DIGITS
from itfm.demo.csv_lines import LineText, csv_text, decimals, texts
from itfm.demo.cur import plain
from itfm.demo.cur_lines import Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.gcp_catalog import CREDITS
from itfm.demo.gcp_rows import COLUMNS, CONTRACTED_PERCENT, VARYING
from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month, Whole

SECONDS: Final = 3_600
MARK: Final = "{amount}"


def write(
    folder: Path, month: Month, *, resources: Sequence[Resource], lines: int, random: np.random.Generator
) -> Written:
    """Write one invoice month below `folder`, which is told by exactly `lines` charges.

    :raises usage.TooFewChargesError: when they do not give each resource one charge.
    """
    counts = usage.uses(resources, lines=lines - gcp_rows.count(), age=month.age)
    place = folder / "detailed" / f"billing_period={period_name(month.first_day)}"
    text = LineText(COLUMNS, [gcp_rows.resource_values(each, month) for each in resources], VARYING)
    lines_of = _Lines(resources, month)
    with NumberedFiles(
        lambda number: place / f"{number - 1:012d}.csv.gz", header=f"{csv_text(COLUMNS)}\n".encode()
    ) as files:
        for batch in usage.batches(resources, counts, month, random):
            files.write(text.encoded(batch.template, lines_of.values(batch)), lines=len(batch))
        text.close()
        others = gcp_rows.other_values(month, billed=lines_of.billed, credited=lines_of.credited)
        rows = "".join(csv_text([row.get(name, "") for name in COLUMNS]) + "\n" for _, row in others)
        files.write(rows.encode(), lines=len(others))
    return Written(lines=lines, cost=lines_of.billed + sum(cost for cost, _ in others))


class _Lines:
    """What changes from line to line, and what all lines come to: `billed` is after credits."""

    def __init__(self, resources: Sequence[Resource], month: Month) -> None:
        given = [CREDITS.get(resource.meter.usage_type) for resource in resources]
        shown = [csv_text([gcp_rows.credit_text(each, MARK)]).split(MARK) if each else ("", "") for each in given]
        self._before, self._after = (pa.array(list(part), pa.string()) for part in zip(*shown, strict=True))
        self._per_mille = np.array([each.per_mille if each else 0 for each in given], dtype=np.int64)
        self._fee = [each.fee if each else "" for each in given]
        self._is_timed = np.array([resource.meter.operation == "seconds" for resource in resources])
        self._month = month
        self._taken: Whole = np.zeros(len(resources), dtype=np.int64)
        self.billed = 0

    @property
    def credited(self) -> dict[str, int]:
        """Return what credits took off by the SKU under which they are bought."""
        found: dict[str, int] = {fee: 0 for fee in self._fee if fee}
        for fee, taken in zip(self._fee, self._taken.tolist(), strict=True):
            if fee:
                found[fee] += taken
        return found

    def values(self, batch: Lines) -> dict[str, pa.Array]:
        """Return the changing columns of a batch, and count it."""
        cost = batch.cost * CONTRACTED_PERCENT // 100
        taken = cost * self._per_mille[batch.template] // 1_000
        np.add.at(self._taken, batch.template, taken)
        self.billed += int((cost - taken).sum())
        starts = [gcp_rows.moment(self._month, hour) for hour in range(24 * self._month.days)]
        # A day of Los Angeles has 23 or 25 hours when its clocks change; an hour has one.
        ends = [
            start + timedelta(hours=1) if batch.hours == 1 else gcp_rows.moment(self._month, hour + batch.hours)
            for hour, start in enumerate(starts)
        ]
        per_unit = np.where(self._is_timed[batch.template], SECONDS, 1)
        return {
            "usage_start_time": texts(pa.array([gcp_rows.told(start) for start in starts]), batch.hour),
            "usage_end_time": texts(pa.array([gcp_rows.told(end) for end in ends]), batch.hour),
            "cost": decimals(cost, COST_DIGITS),
            "usage.amount": decimals(batch.quantity * per_unit, QUANTITY_DIGITS),
            "usage.amount_in_pricing_units": decimals(batch.quantity, QUANTITY_DIGITS),
            "credits": self._credits(batch, taken),
            "cost_at_list": decimals(batch.list_cost, COST_DIGITS),
        }

    def _credits(self, batch: Lines, taken: Whole) -> pa.Array:
        amounts = pa.array([plain(-amount) for amount in taken.tolist()])
        before, after = texts(self._before, batch.template), texts(self._after, batch.template)
        is_credited = pa.array(self._per_mille[batch.template] > 0)
        return pc.if_else(is_credited, pc.binary_join_element_wise(before, amounts, after, ""), "[]")
