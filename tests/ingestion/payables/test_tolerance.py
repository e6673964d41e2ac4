"""How far rounding may set an invoice and its charges apart."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.payables.tolerance import tolerance


@pytest.mark.parametrize(
    ("currency", "rows", "expected"),
    [
        ("USD", 0, "1"),
        ("USD", 40_000, "1"),  # 200 x 0.005: as much as 100 cents
        ("USD", 40_401, "1.005"),  # 201 x 0.005
        ("USD", 4_000_000, "10"),
        ("JPY", 900, "100"),
        ("KWD", 1, "0.1"),
        ("CREDITS", 1, "1"),
    ],
)
def test_it_is_a_hundred_subunits_or_half_of_one_for_the_root_of_the_rows(currency, rows, expected):
    assert tolerance(currency, rows=rows) == Decimal(expected)


@given(rows=st.integers(min_value=40_001, max_value=10**12))
def test_an_amount_of_eighteen_decimals_is_within_it_exactly_when_its_square_is(rows):
    limit = tolerance("USD", rows=rows)

    digits = int(limit.scaleb(18))
    # limit <= sqrt(rows) x 0.005 < limit + 10^-18, squared and in whole numbers of 10^-36.
    assert digits**2 <= rows * 25 * 10**30 < (digits + 1) ** 2
