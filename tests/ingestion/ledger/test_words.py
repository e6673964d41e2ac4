"""How ledgers write days, amounts and accounts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.amortization.charges import amount_text
from ingestion.ledger.accounts import number_and_name, pool_of, read_account_map, read_accounts
from ingestion.ledger.layouts import columns_of
from ingestion.ledger.writing import ledger_day, ledger_units, slashed_days

CENT = 10**16


@pytest.mark.parametrize(
    ("text", "mark", "cents"),
    [
        ("1234.5", ".", 123450),
        ("1,234.50", ".", 123450),
        ("(1,234.50)", ".", -123450),
        ("1234.50-", ".", -123450),
        ("-1,234,567.89", ".", -123456789),
        ("+7", ".", 700),
        ("1.234,50", ",", 123450),
        ("1.234,50-", ",", -123450),
        (".5", ".", 50),
    ],
)
def test_amounts_are_read_as_ledgers_write_them(text, mark, cents):
    assert ledger_units(text, mark=mark) == cents * CENT


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1.234,50", "."),
        ("1,23.45", "."),
        ("12,34", "."),
        ("1,234.50", ","),
        ("--1", "."),
        ("", "."),
        ("$5", "."),
        ("()", "."),
    ],
)
def test_an_amount_with_other_marks_is_none(text, mark):
    assert ledger_units(text, mark=mark) is None


@given(st.integers(-(10**30), 10**30))
def test_an_amount_that_was_written_is_read_again(units: int):
    assert ledger_units(amount_text(units), mark=".") == units


@pytest.mark.parametrize("text", ["2026-10-31", "31.10.2026", "31 Oct 2026", "31-October-2026", "31/10/2026"])
def test_days_are_read_as_ledgers_write_them(text):
    assert ledger_day(text, slashed="DD/MM/YYYY") == date(2026, 10, 31)


def test_a_day_with_slashes_is_read_only_once_it_is_known_how():
    assert ledger_day("10/05/2026", slashed=None) is None
    assert ledger_day("10/05/2026", slashed="MM/DD/YYYY") == date(2026, 10, 5)
    assert ledger_day("10/31/2026", slashed="DD/MM/YYYY") is None
    assert ledger_day("5 Foo 2026", slashed=None) is None


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["10/05/2026", "10/13/2026"], "MM/DD/YYYY"),
        (["10/05/2026", "13/10/2026"], "DD/MM/YYYY"),
        (["10/05/2026"], None),
        (["13/10/2026", "10/13/2026"], None),
        ([], None),
    ],
)
def test_one_day_that_can_be_written_in_one_way_only_tells_how_all_are(texts, form):
    assert slashed_days(texts) == form


MAP = read_account_map("6100-6199=Labor; 62*=software\n6300, 6310=Telecom; Rent and power=Facilities & Power")


@pytest.mark.parametrize(
    ("account", "pool"),
    [
        ("6100", "Internal Labor"),
        ("6199", "Internal Labor"),
        ("0000006150", "Internal Labor"),
        ("62", "Software"),
        ("6299.10", "Software"),
        ("6310", "Telecom"),
        ("Rent  and POWER", "Facilities & Power"),
        ("6200", "Software"),
        ("6320", None),
        ("61500", None),
        ("Software", None),
    ],
)
def test_an_account_is_of_the_pool_of_the_first_entry_that_names_it(account, pool):
    assert pool_of(account, MAP) == pool


@pytest.mark.parametrize("text", ["6100", "=Software", "6100=Cakes", "6200-6100=Software"])
def test_a_map_that_cannot_be_meant_is_refused(text):
    with pytest.raises(ValueError, match="names no accounts|is no cost pool|ends before it begins"):
        read_account_map(text)


def test_all_accounts_are_meant_by_a_star():
    assert "9" in read_accounts("*")[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("6100", ("6100", "6100")),
        ("6100 Software", ("6100", "Software")),
        ("6100 - Software:Licenses", ("6100", "Software:Licenses")),
        ("6100-10 · Software", ("6100-10", "Software")),
        ("Software", ("Software", "Software")),
    ],
)
def test_an_account_may_be_written_with_its_name(text, parts):
    assert number_and_name(text) == parts


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        ({"date", "account", "amount"}, "generic"),
        ({"date", "account", "debit", "credit", "description"}, "generic"),
        ({"posting_date", "account", "amount_in_local_currency"}, "SAP"),
        ({"date", "transaction_type", "num", "account", "debit", "credit"}, "QuickBooks"),
        ({"date", "source", "account_code", "account", "debit", "credit"}, "Xero"),
        ({"date", "document_number", "memo", "account", "amount"}, "NetSuite"),
        ({"date", "account", "debit"}, None),
        ({"date", "amount"}, None),
    ],
)
def test_titles_tell_the_system(names, layout):
    found = columns_of(names)

    assert (found.layout if found else None) == layout
