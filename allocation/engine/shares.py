"""Exact shares as relational expressions: the same numbers as `itfm.core.money.split`, row by row. Pure.

Amounts are whole quanta of 10^-12 (`*_quanta`) with the units of 10^-18 below (`*_rest`); weights are whole numbers.
Both are 128-bit integers in the engine, which Ibis knows as decimals of scale 0. A quotient is first estimated in
double precision and then corrected by exact integer remainders, because a 128-bit division costs a hundred times a
multiplication; no result is ever a double. A product of 128 bits or more is avoided by long division in limbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import ibis
from ibis import _
from ibis.expr.types import IntegerValue, Table

from allocation.engine.weighing import COSTS
from itfm.core.money import UNITS_PER_QUANTUM

Units = ibis.dtype("decimal(38, 0)")
Money = ibis.dtype("decimal(38, 18)")

LARGEST: Final = 2**127 - 1
MAX_LIMB_DIGITS: Final = 18
MAX_TOTAL_WEIGHT: Final = 5 * 10**28
"""Above this even single-digit limbs come close to 128 bits; such weights are shared in Python instead."""


@ibis.udf.scalar.builtin
def quanta(_amount: Money) -> Units:  # type: ignore[valid-type]
    """Return the whole quanta of 10^-12 in an amount of zero or more."""


@ibis.udf.scalar.builtin
def rest(_amount: Money) -> Units:  # type: ignore[valid-type]
    """Return the units of 10^-18 below the last quantum."""


@ibis.udf.scalar.builtin
def floor_div(_dividend: Units, _divisor: Units) -> Units:  # type: ignore[valid-type]
    """Return the whole quotient of two numbers of zero or more, exactly and slowly."""


@ibis.udf.scalar.builtin
def money_of(_quanta: Units, _rest: Units) -> Money:  # type: ignore[valid-type]
    """Return the amount of so many quanta and units."""


@ibis.udf.scalar.builtin
def wide(_number: ibis.dtype("int64")) -> Units:  # type: ignore[valid-type]
    """Return a 64-bit number as a 128-bit one."""


@ibis.udf.scalar.builtin
def count_of(_sum: ibis.dtype("int64")) -> ibis.dtype("int64"):  # type: ignore[valid-type]
    """Return a sum of counts as a 64-bit number: engines sum into 128 bits."""


@dataclass(frozen=True)
class Division:
    """How to divide without overflow: the dividend in `limbs` parts of `digits` decimal digits."""

    limbs: int
    digits: int


def division(*, largest_quanta: int, largest_total: int) -> Division:
    """Return the fewest limbs with which no intermediate product reaches 128 bits.

    :raises ValueError: `largest_total` exceeds `MAX_TOTAL_WEIGHT`.
    """
    if largest_total > MAX_TOTAL_WEIGHT:
        raise ValueError("These weights are too long for the engine.")
    length = len(str(max(largest_quanta, 1)))
    limbs = 1
    while not _fits(-(-length // limbs), largest_total):
        limbs += 1
    # Few distinct widths mean few distinct statements to compile.
    digits = next(width for width in (6, 9, 12, 15, 18, -(-length // limbs)) if width * limbs >= length)
    return Division(limbs, digits if _fits(digits, largest_total) else -(-length // limbs))


def _fits(digits: int, total: int) -> bool:
    return digits <= MAX_LIMB_DIGITS and 2 * total * 10**digits <= LARGEST


def in_quanta(rows: Table) -> Table:
    """Add each cost's size as `<cost>_quanta` and `<cost>_rest`."""
    return rows.mutate(
        **{f"{cost}_quanta": quanta(rows[cost].abs()) for cost in COSTS},
        **{f"{cost}_rest": rest(rows[cost].abs()) for cost in COSTS},
    )


def signed(rows: Table, cost: str, whole: Any, below: Any) -> Any:
    """Return a part of a cost with the cost's own sign."""
    part = money_of(whole, below)
    return ibis.ifelse(rows[cost] < 0, -part, part)


def even_quotients(rows: Table) -> Table:
    """Add, for rows with `total` receivers of weight 1, `<cost>_each` and the `<cost>_missing` quanta."""
    rows = rows.mutate(**{f"{cost}_each": floor_div(rows[f"{cost}_quanta"], rows.total) for cost in COSTS})
    return rows.mutate(
        **{f"{cost}_missing": rows[f"{cost}_quanta"] - rows[f"{cost}_each"] * rows.total for cost in COSTS}
    )


def even_parts(rows: Table) -> Table:
    """Replace each cost by the part of the receiver at `position`: all remainders tie, so the first are served."""

    def part(cost: str) -> Any:
        extra = (rows.position < rows[f"{cost}_missing"]).cast("int64")
        below = ibis.ifelse(rows.position == 0, rows[f"{cost}_rest"], 0)
        return signed(rows, cost, rows[f"{cost}_each"] + extra, below)

    return rows.mutate(**{cost: part(cost) for cost in COSTS})


def in_limbs(rows: Table, division: Division) -> Table:
    """Add the limbs of each cost's quanta, `<cost>_limb_0` the lowest."""
    if division.limbs == 1:
        return rows.mutate(**{f"{cost}_limb_0": rows[f"{cost}_quanta"] for cost in COSTS})
    base = 10**division.digits
    for limb in range(division.limbs - 1):
        left = f"_left_{limb}"
        source = "_quanta" if limb == 0 else f"_left_{limb - 1}"
        rows = rows.mutate(**{f"{cost}{left}": floor_div(rows[f"{cost}{source}"], base) for cost in COSTS})
        rows = rows.mutate(
            **{f"{cost}_limb_{limb}": rows[f"{cost}{source}"] - rows[f"{cost}{left}"] * base for cost in COSTS}
        )
    last = division.limbs - 1
    return rows.mutate(**{f"{cost}_limb_{last}": rows[f"{cost}_left_{last - 1}"] for cost in COSTS})


def weighted_parts(rows: Table, division: Division) -> Table:
    """Replace each cost by the part of a receiver with `weight` of `total`, among rows of one `row_number`."""
    rows = _quotients(rows, division)
    rows = rows.mutate(**{
        f"{cost}_remainder": rows[f"{cost}_carry"] * UNITS_PER_QUANTUM + rows[f"{cost}_rest"] * rows.weight
        for cost in COSTS
    })  # fmt: skip
    # The units below a quantum can add one more quantum to the quotient.
    rows = rows.mutate(
        **{f"{cost}_over": rows[f"{cost}_remainder"] >= rows.total * UNITS_PER_QUANTUM for cost in COSTS}
    )
    rows = rows.mutate(
        **{f"{cost}_part": rows[f"{cost}_quotient"] + rows[f"{cost}_over"].cast("int64") for cost in COSTS},
        **{
            f"{cost}_remainder": ibis.ifelse(
                rows[f"{cost}_over"],
                rows[f"{cost}_remainder"] - rows.total * UNITS_PER_QUANTUM,
                rows[f"{cost}_remainder"],
            )
            for cost in COSTS
        },
    )
    return _with_missing_quanta(rows)


def _with_missing_quanta(rows: Table) -> Table:
    """Hand out what truncation left: one quantum each by largest remainder, ties by position."""
    together = ibis.window(group_by="row_number")
    rows = rows.mutate(**{f"{cost}_given": rows[f"{cost}_part"].sum().over(together) for cost in COSTS}).mutate(**{
        f"{cost}_rank": ibis.row_number().over(
            group_by=_.row_number, order_by=[_[f"{cost}_remainder"].desc(), _.position]
        )
        for cost in COSTS
    })  # fmt: skip

    def part(cost: str) -> Any:
        rank = rows[f"{cost}_rank"]
        missing = rows[f"{cost}_quanta"] - rows[f"{cost}_given"]
        below = ibis.ifelse(rank == 0, rows[f"{cost}_rest"], 0)
        return signed(rows, cost, rows[f"{cost}_part"] + (rank < missing).cast("int64"), below)

    return rows.mutate(**{cost: part(cost) for cost in COSTS})


def _quotients(rows: Table, division: Division) -> Table:
    """Add `<cost>_quotient` and `<cost>_carry`, the quotient and remainder of quanta x weight / total."""
    rows = rows.mutate(total_double=rows.total.cast("float64"))
    base = 10**division.digits
    for limb in reversed(range(division.limbs)):
        first = limb == division.limbs - 1
        carried = {cost: 0 if first else rows[f"{cost}_carry"] * base for cost in COSTS}
        product = {cost: rows[f"{cost}_limb_{limb}"] * rows.weight for cost in COSTS}
        rows = rows.mutate(
            **{f"{cost}_dividend": product[cost] if first else carried[cost] + product[cost] for cost in COSTS}
        )
        rows = _digit(rows)
        rows = rows.mutate(
            **{
                f"{cost}_quotient": rows[f"{cost}_digit"]
                if first
                else rows[f"{cost}_quotient"] * base + rows[f"{cost}_digit"]
                for cost in COSTS
            }
        )
    return rows


def _digit(rows: Table) -> Table:
    """Add `<cost>_digit` and `<cost>_carry`: quotient below 2^62 and remainder of `<cost>_dividend` by `total`.

    The first estimate is off by up to 2^-51 of the quotient, the second by less than one, the last step is exact.
    """

    def estimated(cost: str, name: str) -> IntegerValue:
        return (rows[f"{cost}_{name}"].cast("float64") / rows.total_double).floor().cast("int64")

    rows = rows.mutate(**{f"{cost}_first": estimated(cost, "dividend") for cost in COSTS})
    rows = rows.mutate(
        **{f"{cost}_near": rows[f"{cost}_dividend"] - rows[f"{cost}_first"] * rows.total for cost in COSTS}
    )
    rows = rows.mutate(**{f"{cost}_second": estimated(cost, "near") for cost in COSTS})
    rows = rows.mutate(**{f"{cost}_near": rows[f"{cost}_near"] - rows[f"{cost}_second"] * rows.total for cost in COSTS})
    rows = rows.mutate(**{
        f"{cost}_step": ibis.cases(
            (rows[f"{cost}_near"] < 0, -1), (rows[f"{cost}_near"] >= rows.total, 1), else_=0
        )
        for cost in COSTS
    })  # fmt: skip
    return rows.mutate(
        **{f"{cost}_carry": rows[f"{cost}_near"] - rows[f"{cost}_step"] * rows.total for cost in COSTS},
        **{
            f"{cost}_digit": wide(rows[f"{cost}_first"]) + rows[f"{cost}_second"] + rows[f"{cost}_step"]
            for cost in COSTS
        },
    )
