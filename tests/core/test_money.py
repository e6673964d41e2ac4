from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itfm.core import money

AMOUNTS = st.integers(-(10**37), 10**37).map(money.decimal_of)
WEIGHTS = st.dictionaries(
    st.text(min_size=1, max_size=3),
    st.one_of(
        st.just(Decimal(0)),
        st.decimals(0, 1000, places=6),
        st.decimals(Decimal("1E-18"), Decimal("9E-18"), places=18),
        st.integers(10**18, 10**19).map(Decimal),
    ),
    min_size=1,
    max_size=12,
).filter(lambda weights: any(weights.values()))


@pytest.mark.parametrize(
    ("text", "number"),
    [("12.50", "12.50"), ("-0.02", "-0.02"), (".5", "0.5"), ("7.", "7"), ("1E-7", "0.0000001"), ("+3", "3")],
)
def test_reads_plain_numbers_exactly(text, number):
    assert money.amount(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", " 1", "1_000", "1,000", "NaN", "Infinity", "\uff11\uff12", "0x10", "1e9999", "--1", "9" * 101]
)
def test_refuses_every_other_form_of_number(text):
    with pytest.raises(money.AmountError):
        money.amount(text)


def test_shares_a_hundred_over_three_to_the_last_quantum():
    parts = money.split(Decimal("100.00"), dict.fromkeys("cab", Decimal(1)))

    assert parts == {
        "a": Decimal("33.333333333334"),
        "b": Decimal("33.333333333333"),
        "c": Decimal("33.333333333333"),
    }


def test_hands_the_missing_quantum_to_the_largest_remainder():
    # 10^-12 over 1 : 2 leaves remainders of one and two thirds; the second is larger.
    parts = money.split(Decimal("0.000000000001"), {"a": Decimal(1), "b": Decimal(2)})

    assert parts == {"a": Decimal(0), "b": Decimal("0.000000000001")}


def test_gives_what_is_below_one_quantum_to_the_first_in_order():
    parts = money.split(Decimal("0.000000000000000005"), {"b": Decimal(1), "a": Decimal(1), "z": Decimal(3)})

    assert parts == {"b": Decimal(0), "a": Decimal(0), "z": Decimal("0.000000000000000005")}


def test_shares_a_credit_like_its_opposite():
    parts = money.split(Decimal("-100"), dict.fromkeys("abc", Decimal(1)))

    assert parts["a"] == Decimal("-33.333333333334")
    assert sum(parts.values()) == Decimal(-100)


def test_a_receiver_of_weight_zero_gets_nothing():
    assert money.split(Decimal(1), {"a": Decimal(0), "b": Decimal("0.1")}) == {"a": 0, "b": 1}


def test_refuses_a_negative_weight():
    with pytest.raises(money.NegativeWeightError, match="'b' is -1"):
        money.split(Decimal(1), {"a": Decimal(2), "b": Decimal(-1)})


@pytest.mark.parametrize("weights", [{}, {"a": Decimal(0)}])
def test_refuses_to_share_when_nobody_weighs_anything(weights):
    with pytest.raises(money.NoWeightError):
        money.split(Decimal(1), weights)


def test_refuses_an_amount_with_more_decimals_than_are_stored():
    with pytest.raises(money.AmountError, match="more than 18 decimals"):
        money.split(Decimal("1E-19"), {"a": Decimal(1)})


@given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_amount_and_stray_less_than_two_quanta_from_the_ratio(amount, weights):
    parts = money.split(amount, weights)

    assert sum(map(money.units_of, parts.values())) == money.units_of(amount)
    total = sum(map(Fraction, weights.values()))
    for receiver, part in parts.items():
        assert abs(Fraction(part) - Fraction(amount) * Fraction(weights[receiver]) / total) < Fraction(2, 10**12)


@given(AMOUNTS, WEIGHTS, st.randoms())
def test_parts_do_not_depend_on_the_order_of_the_receivers(amount, weights, random):
    shuffled = list(weights.items())
    random.shuffle(shuffled)

    assert money.split(amount, dict(shuffled)) == money.split(amount, weights)
