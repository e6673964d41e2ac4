"""Exact shares as relational expressions: the same numbers as `itfm.core.money.split`, row by row. Pure.

Amounts are whole `quanta` of 10^-12 with the units of 10^-18 below (`rest`); weights are whole numbers.
Both are decimals of scale 0 to Ibis and Spark, and 128-bit integers in DuckDB. A quotient is first estimated in double
precision and then corrected by exact integer remainders, because a 128-bit division costs a hundred times a
multiplication; no result is ever a double. A product of more than 38 digits is avoided by long division in limbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import ibis
from ibis import _
from ibis.expr.types import IntegerValue, Table

from itfm.core.money import UNITS_PER_QUANTUM

Units = ibis.dtype("decimal(38, 0)")
Money = ibis.dtype("decimal(38, 18)")

LARGEST: Final = 10**38 - 1
"""The largest whole number of every engine: a decimal of 38 digits, which 128 bits hold too."""
MAX_LIMB_DIGITS: Final = 18
MAX_ESTIMATED_DIGITS: Final = 15
"""A quotient of so many digits is estimated in double precision with an error of at most one."""
MAX_TOTAL_WEIGHT: Final = 5 * 10**28
"""Above this even single-digit limbs come close to 128 bits; such weights are shared in Python instead."""
MAX_POSITIONS: Final = 10**4
"""Up to so many receivers, a remainder and a position are ranked as one number, which sorts faster than two."""


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


@ibis.udf.scalar.builtin
def row_of(_number: ibis.dtype("int64")) -> ibis.dtype("int64"):  # type: ignore[valid-type]
    """Return the number of a row of a small table, as short as the engine's own numbers of rows allow."""


@dataclass(frozen=True)
class Division:
    """How to divide without overflow: the dividend in `limbs` parts of `digits` decimal digits.

    `rank_bits` is how long the number is that a remainder and a position make, 0 when they are ranked as two.
    """

    limbs: int
    digits: int
    rank_bits: int = 0


def division(*, largest_quanta: int, largest_total: int, receivers: int) -> Division:
    """Return the fewest limbs with which no intermediate product exceeds `LARGEST`.

    `receivers` is how many there are at most of one amount.

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
    digits = digits if _fits(digits, largest_total) else -(-length // limbs)
    return Division(limbs, digits, _rank_bits(largest_total, receivers))


def _rank_bits(total: int, receivers: int) -> int:
    largest = total * UNITS_PER_QUANTUM * MAX_POSITIONS
    if receivers > MAX_POSITIONS or largest > LARGEST:
        return 0
    return 64 if largest < 2**63 else 128


def _fits(digits: int, total: int) -> bool:
    return digits <= MAX_LIMB_DIGITS and 2 * total * 10**digits <= LARGEST


def in_quanta(rows: Table) -> Table:
    """Add the size of each `amount` as whole `quanta` and the `rest` below."""
    return rows.mutate(quanta=quanta(rows.amount.abs()), rest=rest(rows.amount.abs()))


def times(rows: Table) -> Table:
    """Take `quanta` and `rest` `multiple` times."""
    rest = rows.rest * rows.multiple
    over = floor_div(rest, UNITS_PER_QUANTUM)
    return rows.mutate(quanta=rows.quanta * rows.multiple + over, rest=rest - over * UNITS_PER_QUANTUM)


def signed(rows: Table, whole: Any, below: Any) -> Any:
    """Return a part of an `amount` with the amount's own sign."""
    part = money_of(whole, below)
    return ibis.ifelse(rows.amount < 0, -part, part)


def even_quotients(rows: Table) -> Table:
    """Add, for amounts over `total` receivers of weight 1, what `each` gets and the `missing` quanta."""
    rows = rows.mutate(each=floor_div(rows.quanta, rows.total))
    return rows.mutate(missing=rows.quanta - rows.each * rows.total)


def even_parts(rows: Table) -> Table:
    """Add the `part` of the receiver at `position`: all remainders tie, so the first are served."""
    extra = (rows.position < rows.missing).cast("int64")
    below = ibis.ifelse(rows.position == 0, rows.rest, 0)
    return rows.mutate(part=signed(rows, rows.each + extra, below))


def in_limbs(rows: Table, division: Division) -> Table:
    """Add the limbs of `quanta`, `limb_0` the lowest."""
    if division.limbs == 1:
        return rows.mutate(limb_0=rows.quanta)
    base, left = 10**division.digits, "quanta"
    for limb in range(division.limbs - 1):
        rows = rows.mutate(**{f"left_{limb}": floor_div(rows[left], base)})
        rows = rows.mutate(**{f"limb_{limb}": rows[left] - rows[f"left_{limb}"] * base})
        left = f"left_{limb}"
    return rows.mutate(**{f"limb_{division.limbs - 1}": rows[left]})


def weighted_wholes(rows: Table, division: Division) -> Table:
    """Return the `whole` quanta of a receiver with `weight` of `total`, and what it is ranked by.

    That is the `remainder` that truncation left, or the number `rank_by` that is the larger the earlier it is served.
    Grain: `amount_number` and `position`, and nothing else, for these rows are ranked next, which their width decides.
    """
    rows = _quotients(rows, division)
    rows = rows.mutate(remainder=rows.carry * UNITS_PER_QUANTUM + rows.rest * rows.weight)
    # The units below a quantum can add one more quantum to the quotient.
    rows = rows.mutate(over=rows.remainder >= rows.total * UNITS_PER_QUANTUM)
    rows = rows.mutate(
        whole=rows.quotient + rows.over.cast("int64"),
        remainder=ibis.ifelse(rows.over, rows.remainder - rows.total * UNITS_PER_QUANTUM, rows.remainder),
    )
    if division.limbs * division.digits <= MAX_LIMB_DIGITS:
        rows = rows.mutate(whole=rows.whole.cast("int64"))
    ranked_by = "remainder"
    if division.rank_bits:
        number = rows.remainder * MAX_POSITIONS - rows.position
        rows, ranked_by = rows.mutate(rank_by=number.cast("int64") if division.rank_bits == 64 else number), "rank_by"
    return rows.select("amount_number", "position", "whole", ranked_by)


def ranked(rows: Table, division: Division) -> Table:
    """Add what all receivers of an amount were `given`, and a receiver's `rank` by remainder, ties by position."""
    order = [_.rank_by.desc()] if division.rank_bits else [_.remainder.desc(), _.position]
    rows = rows.mutate(
        given=rows.whole.sum().over(ibis.window(group_by="amount_number")),
        rank=ibis.row_number().over(group_by=_.amount_number, order_by=order),
    )
    return rows.select("amount_number", "position", "whole", "given", "rank")


def weighted_parts(rows: Table) -> Table:
    """Add the `part` of a receiver: its whole quanta, and one of those that truncation left, handed out by rank."""
    extra = (rows["rank"] < rows.quanta - rows.given).cast("int64")
    below = ibis.ifelse(rows["rank"] == 0, rows["rest"], 0)
    return rows.mutate(part=signed(rows, rows.whole + extra, below))


def _quotients(rows: Table, division: Division) -> Table:
    """Add `quotient` and `carry`, the quotient and remainder of quanta x weight / total."""
    rows = rows.mutate(total_double=rows.total.cast("float64"))
    base = 10**division.digits
    for limb in reversed(range(division.limbs)):
        product = rows[f"limb_{limb}"] * rows.weight
        if limb == division.limbs - 1:
            rows = _digit(rows.mutate(dividend=product), division)
            rows = rows.mutate(quotient=rows.digit)
        else:
            rows = _digit(rows.mutate(dividend=rows.carry * base + product), division)
            rows = rows.mutate(quotient=rows.quotient * base + rows.digit)
    return rows


def _digit(rows: Table, division: Division) -> Table:
    """Add `digit` and `carry`: quotient below 2 x 10^`digits` and remainder of `dividend` by `total`.

    An estimate is off by up to 3 x 2^-53 of the quotient: rounded down by at most one while that is below 2 x 10^15,
    and the last step makes it exact. Above, what is left over is estimated once more first.
    """

    def estimated(name: str) -> IntegerValue:
        return (rows[name].cast("float64") / rows.total_double).floor().cast("int64")

    rows = rows.mutate(first=estimated("dividend"))
    rows = rows.mutate(near=rows.dividend - rows["first"] * rows.total)
    found = wide(rows["first"])
    if division.digits > MAX_ESTIMATED_DIGITS:
        rows = rows.mutate(second=estimated("near"))
        rows = rows.mutate(near=rows.near - rows.second * rows.total)
        found = found + rows.second
    rows = rows.mutate(step=ibis.cases((rows.near < 0, -1), (rows.near >= rows.total, 1), else_=0))
    return rows.mutate(carry=rows.near - rows.step * rows.total, digit=found + rows.step)
