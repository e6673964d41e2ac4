"""Depreciation: the tables of the methods, and sums that are exact."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.amortization.calendar import month_after
from ingestion.amortization.depreciation import Life
from ingestion.amortization.straight_line import UNITS_OF_ONE

CENT = UNITS_OF_ONE // 100
amounts = st.integers(0, 10**38 - 1)
starts = st.dates(date(1990, 1, 1), date(2100, 1, 1))
rates = st.none() | st.fractions(Fraction(1, 1000), 1, max_denominator=1000)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    cost = draw(amounts)
    salvage = draw(st.integers(0, cost))
    return Life(cost=cost, salvage=salvage, start=draw(starts), months=draw(st.integers(1, 130)), rate=draw(rates))


def test_the_declining_balance_is_the_table_of_the_docstring():
    life = Life(
        cost=1000 * UNITS_OF_ONE, salvage=100 * UNITS_OF_ONE, start=date(2026, 1, 1), months=60, rate=Fraction(2, 5)
    )

    assert [amount // CENT for _, _, amount in life.years()] == [40000, 24000, 14400, 8640, 2960]


def test_it_changes_to_a_straight_line_in_the_first_year_in_which_that_is_more():
    # 200 % over five years without salvage value: 40, 24, 14.4, then 21.6 over the two years left.
    life = Life(cost=100 * UNITS_OF_ONE, salvage=0, start=date(2026, 1, 1), months=60, rate=Fraction(2, 5))

    assert [amount // CENT for _, _, amount in life.years()] == [4000, 2400, 1440, 1080, 1080]


def test_a_broken_last_year_takes_what_is_left():
    # 18 months at 50 %: 60 of 120 in the first year (80 by straight line is more), the rest in six months.
    life = Life(cost=120 * UNITS_OF_ONE, salvage=0, start=date(2026, 7, 1), months=18, rate=Fraction(1, 2))

    assert [(first, end, amount // CENT) for first, end, amount in life.years()] == [
        (date(2026, 7, 1), date(2027, 7, 1), 8000),
        (date(2027, 7, 1), date(2028, 1, 1), 4000),
    ]


@settings(max_examples=40)
@given(lives())
def test_a_life_takes_the_cost_less_the_salvage_value_and_each_day_once(life: Life):
    days = list(life.days())

    assert sum(part for _, part in days) == life.cost - life.salvage
    assert all(part >= 0 for _, part in days)
    end = month_after(life.start, months=life.months)
    assert [day for day, _ in days] == [date.fromordinal(n) for n in range(life.start.toordinal(), end.toordinal())]


@given(lives())
def test_no_year_goes_below_the_salvage_value(life: Life):
    book = life.cost
    for _, _, amount in life.years():
        book -= amount
        assert book >= life.salvage
    assert book == life.salvage
