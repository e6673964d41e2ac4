"""Products of exact numbers."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.azure.amounts import product, product_of_texts, reciprocal
from tests import duck

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=9)


def multiplied(first: str, second: str) -> Decimal | None:
    numbers = f"SELECT CAST('{first}' AS DECIMAL(38,18)) AS a, CAST('{second}' AS DECIMAL(38,18)) AS b"
    [(answer,)] = duck.rows(f"SELECT {product('a', 'b')} FROM ({numbers})")
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


NUMBERS = [
    "24",
    "0.11",
    "-3.000000001",
    "0.123456789",
    "0.1234567891",
    "999999999.999999999",
    "-1000000000",
    "0.000000000000000001",
    "12345678901234567890.123456789012345678",
]


@pytest.mark.parametrize("one", NUMBERS)
@pytest.mark.parametrize("other", NUMBERS)
def test_the_quick_way_gives_what_the_long_one_does(one: str, other: str):
    first, second = (f"CAST('{text}' AS DECIMAL(38,18))" for text in (one, other))
    long = product(first, second)
    quick = product_of_texts((f"'{one}'", f"'{other}'"), first=first, second=second, where="TRUE", otherwise=long)

    answers = duck.rows(f"SELECT {quick}, {long}")[0]

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("one", "other", "is_quick"),
    [("0.123456789", "-999999999.5", True), ("0.1234567891", "1", False), ("1", "1000000000", False)],
)
def test_the_quick_way_is_taken_where_nine_digits_do(one: str, other: str, is_quick: bool):
    first, second = (f"CAST('{text}' AS DECIMAL(38,18))" for text in (one, other))
    sql = product_of_texts((f"'{one}'", f"'{other}'"), first=first, second=second, where="TRUE", otherwise="NULL")

    answer = duck.rows(f"SELECT {sql}")[0][0]

    assert answer == (Decimal(one) * Decimal(other) if is_quick else None)
