"""Write the charges of one month in FOCUS 1.2 as CSV, whoever bills and wherever the files lie. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from itfm.demo import cur, focus_bills, usage
from itfm.demo.catalog import COST_DIGITS, QUANTITY_DIGITS
from itfm.demo.commitments import Covered, kinds_of
from itfm.demo.csv_lines import LineText, csv_text, decimals, texts
from itfm.demo.cur_lines import Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.focus_bills import Biller
from itfm.demo.focus_columns import Other
from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month


@dataclass(frozen=True)
class FocusBill:
    """A bill: who writes it, for which resources, and what it holds besides use and commitments.

    `others` says that of what all of these bill, in 10^-12 currency units, and always gives `other_count` charges.
    """

    biller: Biller
    resources: Sequence[Resource]
    others: Callable[[int], list[Other]]
    other_count: int


def header(biller: Biller) -> bytes:
    """Return the first line."""
    return f"{csv_text(biller.columns)}\n".encode()


def write(bill: FocusBill, month: Month, *, lines: int, files: NumberedFiles, random: np.random.Generator) -> Written:
    """Write exactly `lines` charges, those of use first.

    :raises usage.TooFewChargesError: when they do not give each resource one charge.
    """
    biller, resources = bill.biller, bill.resources
    besides = len(kinds_of(resources)) * (1 + month.days) + bill.other_count
    counts = usage.uses(resources, lines=lines - besides, age=month.age)
    templates = [focus_bills.resource_values(each, biller, month) for each in resources]
    text = LineText(biller.columns, templates, focus_bills.VARYING)
    covered, billed = Covered(resources, month), 0
    for batch in usage.batches(resources, counts, month, random):
        cost = batch.cost * biller.contracted_percent // 100
        files.write(text.encoded(batch.template, _values(batch, cost, biller, month)), lines=len(batch))
        covered.add(batch)
        billed += int(cost.sum())
    text.close()
    commitments = covered.commitments()
    billed += sum(each.cost for each in commitments)
    others = bill.others(billed)
    rows = [focus_bills.purchase_values(each, biller, month) for each in commitments]
    rows += [row for each in commitments for row in focus_bills.unused_values(each, biller, month)]
    rows += [focus_bills.other_values(other, biller, month) for other in others]
    whole = "".join(csv_text([row.get(name, "") for name in biller.columns]) + "\n" for row in rows)
    files.write(whole.encode(), lines=len(rows))
    return Written(lines=lines, cost=billed + sum(other.cost for other in others))


def _values(batch: Lines, cost: usage.Whole, biller: Biller, month: Month) -> dict[str, pa.Array]:
    """Return the columns that change from charge to charge; `cost` is 0 for what a commitment covers."""
    moments = pa.array([cur.moment(month.first_day, hour) for hour in range(24 * month.days + 1)])
    effective = decimals(cost + batch.commitment_cost, COST_DIGITS)
    quantity = decimals(batch.quantity, QUANTITY_DIGITS)
    return {
        "BilledCost": decimals(cost, COST_DIGITS),
        "ChargePeriodEnd": texts(moments, batch.hour + batch.hours),
        "ChargePeriodStart": texts(moments, batch.hour),
        "ConsumedQuantity": quantity,
        "ContractedCost": decimals(batch.list_cost * biller.contracted_percent // 100, COST_DIGITS),
        "EffectiveCost": effective,
        "ListCost": decimals(batch.list_cost, COST_DIGITS),
        "PricingCurrencyEffectiveCost": effective,
        "PricingQuantity": quantity,
    }
