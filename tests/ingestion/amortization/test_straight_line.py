"""Spreading amounts: exact sums, whatever the amount and the term."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ingestion.amortization.calendar import month_after
from ingestion.amortization.installments import SCHEDULES, installments
from ingestion.amortization.straight_line import UNITS_OF_ONE, daily, due, shares

amounts = st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1)
QUANTUM = 10**6
CENT = 10**16


def test_a_hundred_over_three_days_is_the_table_of_the_docstring():
    parts = list(daily(100 * UNITS_OF_ONE, days=3))

    assert parts == [33_333333333333_000000, 33_333333333333_000000, 33_333333333334_000000]


def test_digits_beyond_the_twelfth_are_in_the_last_day():
    assert list(daily(-7, days=2)) == [0, -7]


@given(amounts, st.integers(1, 2_000))
def test_days_add_up_to_the_amount_and_hardly_differ(amount: int, days: int):
    parts = list(daily(amount, days=days))

    assert sum(parts) == amount
    assert len(parts) == days
    assert all(abs(Fraction(amount, days) - part) < 2 * QUANTUM for part in parts)


@given(amounts, st.integers(1, 500), st.data())
def test_any_days_in_a_row_are_the_difference_of_what_is_due(amount: int, days: int, data: st.DataObject):
    parts = list(daily(amount, days=days))
    first = data.draw(st.integers(0, days))
    end = data.draw(st.integers(first, days))

    difference = due(amount, part=end, whole=days) - due(amount, part=first, whole=days)

    assert sum(parts[first:end]) == difference


@given(amounts, st.lists(st.integers(1, 400), min_size=1, max_size=50), st.integers(0, 12))
def test_shares_add_up_and_only_the_last_has_more_decimals(amount: int, weights: list[int], decimals: int):
    parts = list(shares(amount, weights, whole=sum(weights), decimals=decimals))

    assert sum(parts) == amount
    assert all(part % 10 ** (18 - decimals) == 0 for part in parts[:-1])


days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(amounts, days, st.integers(1, 4_000), st.sampled_from(sorted(SCHEDULES)), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_invoices_add_up_to_the_contract_and_lie_in_its_term(
    amount: int, start: date, length: int, schedule: str, currency: str
):
    end = start + timedelta(days=length)

    invoices = installments(amount, start=start, end=end, every=SCHEDULES[schedule], currency=currency)

    assert sum(part for _, part in invoices) == amount
    assert invoices[0][0] == start
    assert all(start <= day < end for day, _ in invoices)
    assert [day for day, _ in invoices] == sorted({day for day, _ in invoices})


def test_whole_periods_are_invoiced_in_equal_parts_of_whole_cents():
    year = installments(100 * UNITS_OF_ONE, start=date(2026, 1, 31), end=date(2026, 4, 30), every=1, currency="EUR")

    assert year == [
        (date(2026, 1, 31), 3333 * CENT),
        (date(2026, 2, 28), 3333 * CENT),
        (date(2026, 3, 31), 3334 * CENT),
    ]


def test_a_yen_is_not_divided():
    halves = installments(101 * UNITS_OF_ONE, start=date(2026, 1, 1), end=date(2028, 1, 1), every=12, currency="JPY")

    assert [part for _, part in halves] == [50 * UNITS_OF_ONE, 51 * UNITS_OF_ONE]


def test_a_broken_term_is_invoiced_by_days():
    # 365 days and 31 more: 396 for 396 days.
    invoices = installments(396 * UNITS_OF_ONE, start=date(2026, 1, 1), end=date(2027, 2, 1), every=12, currency="EUR")

    assert invoices == [(date(2026, 1, 1), 365 * UNITS_OF_ONE), (date(2027, 1, 1), 31 * UNITS_OF_ONE)]


@given(days, st.integers(0, 600))
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int):
    later = month_after(day, months=months)

    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
