"""The relational steps of a run as expressions over named tables. Pure; `run` and `stages` give them an engine.

Tables carry numbers only: `cell_id`, `profile_id`, `segment_id`, `split_number`, `receiver_number`. Names and texts
come back when the ledger and the mart are written. Expressions are built once per process.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import ibis
from ibis.expr.types import Table

from allocation.engine import shares
from allocation.engine.splits import CELL_COLUMNS
from allocation.engine.weighing import COSTS

Stages = tuple[int, ...]
"""The stages that have run, in order."""

_COSTS = dict.fromkeys(COSTS, "decimal(38, 18)")
_PLACE = {"charge_date": "date", "cell_id": "int32", "profile_id": "int32", "segment_id": "int32"}
_CURRENCY = {"billing_currency": "string"}
_AMOUNTS = {**_COSTS, "consumed_quantity": "decimal(38, 18)", "charge_count": "int64"}
_GROUP = {"split_number": "int32", "charge_date": "date", **_CURRENCY, "partition_number": "int32"}

DIRECT, OUT, IN = 0, 1, 2
"""Values of `entry`."""

DAILY_SCHEMA = {"charge_date": "date", "attribute_set_id": "int32", **_CURRENCY, **_AMOUNTS}
SLICES_SCHEMA = {"revision_number": "int32", "attribute_set_id": "int32", **dict(list(_PLACE.items())[1:])}
DIRECT_SCHEMA = {**_PLACE, **_CURRENCY, **_AMOUNTS}
MOVES_SCHEMA = {
    **_PLACE, **_CURRENCY, **_COSTS, "entry": "int8", "split_number": "int32", "pool_segment_id": "int32",
    "driver_quantity": "decimal(38, 18)", "driver_total": "decimal(38, 18)", "fallback": "string",
}  # fmt: skip
POOL_SCHEMA = {**_PLACE, **_CURRENCY, "split_number": "int32", "partition_number": "int32", **_COSTS}
MEMBERS_SCHEMA = {
    "profile_id": "int32", "segment_id": "int32", "split_number": "int32", "partition_number": "int32",
}  # fmt: skip
STANDING_SCHEMA = {
    **MEMBERS_SCHEMA, "receiver_number": "int32", "cost_number": "int32", "by_day": "boolean",
}  # fmt: skip
SHARED_SCHEMA = {
    **_GROUP, "weights_number": "int32", "total": "decimal(38, 0)", "is_even": "boolean", "fallback": "string",
}  # fmt: skip
WEIGHTS_SCHEMA = {
    "weights_number": "int32", "receiver_number": "int32", "position": "int32", "weight": "decimal(38, 0)",
    "driver_quantity": "decimal(38, 18)", "driver_total": "decimal(38, 18)",
}  # fmt: skip
TARGETS_SCHEMA = {"segment_id": "int32", "receiver_number": "int32", "target_segment_id": "int32"}
SPLITS_SCHEMA = {"split_number": "int32", "stage": "int32", "split_key": "string"}
ORIGINS_SCHEMA = {"split_number": "int32", "origin_name": "string"}
ENTRY_NAMES_SCHEMA = {"entry": "int8", "entry_name": "string"}


@cache
def direct(revisions: int) -> Table:
    """Return the cells with their own cost: tables `daily_<n>` by `slices`. Grain: day, cell, segment, currency."""
    bills = [
        ibis.table(DAILY_SCHEMA, name=f"daily_{number}").mutate(revision_number=ibis.literal(number, "int32"))
        for number in range(revisions)
    ]
    daily = ibis.union(*bills) if len(bills) > 1 else bills[0]
    slices = ibis.table(SLICES_SCHEMA, name="slices")
    joined = daily.join(slices, ["revision_number", "attribute_set_id"])
    return joined.group_by([*_PLACE, *_CURRENCY]).agg(**_summed(joined))


@cache
def entries(stages: Stages) -> Table:
    """Return own cost and what the stages before moved, with `entry`. Grain: as written, not summed."""
    own = ibis.table(DIRECT_SCHEMA, name="direct").mutate(entry=ibis.literal(DIRECT, "int8"))
    columns = [*_PLACE, *_CURRENCY, *COSTS, "entry"]
    parts = [own.select(columns), *(_moves(stage).select(columns) for stage in stages)]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


@cache
def pool(stages: Stages) -> Table:
    """Return what the splits of the next stage find in their pools (`members`). Grain: day, cell, segment, currency."""
    members = ibis.table(MEMBERS_SCHEMA, name="members")
    found = entries(stages).join(members, ["profile_id", "segment_id"])
    keys = [*_PLACE, *_CURRENCY, "split_number", "partition_number"]
    return found.group_by(keys).agg(**{cost: found[cost].sum().cast(_COSTS[cost]) for cost in COSTS})


@cache
def pool_groups() -> Table:
    """Return the sums and the largest size of each group of pool rows that shares one set of weights."""
    rows = ibis.table(POOL_SCHEMA, name="pool")
    largest = ibis.greatest(*(rows[cost].abs() for cost in COSTS))
    sums = {cost: rows[cost].sum().cast("decimal(38, 18)") for cost in COSTS}
    return rows.group_by(list(_GROUP)).agg(**sums, largest=largest.max()).order_by(list(_GROUP))


@cache
def standing(stages: Stages) -> Table:
    """Return who is present where, and their own cost, for the splits that ask (`standing`).

    `charge_date` is null for a window of the whole billing period. `own_cost` is null where no cost is asked for.
    """
    asked = ibis.table(STANDING_SCHEMA, name="standing")
    rows = entries(stages).join(asked, ["profile_id", "segment_id"])
    own = ibis.cases(*((rows.cost_number == number, rows[cost]) for number, cost in enumerate(COSTS)), else_=None)
    rows = rows.mutate(
        charge_date=ibis.ifelse(rows.by_day, rows.charge_date, ibis.null("date")),
        own=ibis.ifelse(rows.entry == DIRECT, own, ibis.null("decimal(38, 18)")),
    )
    keys = [*_GROUP, "receiver_number"]
    return rows.group_by(keys).agg(own_cost=rows.own.sum().cast("decimal(38, 18)")).order_by(keys)


@cache
def outgoing() -> Table:
    """Return the minus of every pool row that is shared."""
    rows = _shared_pool()
    return rows.select(
        *_PLACE, *_CURRENCY, **{cost: -rows[cost] for cost in COSTS}, **_provenance(rows, OUT, has_driver=False)
    ).select(list(MOVES_SCHEMA))


@cache
def incoming_even() -> Table:
    """Return the plus of every receiver where all weigh the same."""
    rows = _shared_pool()
    rows = shares.even_quotients(shares.in_quanta(rows.filter(rows.is_even)))
    return _incoming(shares.even_parts(_to_receivers(rows)))


@cache
def incoming_weighted(division: shares.Division) -> Table:
    """Return the plus of every receiver where weights differ."""
    rows = _shared_pool()
    rows = rows.filter(~rows.is_even)
    rows = shares.in_limbs(shares.in_quanta(rows.mutate(row_number=ibis.row_number())), division)
    return _incoming(shares.weighted_parts(_to_receivers(rows), division))


@cache
def pool_by_hand() -> Table:
    """Return the pool rows whose weights are too long for the engine."""
    rows = _shared_pool()
    return rows.filter(rows.is_even.isnull()).select(*POOL_SCHEMA, "fallback")


@cache
def incoming_by_hand() -> Table:
    """Return the plus of every receiver as shared in Python (`by_hand`)."""
    return ibis.table(MOVES_SCHEMA, name="by_hand")


@cache
def ledger(stages: Stages) -> Table:
    """Return every entry with its texts, in its one order. `docs/architecture.md`, ledger.parquet."""
    cells, marts = ibis.table({"cell_id": "int32", "mart_id": "int32"}, name="cells"), _marts()
    splits = ibis.table(SPLITS_SCHEMA, name="splits")
    rows = _all_entries(stages).join(cells, "cell_id").join(marts, "mart_id").left_join(splits, "split_number")
    rows = rows.join(ibis.table(ENTRY_NAMES_SCHEMA, name="entry_names"), "entry")
    order = [
        "charge_date",
        "cell_id",
        "segment_id",
        "billing_currency",
        "split_number",
        "entry_number",
        "pool_segment_id",
    ]
    return (
        rows.mutate(entry_number=rows.entry, entry=rows.entry_name)
        .order_by([ibis.asc(name, nulls_first=True) for name in order])
        .select(
            "charge_date", "cell_id", "source_id", *CELL_COLUMNS, "billing_currency", "segment_id", "entry", "stage",
            "split_key", "pool_segment_id", *_AMOUNTS, "driver_quantity", "driver_total", "fallback",
        )
    )  # fmt: skip


@cache
def mart(stages: Stages) -> Table:
    """Return the ledger summed to what pages show, in its one order. `docs/architecture.md`, mart.parquet."""
    cells, marts = ibis.table({"cell_id": "int32", "mart_id": "int32"}, name="cells"), _marts()
    rows = _all_entries(stages).join(cells, "cell_id")
    keys = ["charge_date", "mart_id", "billing_currency", "segment_id", "split_number"]
    sums = rows.group_by(keys).agg(**_summed(rows))
    origins = ibis.table(ORIGINS_SCHEMA, name="origins")
    named = sums.mutate(split_number=sums.split_number.fill_null(-1))
    named = named.join(marts, "mart_id").join(origins, "split_number")
    rows = rows.join(ibis.table(ENTRY_NAMES_SCHEMA, name="entry_names"), "entry")
    return (
        named.mutate(origin=named.origin_name)
        .order_by([ibis.asc(name, nulls_first=True) for name in keys])
        .select("charge_date", "source_id", *CELL_COLUMNS, "billing_currency", "segment_id", "origin", *_AMOUNTS)
    )


def _moves(stage: int) -> Table:
    return ibis.table(MOVES_SCHEMA, name=f"moves_{stage}")


def _marts() -> Table:
    texts = dict.fromkeys(("source_id", *CELL_COLUMNS), "string")
    return ibis.table({"mart_id": "int32", **texts}, name="marts")


def _summed(rows: Table) -> dict[str, Any]:
    sums = {name: rows[name].sum().cast(kind) for name, kind in _AMOUNTS.items() if name != "charge_count"}
    return {**sums, "charge_count": shares.count_of(rows.charge_count.sum())}


def _shared_pool() -> Table:
    """Return the pool rows whose group has weights."""
    rows = ibis.table(POOL_SCHEMA, name="pool")
    return rows.join(ibis.table(SHARED_SCHEMA, name="shared"), list(_GROUP))


def _to_receivers(rows: Table) -> Table:
    """Return one row per pool row and receiver, with the receiver's weight and the segment it books to."""
    weights = ibis.table(WEIGHTS_SCHEMA, name="weights")
    targets = ibis.table(TARGETS_SCHEMA, name="targets")
    return rows.join(weights, "weights_number").join(targets, ["segment_id", "receiver_number"])


def _incoming(rows: Table) -> Table:
    return rows.select(
        "charge_date", "cell_id", "profile_id", "billing_currency", *COSTS,
        segment_id=rows.target_segment_id, **_provenance(rows, IN, has_driver=True),
    ).select(list(MOVES_SCHEMA))  # fmt: skip


def _provenance(rows: Table, entry: int, *, has_driver: bool) -> dict[str, Any]:
    nothing = ibis.null("decimal(38, 18)")
    return {
        "entry": ibis.literal(entry, "int8"),
        "split_number": rows.split_number,
        "pool_segment_id": rows.segment_id,
        "driver_quantity": rows.driver_quantity if has_driver else nothing,
        "driver_total": rows.driver_total if has_driver else nothing,
        "fallback": rows.fallback,
    }


def _all_entries(stages: Stages) -> Table:
    """Return own cost and moves with every column the ledger shows."""
    own = ibis.table(DIRECT_SCHEMA, name="direct")
    missing = {name: kind for name, kind in MOVES_SCHEMA.items() if name not in DIRECT_SCHEMA and name != "entry"}
    columns = [*MOVES_SCHEMA, "consumed_quantity", "charge_count"]
    parts = [
        own.mutate(
            entry=ibis.literal(DIRECT, "int8"), **{name: ibis.null(kind) for name, kind in missing.items()}
        ).select(columns)
    ]
    for stage in stages:
        zero = {name: ibis.literal(0, _AMOUNTS[name]) for name in ("consumed_quantity", "charge_count")}
        parts.append(_moves(stage).mutate(**zero).select(columns))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]
