"""How figures read."""

from datetime import date
from decimal import Decimal

import pytest

from itfm.web.display import (
    MINUS,
    amount_text,
    exact_places,
    exact_text,
    money_text,
    percent_text,
    period_text,
    size_text,
)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234567.895", "USD", "1,234,567.90"),
        ("1234567.885", "USD", "1,234,567.88"),  # half goes to the even digit
        ("-1234.5", "USD", "\N{MINUS SIGN}1,234.50"),
        ("-0.001", "USD", "0.00"),
        ("0", "EUR", "0.00"),
        ("1234.6", "JPY", "1,235"),
        ("1.2345", "KWD", "1.234"),  # Kuwait divides its dinar by a thousand
        ("1.2345", "CREDITS", "1.23"),
        ("99999999999999999999.995", "USD", "100,000,000,000,000,000,000.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount, currency, text):
    assert amount_text(Decimal(amount), currency) == text


def test_an_amount_and_its_currency_stay_on_one_line():
    assert money_text(Decimal("20.5202"), "USD") == "20.52\N{NO-BREAK SPACE}USD"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.682308697400000000", "1.6823086974"),
        ("-1234.500000000000000000", "\N{MINUS SIGN}1,234.5"),
        ("100", "100"),
        ("0E-18", "0"),
        ("-0.00", "0"),
        ("1E-12", "0.000000000001"),
        ("12345678901234567890.000000000000000001", "12,345,678,901,234,567,890.000000000000000001"),
    ],
)
def test_the_exact_amount_has_every_digit_and_no_trailing_zero(amount, text):
    assert exact_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        ("12.34", "12.3 %"),
        ("0", "0.0 %"),
        ("100", "100.0 %"),
        ("0.01", "< 0.1 %"),
        ("-0.01", "> \N{MINUS SIGN}0.1 %"),
        ("99.99", "> 99.9 %"),
        ("133.333", "133.3 %"),
        ("-5.25", "\N{MINUS SIGN}5.2 %"),
    ],
)
def test_a_percentage_never_rounds_to_nothing_or_to_all(percent, text):
    assert percent_text(Decimal(percent)).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (5 * 10**15, "5,000.0 TB")],
)
def test_a_size_is_in_powers_of_a_thousand(size, text):
    assert size_text(size).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_period_is_a_month_and_a_year():
    assert period_text(date(2026, 10, 1)) == "October 2026"


def test_exact_amounts_of_a_column_line_up_and_lose_no_digit():
    column = [Decimal("1250.5"), Decimal("-0.123"), Decimal(7), None]

    places = exact_places(column)

    assert places == 3
    assert [exact_text(one, places=places) for one in column if one is not None] == [
        "1,250.500",
        f"{MINUS}0.123",
        "7.000",
    ]
