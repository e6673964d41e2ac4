"""Shares worked out by the relational engine are those of `itfm.core.money.split`, digit for digit."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocation.engine import relations, shares
from allocation.engine.backends.duckdb import DuckDB
from itfm.core import money

UNITS, MONEY = pa.decimal128(38, 0), pa.decimal128(38, 18)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with DuckDB(threads=1).session(reads=[], writes=tmp_path_factory.mktemp("shares")) as opened:
        yield opened


amounts = st.builds(
    lambda units, digits: Decimal(units % 10**digits).scaleb(-18),
    st.integers(-(10**30), 10**30),
    st.integers(1, 30),
)
weights = st.lists(
    st.builds(lambda number, digits: number % 10**digits + 1, st.integers(0, 10**20), st.integers(1, 20)),
    min_size=2,
    max_size=9,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(amounts, min_size=1, max_size=12, unique=True),
    weighing=weights,
    receivers=st.sampled_from((9, shares.MAX_POSITIONS + 1)),
)
def test_parts_of_any_amount_by_any_weights(session, found, weighing, receivers):
    total = sum(weighing)
    largest = max(int(abs(amount).scaleb(12)) for amount in found)
    division = shares.division(largest_quanta=largest, largest_total=total, receivers=receivers)
    sized = [divmod(int(abs(amount).scaleb(18)), money.UNITS_PER_QUANTUM) for amount in found]
    session.load("amounts", pa.table({
        "amount_number": pa.array(range(len(found)), pa.int64()),
        "weights_number": pa.array([0] * len(found), pa.int32()),
        "total": pa.array([Decimal(total)] * len(found), UNITS),
        "is_even": pa.array([False] * len(found)),
        "amount": pa.array(found, MONEY),
        "quanta": pa.array([Decimal(whole) for whole, _ in sized], UNITS),
        "rest": pa.array([Decimal(below) for _, below in sized], UNITS),
    }))  # fmt: skip
    session.load("weights", pa.table({
        "weights_number": pa.array([0] * len(weighing), pa.int32()),
        "receiver_number": pa.array(range(len(weighing)), pa.int32()),
        "position": pa.array(range(len(weighing)), pa.int32()),
        "weight": pa.array([Decimal(one) for one in weighing], UNITS),
        "driver_quantity": pa.array([Decimal(0)] * len(weighing), MONEY),
        "driver_total": pa.array([Decimal(0)] * len(weighing), MONEY),
    }))  # fmt: skip

    rows = session.rows(relations.weighted_parts(division)).to_pylist()

    expected = {
        number: list(money.split(amount, {f"{at:02}": Decimal(one) for at, one in enumerate(weighing)}).values())
        for number, amount in enumerate(found)
    }
    assert {row["amount_number"]: row["parts"] for row in rows} == expected
