"""Write Azure's exports of actual and amortized cost, each in a folder per month, as the agreement has them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, get_args

import numpy as np
import pyarrow as pa

from itfm.demo import azure_rows, usage
from itfm.demo.azure_ids import made_up_id
from itfm.demo.azure_layouts import Export
from itfm.demo.azure_rows import CONTRACTED_PERCENT, VARYING, Agreement
from itfm.demo.catalog import COST_DIGITS, QUANTITY_DIGITS
from itfm.demo.commitments import Covered
from itfm.demo.cost_exports import Run
from itfm.demo.csv_lines import LineText, csv_text, decimals, texts
from itfm.demo.cur_lines import Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month, Whole

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def write(
    folder: Path,
    month: Month,
    *,
    resources: Sequence[Resource],
    agreement: Agreement,
    lines: int,
    random: np.random.Generator,
) -> Written:
    """Write both exports of one month below `folder`, which together tell exactly `lines` charges.

    :raises usage.TooFewChargesError: when they do not give each resource one charge.
    """
    counts = usage.uses(resources, lines=lines - azure_rows.count(agreement, month), age=month.age)
    covered, used = Covered(resources, month), 0
    actual, amortized = (_Exported(folder, export, resources, month, agreement) for export in get_args(Export))
    with actual, amortized:
        for batch in usage.batches(resources, counts, month, random):
            # What a commitment covers is bought with it: its own cost is 0.
            cost = batch.cost * CONTRACTED_PERCENT // 100
            actual.write(batch, cost)
            amortized.write(batch, cost + batch.commitment_cost)
            covered.add(batch)
            used += int(cost.sum())
        commitments = covered.commitments()
        others = azure_rows.other_values(agreement, month, used=used)
        billed = agreement.billed(used + sum(each.cost for each in commitments)) + sum(cost for cost, _ in others)
        if agreement.layout.is_rounded:
            others.append(azure_rows.rounding_values(agreement, month, billed=billed))
            billed += others[-1][0]
        both = [row for _, row in others]
        actual.write_rows([azure_rows.purchase_values(each, agreement, month) for each in commitments] + both)
        unused = [row for each in commitments for row in azure_rows.unused_values(each, agreement, month)]
        amortized.write_rows(unused + both)
    return Written(lines=lines, cost=billed)


class _Exported:
    """One export of one month: its data, and its manifest when all is written."""

    def __init__(
        self, folder: Path, export: Export, resources: Sequence[Resource], month: Month, agreement: Agreement
    ) -> None:
        self._folder, self._agreement = folder, agreement
        self._run = Run(agreement.layout.names[export], export, "2024-08-01", agreement.account, month)
        templates = [azure_rows.resource_values(each, agreement, month, export=export) for each in resources]
        self._text = LineText(agreement.layout.values, templates, VARYING)
        self._dates = pa.array([azure_rows.dated(month.first_day + timedelta(days=day)) for day in range(month.days)])
        self._is_listed = np.array([each.meter.commitment != "reservation" for each in resources])
        titles = f"{csv_text(agreement.layout.titles)}\n".encode()
        self._files = NumberedFiles(self._path, header=BYTE_ORDER_MARK + titles)
        self._rows = 0

    def _path(self, number: int) -> Path:
        if self._agreement.layout.has_manifests:
            return self._run.part(self._folder, number)
        name = f"{self._run.export}_{made_up_id(f'{self._run.id} {number}')}.csv.gz"
        return self._folder / self._run.period / name

    def __enter__(self) -> _Exported:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._text.close()
        self._files.__exit__(kind, error, at)
        if error is None and self._agreement.layout.has_manifests:
            self._run.write_manifest(self._folder, self._files.paths, rows=self._rows)

    def write(self, batch: Lines, cost: Whole) -> None:
        """Write the rows of a batch with these costs in the currency of prices."""
        listed = np.where(self._is_listed[batch.template], batch.list_cost, 0)
        rate = self._agreement.rate_percent
        values = {
            "Date": texts(self._dates, batch.hour // 24),
            "Quantity": decimals(batch.quantity, QUANTITY_DIGITS),
            "Cost": decimals(cost, COST_DIGITS),
            "CostInBillingCurrency": decimals(cost * rate // 100, COST_DIGITS),
            "PaygCost": decimals(listed, COST_DIGITS),
            "PaygCostInBillingCurrency": decimals(listed * rate // 100, COST_DIGITS),
        }
        self._files.write(self._text.encoded(batch.template, values), lines=len(batch))
        self._rows += len(batch)

    def write_rows(self, rows: Sequence[dict[str, str]]) -> None:
        """Write rows that no resource makes."""
        columns = self._agreement.layout.values
        text = "".join(csv_text([row.get(value, "") for value in columns]) + "\n" for row in rows)
        self._files.write(text.encode(), lines=len(rows))
        self._rows += len(rows)
