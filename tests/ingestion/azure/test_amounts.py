"""Products of exact numbers."""

from __future__ import annotations

from decimal import Context, Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.azure.amounts import product, reciprocal

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=9)


def multiplied(first: str, second: str) -> Decimal | None:
    numbers = f"SELECT CAST('{first}' AS DECIMAL(38,18)) AS a, CAST('{second}' AS DECIMAL(38,18)) AS b"
    (answer,) = duckdb.connect().execute(f"SELECT {product('a', 'b')} FROM ({numbers})").fetchone()
    return answer


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("24.5", "0.11", "2.695"),
        ("-24.5", "0.11", "-2.695"),
        ("0.000000000000000003", "0.5", "0.000000000000000002"),
        ("123456789012345678", "2", "246913578024691356"),
        ("9999999999", "9999999999.5", "99999999985000000000.5"),
    ],
)
def test_a_product_is_exact_to_eighteen_digits(first, second, expected):
    assert multiplied(first, second) == Decimal(expected)


def test_a_product_beyond_what_can_be_stored_is_unknown():
    assert multiplied("99999999999999999999", "2") is None
    assert multiplied("999999999999", "999999999999") is None


@given(first=AMOUNTS, second=AMOUNTS)
def test_a_product_is_that_of_decimals(first: Decimal, second: Decimal):
    assert multiplied(f"{first:f}", f"{second:f}") == Context(prec=60).multiply(first, second)


def test_the_reciprocal_of_a_block_is_exact_for_twos_and_fives():
    assert reciprocal(10_000) == "CAST('0.000100000000000000' AS DECIMAL(38,18))"
    assert reciprocal(1) == "CAST('1.000000000000000000' AS DECIMAL(38,18))"
