"""Sums have room for every digit a bill can hold, in every thread."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal


def total():
    return Decimal("99999999999999999999.999999999999999999") + Decimal("0.000000000000000001")


def test_a_sum_of_20_and_18_digits_is_exact_in_this_thread():
    assert total() == Decimal("100000000000000000000")
    assert str(Decimal("99999999999999999999.999999999999999999") + 0) == "99999999999999999999.999999999999999999"


def test_a_sum_of_20_and_18_digits_is_exact_in_a_new_thread():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(total).result() == Decimal("100000000000000000000")
