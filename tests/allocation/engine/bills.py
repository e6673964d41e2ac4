"""Bills small enough to work out by hand, and a plain-Python oracle of what a run makes of them."""

import json
from collections import defaultdict
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine import run
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.weighing import COSTS
from ingestion.focus import attributes
from ingestion.focus.columns import COLUMNS
from itfm.core import money

MONEY = pa.decimal128(38, 18)
OCTOBER = date(2026, 10, 1)


def day(number):
    return date(2026, 10, number)


def charge(cost, *, on=1, currency="USD", tags=None, quantity="1", costs=None, **columns):
    """Return one daily row with its attributes; the four costs are alike unless `costs` gives them."""
    four = [Decimal(one) for one in (costs or [cost] * 4)]
    return {"charge_date": day(on) if isinstance(on, int) else on, "billing_currency": currency, "costs": four,
            "quantity": Decimal(quantity), "columns": {"charge_category": "Usage", **columns}, "tags": tags or {}}  # fmt: skip


def write_revision(folder, charges, *, source="aws", name=None, left_out=()):
    """Write attribute sets and daily rows as ingestion does, without some tag keys, and return the revision."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = [_attributes(one, left_out) for one in charges]
    number = _numbers(texts)
    order = list(number)
    names = [*attributes.COLUMNS, "tags"]
    sets = {"attribute_set_id": pa.array(range(len(order)), pa.int32())}
    sets |= {column: pa.array([text[at] for text in order], pa.string()) for at, column in enumerate(names)}
    pq.write_table(pa.table(sets), folder / "attribute_sets.parquet")
    sums = defaultdict(lambda: [Decimal(0)] * 5 + [0])
    for one, text in zip(charges, texts, strict=True):
        row = sums[one["charge_date"], number[text], one["billing_currency"]]
        row[:5] = [money.CONTEXT.add(a, b) for a, b in zip(row[:5], [*one["costs"], one["quantity"]], strict=True)]
        row[5] += 1
    keys = list(sums)
    daily = {
        "charge_date": pa.array([key[0] for key in keys], pa.date32()),
        "attribute_set_id": pa.array([key[1] for key in keys], pa.int32()),
        "billing_currency": pa.array([key[2] for key in keys], pa.string()),
        **{c: pa.array([sums[k][at] for k in keys], MONEY) for at, c in enumerate([*COSTS, "consumed_quantity"])},
        "charge_count": pa.array([sums[key][5] for key in keys], pa.int64()),
    }
    pq.write_table(pa.table(daily), folder / "daily.parquet")
    return Revision(source, f"{source}-1", folder / "daily.parquet", folder / "attribute_sets.parquet", name)


def write_lines(folder, charges, *, left_out=()):
    """Write the charges of a revision as ingestion does, one line for each, with all their tags."""
    number = _numbers([_attributes(one, left_out) for one in charges])
    names = sorted(
        {column.name for column in COLUMNS if column.type == "text"}.union(*(one["columns"] for one in charges))
    )
    own = {name: pa.array([one["columns"].get(name) for one in charges], pa.string()) for name in names}
    lines = own | {
        "billing_currency": pa.array([one["billing_currency"] for one in charges]),
        "charge_period_start": pa.array([datetime.combine(one["charge_date"], time()) for one in charges]),
        "tags": pa.array([_tags(one["tags"]) for one in charges]),
        **{cost: pa.array([one["costs"][at] for one in charges], MONEY) for at, cost in enumerate(COSTS)},
        "consumed_quantity": pa.array([one["quantity"] for one in charges], MONEY),
        "x_file_number": pa.array([0] * len(charges), pa.int32()),
        "x_row_number": pa.array(range(1, len(charges) + 1), pa.int64()),
        "x_attribute_set_id": pa.array([number[_attributes(one, left_out)] for one in charges], pa.int32()),
    }
    pq.write_table(pa.table(lines), folder / "charges.parquet")


def _numbers(texts):
    order = sorted(set(texts), key=lambda text: [(part is not None, part or "") for part in text])
    return {text: at for at, text in enumerate(order)}


def _tags(tags):
    return json.dumps(tags, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _attributes(one, left_out=()):
    tags = _tags({key: text for key, text in one["tags"].items() if key not in left_out})
    return (*(one["columns"].get(name) for name in attributes.COLUMNS), tags)


def allocate(tmp_path, rule_set, charges, *, backend=None, **more):
    """Run one bill through the engine."""
    revision = write_revision(tmp_path / "bill", charges)
    inputs = RunInputs(revisions=(revision,), rule_set=rule_set, period=OCTOBER, **more)
    return inputs, run.allocate(inputs, output=tmp_path / "run", backend=backend)


def table(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def ledger(folder):
    """Return the ledger's rows with what their numbers stand for."""
    entries = {0: "direct", 1: "out", 2: "in", 3: "kept"}
    return [{**row, "entry": entries[row["entry"]]} for row in _named(folder, "ledger", "cell_id")]


SUMS = (*COSTS, "consumed_quantity", "charge_count")


def mart(folder):
    """Return the ledger's rows summed to what pages show, in their order."""
    keys = ("split_number", "charge_date", "mart_id", "segment_id", "billing_currency")
    rows = {}
    for row in ledger(folder):
        key = tuple(row[name] for name in keys)
        sums = rows.setdefault(key, {**row, **dict.fromkeys(SUMS, Decimal(0))})
        for name in SUMS:
            sums[name] = money.CONTEXT.add(sums[name], Decimal(row[name]))
    return [rows[key] for key in sorted(rows, key=lambda key: (key[0] is not None, key[0] or 0, *key[1:]))]


def _named(folder, name, cell_column):
    cells = {row["cell_id"]: row for row in table(folder, "cells")}
    splits = {row["split_number"]: row for row in table(folder, "splits")}
    splits[None] = {"stage": None, "split_key": None}
    rows = table(folder, name)
    named = [{**cells[row[cell_column]], **splits[row["split_number"]], **row} for row in rows]
    return [{**row, "origin": row["split_key"] or "direct"} for row in named]


def by_value(result, dimension="team", *, cost="effective_cost", **where):
    """Return allocated cost by a dimension's value; None is unallocated."""
    segments = {row["segment_id"]: json.loads(row["dimension_values"]) for row in table(result.folder, "segments")}
    sums = defaultdict(Decimal)
    for row in mart(result.folder):
        if all(row[column] == wanted for column, wanted in where.items()):
            value = segments[row["segment_id"]].get(dimension)
            sums[value] = money.CONTEXT.add(sums[value], row[cost])
    return {value: total for value, total in sums.items() if total}
