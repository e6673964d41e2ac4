"""Stretches of days say, a month at a time, what their charges would say one by one."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingestion.amortization.calendar import month_of
from ingestion.amortization.charges import Charge, charge_cells
from ingestion.amortization.settings import Window
from ingestion.amortization.straight_line import UNITS_OF_ONE, daily, shares_between
from ingestion.amortization.stretches import Stretch

AMOUNTS = st.integers(-(10**38), 10**38) | st.integers(-1000, 1000).map(lambda cents: cents * UNITS_OF_ONE // 100)
DAYS = st.dates(date(1999, 12, 1), date(2004, 3, 31))


@given(amount=AMOUNTS, whole=st.integers(1, 800), data=st.data())
def test_some_shares_are_those_of_all(amount, whole, data):
    first = data.draw(st.integers(0, whole))
    last = data.draw(st.integers(first, whole))

    assert shares_between(amount, first, last, whole=whole) == list(daily(amount, days=whole))[first:last]


@given(amount=AMOUNTS, start=DAYS, whole=st.integers(1, 800), data=st.data())
def test_the_lines_of_a_stretch_are_those_of_its_charges(amount, start, whole, data):
    days = data.draw(st.integers(1, whole))
    window = Window(start=data.draw(st.none() | DAYS), end=data.draw(DAYS))
    parts = list(daily(amount, days=whole))[:days]
    charges = [Charge(start + timedelta(days=n), "Usage", "Recurring", 0, part) for n, part in enumerate(parts)]
    stretch = Stretch(start=start, days=days, amount=amount, whole=whole)

    first, last = stretch.inside(window)
    written = [(month, line) for month, lines in stretch.lines(first, max(first, last)) for line in lines]

    inside = [charge for charge in charges if charge.day in window]
    assert written == [(month_of(charge.day), charge_cells(charge)) for charge in inside]
    assert stretch.spent(first) == sum(parts[:first])
    assert stretch.spent(days) - stretch.spent(last) == sum(parts[last:])


def test_a_stretch_over_a_leap_day_worked_by_hand():
    stretch = Stretch(start=date(2028, 2, 28), days=3, amount=100 * UNITS_OF_ONE, whole=3)

    assert list(stretch.lines(0, 3)) == [
        (
            date(2028, 2, 1),
            ["2028-02-28,Usage,Recurring,0,33.333333333333", "2028-02-29,Usage,Recurring,0,33.333333333333"],
        ),
        (date(2028, 3, 1), ["2028-03-01,Usage,Recurring,0,33.333333333334"]),
    ]
