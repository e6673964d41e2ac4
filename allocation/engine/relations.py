"""The relational steps of a run as expressions over named tables. Pure; `run` and `stages` give them an engine.

Tables carry numbers only: `cell_id`, `profile_id`, `segment_id`, `split_number`, `receiver_number`; the files beside
the ledger say what they stand for. Expressions are built once per process.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import ibis
from ibis.expr.types import Table

from allocation.engine import shares
from allocation.engine.weighing import COSTS

Stages = tuple[int, ...]
"""The stages that have run, in order."""

_COSTS = dict.fromkeys(COSTS, "decimal(38, 18)")
_PLACE = {"charge_date": "date", "cell_id": "int32", "profile_id": "int32", "segment_id": "int32"}
_CURRENCY = {"billing_currency": "string"}
_AMOUNTS = {**_COSTS, "consumed_quantity": "decimal(38, 18)", "charge_count": "int64"}
_GROUP = {"split_number": "int32", "charge_date": "date", **_CURRENCY, "partition_number": "int32"}

DIRECT, OUT, IN, KEPT = 0, 1, 2, 3
"""Values of `entry`. What is kept goes out with the rest of the pool and comes back to where it was."""
POOL_ITSELF = -1
"""The number of the receiver that is the pool."""

LEDGER_COLUMNS = (
    "charge_date", "cell_id", "segment_id", "billing_currency", "entry", "split_number", "pool_segment_id", *_AMOUNTS,
    "driver_quantity", "driver_total", "fallback",
)  # fmt: skip

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
    **_GROUP, "weights_number": "int32", "total": "decimal(38, 0)", "is_even": "boolean",
    "multiple": "decimal(38, 0)", "fallback": "string",
}  # fmt: skip
WEIGHTS_SCHEMA = {
    "weights_number": "int32", "receiver_number": "int32", "position": "int32", "weight": "decimal(38, 0)",
    "driver_quantity": "decimal(38, 18)", "driver_total": "decimal(38, 18)",
}  # fmt: skip
TARGETS_SCHEMA = {"segment_id": "int32", "receiver_number": "int32", "target_segment_id": "int32"}
AMOUNTS_SCHEMA = {
    "amount_number": "int64", "weights_number": "int32", "total": "decimal(38, 0)", "is_even": "boolean",
    "amount": "decimal(38, 18)", "quanta": "decimal(38, 0)", "rest": "decimal(38, 0)",
}  # fmt: skip
PARTS_SCHEMA = {"amount_number": "int64", "parts": "array<decimal(38, 18)>"}
SHARED_AMOUNTS_SCHEMA = {"weights_number": "int32", "amount": "decimal(38, 18)", "parts": "array<decimal(38, 18)>"}
FLOW_TARGETS_SCHEMA = {
    "segment_id": "int32", "receiver_number": "int32", "flow_split_number": "int32", "giver_segment_id": "int32",
    "target_segment_id": "int32",
}  # fmt: skip
FLOW_WEIGHTS_SCHEMA = {
    "weights_number": "int32", "receiver_number": "int32", "flow_quantity": "decimal(38, 18)",
    "flow_total": "decimal(38, 18)", "flow_fallback": "string",
}  # fmt: skip
LEDGER_SCHEMA = {name: {**_AMOUNTS, **MOVES_SCHEMA}[name] for name in LEDGER_COLUMNS}
CELLS_SCHEMA = {"cell_id": "int32", "mart_id": "int32"}


@cache
def direct(revisions: int, *, of_days: bool = False) -> Table:
    """Return the cells with their own cost: tables `daily_<n>` by `slices`. Grain: day, cell, segment, currency.

    With `of_days`, of the days in `wanted_days` only.
    """
    daily = _daily(revisions)
    if of_days:
        daily = daily.semi_join(ibis.table({"charge_date": "date"}, name="wanted_days"), "charge_date")
    slices = ibis.table(SLICES_SCHEMA, name="slices")
    joined = daily.join(slices, ["revision_number", "attribute_set_id"])
    return joined.group_by([*_PLACE, *_CURRENCY]).agg(**_summed(joined, _AMOUNTS))


def _daily(revisions: int) -> Table:
    bills = [
        ibis.table(DAILY_SCHEMA, name=f"daily_{number}").mutate(revision_number=ibis.literal(number, "int32"))
        for number in range(revisions)
    ]
    return ibis.union(*bills) if len(bills) > 1 else bills[0]


@cache
def last_day(revisions: int) -> Table:
    """Return the last day with cost."""
    daily = _daily(revisions)
    return daily.aggregate(last_day=daily.charge_date.max())


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
def amounts(*, is_multiplied: bool = False) -> Table:
    """Return each amount to be shared by one set of weights, once: the four costs of a row are often alike.

    Where more than the pool is handed out, its amounts are shared `multiple` times.
    """
    rows = _shared_pool()
    rows = rows.filter(rows.is_even.notnull())
    each = ibis.array([rows[cost] for cost in COSTS]).unnest()
    known = ["weights_number", "total", "is_even", *(["multiple"] if is_multiplied else [])]
    rows = rows.select(*known, amount=each).distinct()
    rows = shares.in_quanta(rows.mutate(amount_number=shares.row_of(ibis.row_number())))
    return (shares.times(rows) if is_multiplied else rows).select(list(AMOUNTS_SCHEMA))


@cache
def even_parts() -> Table:
    """Return the parts of each of the `amounts` where all weigh the same."""
    rows = ibis.table(AMOUNTS_SCHEMA, name="amounts")
    rows = shares.even_quotients(rows.filter(rows.is_even))
    return _listed(shares.even_parts(rows.join(_weights(), "weights_number")))


@cache
def weighted_parts(division: shares.Division) -> Table:
    """Return the parts of each of the `amounts` where weights differ."""
    rows = ibis.table(AMOUNTS_SCHEMA, name="amounts")
    sizes = rows.select("amount_number", "amount", "quanta", "rest")
    rows = shares.in_limbs(rows.filter(~rows.is_even), division)
    wholes = shares.weighted_wholes(rows.join(_weights(), "weights_number"), division)
    return _listed(shares.weighted_parts(shares.ranked(wholes, division).join(sizes, "amount_number")))


def _listed(rows: Table) -> Table:
    """Return the parts of each amount as one list in the order of its receivers."""
    return rows.group_by("amount_number").agg(parts=rows.part.collect(order_by=rows.position))


@cache
def shared_amounts() -> Table:
    """Return the `parts` with the amount they are parts of."""
    parts = ibis.table(PARTS_SCHEMA, name="parts")
    return parts.join(ibis.table(AMOUNTS_SCHEMA, name="amounts"), "amount_number").select(list(SHARED_AMOUNTS_SCHEMA))


@cache
def incoming(*, keeps: bool = False) -> Table:
    """Return the plus of every receiver: the lists of the four costs of each pool row, taken apart side by side.

    With `keeps`, what stays in the pool is an entry of its own; where more than the pool is handed out, it is left to
    `kept`.
    """
    weights = _weights()
    receivers = weights.group_by(["weights_number", "driver_total"]).agg(
        receivers=weights.receiver_number.collect(order_by=weights.position),
        quantities=weights.driver_quantity.collect(order_by=weights.position),
    )
    rows = _with_parts(_shared_pool().join(receivers, "weights_number"))
    rows = rows.select(
        *_GROUP, "cell_id", "profile_id", "segment_id", "fallback", "driver_total",
        *(["multiple"] if keeps else []),
        receiver_number=rows.receivers.unnest(), driver_quantity=rows.quantities.unnest(),
        **{cost: rows[f"{cost}_parts"].unnest() for cost in COSTS},
    )  # fmt: skip
    if keeps:
        rows = rows.filter((rows.receiver_number != POOL_ITSELF) | (rows.multiple == 1))
    rows = rows.join(ibis.table(TARGETS_SCHEMA, name="targets"), ["segment_id", "receiver_number"])
    return rows.select(
        "charge_date", "cell_id", "profile_id", "billing_currency", *COSTS,
        segment_id=rows.target_segment_id, **(_provenance(rows, IN, has_driver=True) | _entry(rows, keeps=keeps)),
    ).select(list(MOVES_SCHEMA))  # fmt: skip


def _with_parts(rows: Table) -> Table:
    """Add the lists of parts of each cost."""
    known = ibis.table(SHARED_AMOUNTS_SCHEMA, name="shared_amounts")
    for cost in COSTS:
        lists = known.select("weights_number", **{cost: known.amount, f"{cost}_parts": known.parts})
        rows = rows.join(lists, ["weights_number", cost])
    # A column of its own ends the chain of joins, of which a list taken apart can be no part.
    return rows.mutate(is_joined=True)


def _entry(rows: Table, *, keeps: bool) -> dict[str, Any]:
    """Return whose entry it is, where it can be the pool's."""
    if not keeps:
        return {}
    return {"entry": ibis.ifelse(rows.receiver_number == POOL_ITSELF, KEPT, IN).cast("int8")}


@cache
def kept(stage: int) -> Table:
    """Return, for pools of which more than all was handed out, what is left: the pool less what its receivers got."""
    rows = _shared_pool()
    rows = rows.filter((rows.multiple > 1) & rows.is_even.notnull())
    weights = _weights()
    weights = weights.filter(weights.receiver_number == POOL_ITSELF)
    rows = rows.join(weights.select("weights_number", "driver_quantity", "driver_total"), "weights_number")
    moves = _moves(stage)
    moves = moves.filter(moves.entry == IN).mutate(segment_id=moves.pool_segment_id)
    keys = [*_PLACE, *_CURRENCY, "split_number"]
    given = moves.group_by(keys).agg(**{f"{cost}_given": moves[cost].sum() for cost in COSTS})
    rows = rows.join(given, keys)
    return rows.select(
        *_PLACE, *_CURRENCY, **{cost: (rows[cost] - rows[f"{cost}_given"]).cast(_COSTS[cost]) for cost in COSTS},
        **_provenance(rows, KEPT, has_driver=True),
    ).select(list(MOVES_SCHEMA))  # fmt: skip


@cache
def kept_sums(stage: int) -> Table:
    """Return what a stage left in its pools, by split, currency, fallback and whether it is less than nothing."""
    rows = _moves(stage)
    rows = rows.filter(rows.entry == KEPT).mutate(is_below=rows.driver_quantity < 0)
    keys = ["split_number", "billing_currency", "fallback", "is_below"]
    sums = {cost: rows[cost].sum().cast(_COSTS[cost]) for cost in COSTS}
    return rows.group_by(keys).agg(**sums).order_by([ibis.asc(name, nulls_first=True) for name in keys])


@cache
def flowing() -> Table:
    """Return what pools hand to each other: the parts of each pool row by `flow_targets` and `flow_weights`."""
    weights = _weights()
    receivers = weights.group_by("weights_number").agg(
        receivers=weights.receiver_number.collect(order_by=weights.position)
    )
    rows = _with_parts(_shared_pool().join(receivers, "weights_number"))
    rows = rows.select(
        *_PLACE, *_CURRENCY, "weights_number", receiver_number=rows.receivers.unnest(),
        **{cost: rows[f"{cost}_parts"].unnest() for cost in COSTS},
    )  # fmt: skip
    rows = rows.join(ibis.table(FLOW_TARGETS_SCHEMA, name="flow_targets"), ["segment_id", "receiver_number"])
    rows = rows.join(ibis.table(FLOW_WEIGHTS_SCHEMA, name="flow_weights"), ["weights_number", "receiver_number"])
    return rows.select(
        "charge_date", "cell_id", "profile_id", "billing_currency", *COSTS,
        segment_id=rows.target_segment_id, entry=ibis.literal(IN, "int8"), split_number=rows.flow_split_number,
        pool_segment_id=rows.giver_segment_id, driver_quantity=rows.flow_quantity, driver_total=rows.flow_total,
        fallback=rows.flow_fallback,
    ).select(list(MOVES_SCHEMA))  # fmt: skip


@cache
def paired() -> Table:
    """Return the rows `given` with the minus of each pool; what a receiver gets by one weight is one row."""
    rows = ibis.table(MOVES_SCHEMA, name="given")
    sums = {cost: rows[cost].sum().cast(_COSTS[cost]) for cost in COSTS}
    received = rows.group_by([name for name in MOVES_SCHEMA if name not in COSTS]).agg(**sums)
    keys = ["charge_date", "cell_id", "profile_id", *_CURRENCY, "split_number", "pool_segment_id", "fallback"]
    given = rows.group_by(keys).agg(**{cost: (-rows[cost].sum()).cast(_COSTS[cost]) for cost in COSTS})
    given = given.mutate(
        segment_id=given.pool_segment_id,
        entry=ibis.literal(OUT, "int8"),
        driver_quantity=ibis.null("decimal(38, 18)"),
        driver_total=ibis.null("decimal(38, 18)"),
    )
    names = list(MOVES_SCHEMA)
    return ibis.union(received.select(names), given.select(names))


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
def ledger(stages: Stages, *, has_own: bool = True, has_kept: bool = False) -> Table:
    """Return every entry in its one order: own cost, then by split. `docs/architecture.md`, ledger.parquet.

    With `has_kept`, also the rows in `kept`, which have the columns of a ledger already.
    """
    parts = []
    if has_own:
        own = ibis.table(DIRECT_SCHEMA, name="direct")
        missing = {name: ibis.null(kind) for name, kind in MOVES_SCHEMA.items() if name not in DIRECT_SCHEMA}
        parts.append(own.mutate(**{**missing, "entry": ibis.literal(DIRECT, "int8")}).select(LEDGER_COLUMNS))
    if stages:
        parts.append(_all_moves(stages).mutate(**_nothing_used()).select(LEDGER_COLUMNS))
    if has_kept:
        parts.append(ibis.table(LEDGER_SCHEMA, name="kept").select(LEDGER_COLUMNS))
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    order = ["split_number", "charge_date", "cell_id", "pool_segment_id", "billing_currency", "entry", "segment_id"]
    return rows.order_by([ibis.asc(name, nulls_first=True) for name in order])


def _nothing_used() -> dict[str, Any]:
    return {name: ibis.literal(0, _AMOUNTS[name]) for name in ("consumed_quantity", "charge_count")}


def _all_moves(stages: Stages) -> Table:
    parts = [ibis.table(MOVES_SCHEMA, name=f"moves_{stage}") for stage in stages]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _moves(stage: int) -> Table:
    return ibis.table(MOVES_SCHEMA, name=f"moves_{stage}")


def _summed(rows: Table, amounts: Mapping[str, str]) -> dict[str, Any]:
    sums = {name: rows[name].sum().cast(kind) for name, kind in amounts.items() if name != "charge_count"}
    return sums if "charge_count" not in amounts else {**sums, "charge_count": shares.count_of(rows.charge_count.sum())}


def _weights() -> Table:
    return ibis.table(WEIGHTS_SCHEMA, name="weights")


def _shared_pool() -> Table:
    """Return the pool rows whose group has weights."""
    rows = ibis.table(POOL_SCHEMA, name="pool")
    return rows.join(ibis.table(SHARED_SCHEMA, name="shared"), list(_GROUP))


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
