"""Drivers as CSV."""

from datetime import date
from decimal import Decimal

import pytest

from allocation.engine import drivers


def test_reads_a_file_of_quantities():
    rows = drivers.read_csv('date,value,quantity\r\n2026-10-01,Payments,12.50\r\n\r\n2026-10-02,"A, B",-3\r\n')

    assert [(row.date, row.value, row.quantity) for row in rows] == [
        (date(2026, 10, 1), "Payments", Decimal("12.50")),
        (date(2026, 10, 2), "A, B", Decimal(-3)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1: the header must be date,value,quantity"),
        ("date,value\n", "row 1: the header must be"),
        ("date,value,quantity\n2026-10-01,a\n", "row 2: 2 fields instead of 3"),
        ("date,value,quantity\n2026-10-01,a,NaN\n", "row 2: 'NaN' is not a number"),
        ("date,value,quantity\n2026-10-01,a,1\n2026-13-01,a,1\n", "row 3: Input should be a valid date"),
        ("date,value,quantity\n2026-10-01,a,1E20\n", "row 2: a quantity has at most 20 digits"),
    ],
)
def test_names_the_row_that_cannot_be_read(text, message):
    with pytest.raises(drivers.DriverError, match=message):
        drivers.read_csv(text)


def test_the_fingerprint_looks_at_the_numbers_not_at_their_order_or_spelling():
    one = drivers.read_csv("date,value,quantity\n2026-10-01,a,1.50\n2026-10-02,b,2\n")
    other = drivers.read_csv("date,value,quantity\n2026-10-02,b,2.0\n2026-10-01,a,1.5\n")
    different = drivers.read_csv("date,value,quantity\n2026-10-02,b,2.0\n2026-10-01,a,1.6\n")

    assert drivers.fingerprint(one) == drivers.fingerprint(other)
    assert drivers.fingerprint(one) != drivers.fingerprint(different)
