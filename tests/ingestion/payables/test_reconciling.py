"""Invoices of one period held against its charges, the numbers worked out by hand."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.payables.reconciling import ChargeSum, Invoiced, reconcile, unknown_numbers
from itfm.core.money import total

OCTOBER, OTHER = UUID(int=1), UUID(int=2)


def charges(cost, *, number="", issuer="Cloud", account="42", currency="USD", is_tax=False, rows=1, bill=OCTOBER):
    return ChargeSum(
        bill_id=bill,
        number=number,
        issuer=issuer,
        account=account,
        currency=currency,
        is_tax=is_tax,
        billed_cost=Decimal(cost),
        charge_count=rows,
    )


def invoice(amount, number="7", *, issuer="Cloud", account="", currency="USD", tax=None, status="issued", place=1):
    return Invoiced(
        id=UUID(int=place),
        issuer=issuer,
        number=number,
        account=account,
        currency=currency,
        amount=Decimal(amount),
        tax=None if tax is None else Decimal(tax),
        status=status,
    )


def held(one, sums, **more):
    return reconcile([one], sums, **more)[one.id]


@pytest.mark.parametrize(
    ("amount", "state", "difference"),
    [
        ("100", "matches", "0"),
        ("99.00", "within_tolerance", "1.00"),
        ("98.999999999999999999", "differs", "1.000000000000000001"),
        ("101", "within_tolerance", "-1"),
        ("101.01", "differs", "-1.01"),
    ],
)
def test_an_issued_invoice_may_differ_by_the_tolerance_and_not_by_a_digit_more(amount, state, difference):
    found = held(invoice(amount), [charges("60", number="7"), charges("40", number="7", account="43")])

    assert (found.state, found.difference, found.ours) == (state, Decimal(difference), Decimal(100))
    assert found.is_by_number


def test_more_rows_may_round_by_more():
    sums = [charges("100", number="7", rows=1_000_000)]

    assert held(invoice("105"), sums).state == "within_tolerance"
    assert held(invoice("105.01"), sums).state == "differs"


@pytest.mark.parametrize(("status", "state"), [("open", "not_issued"), ("voided", "voided")])
def test_an_invoice_that_is_not_asked_to_be_paid_is_held_to_nothing(status, state):
    found = held(invoice("500", status=status), [charges("100", number="7")])

    assert (found.state, found.difference) == (state, Decimal(-400))


def test_tax_that_the_lines_tell_apart_is_held_to_nothing():
    sums = [charges("100", number="7"), charges("20", number="7", is_tax=True)]

    told, untold = held(invoice("119", tax="19"), sums), held(invoice("119"), sums)

    assert (told.state, told.amount, told.ours) == ("matches", Decimal(100), Decimal(100))
    assert (told.tax, told.tax_ours) == (Decimal(19), Decimal(20))
    assert (untold.state, untold.ours, untold.tax) == ("within_tolerance", Decimal(120), None)


def test_a_number_that_no_charge_carries_finds_none_where_others_carry_theirs():
    found = held(invoice("20", "8"), [charges("20", number="9"), charges("20")])

    assert (found.state, found.ours, found.by_bill) == ("no_charges", None, {})


def test_the_issuer_and_the_currency_belong_to_the_number():
    sums = [charges("20", number="7", issuer="Mail"), charges("20", number="7", currency="EUR")]

    assert held(invoice("20"), sums).state == "no_charges"
    assert held(invoice("20", issuer=" mail"), sums).state == "matches"


def test_invoices_of_an_issuer_without_numbers_are_held_together():
    first, second = invoice("5", "A", issuer="Mail", place=1), invoice("7", "B", issuer="Mail", place=2)

    found = reconcile([first, second], [charges("12", issuer="Mail"), charges("3")])

    assert {one.state for one in found.values()} == {"matches"}
    assert found[first.id].invoice_count == 2
    assert not found[first.id].is_by_number


def test_a_voided_invoice_takes_no_part_in_what_is_held_together():
    kept, voided = invoice("12", "A", place=1), invoice("12", "B", place=2, status="voided")

    found = reconcile([kept, voided], [charges("12")])

    assert (found[kept.id].state, found[kept.id].invoice_count) == ("matches", 1)
    assert (found[voided.id].state, found[voided.id].by_bill) == ("voided", {})


def test_an_account_takes_its_charges_and_no_account_the_rest():
    own, rest = invoice("10", "A", account="42", place=1), invoice("5", "B", place=2)

    found = reconcile([own, rest], [charges("10"), charges("3", account="43"), charges("2", account="44")])

    assert [found[one.id].ours for one in (own, rest)] == [Decimal(10), Decimal(5)]
    assert {one.state for one in found.values()} == {"matches"}


def test_charges_of_two_bills_are_told_by_bill_with_their_tax():
    sums = [
        charges("60", number="7"),
        charges("9", number="7", is_tax=True),
        charges("40", number="7", bill=OTHER),
    ]

    found = held(invoice("109", tax="9"), sums)

    assert found.by_bill == {OCTOBER: Decimal(69), OTHER: Decimal(40)}


def test_nothing_is_said_to_be_missing_while_charges_cannot_be_read():
    assert held(invoice("20"), [], is_readable=False).state == "unknown"
    assert held(invoice("20"), [charges("5", number="7")], is_readable=False).state == "unknown"
    assert held(invoice("20"), [charges("20", number="7")], is_readable=False).state == "matches"


def test_numbers_that_no_invoice_has_are_told_with_their_charges():
    sums = [charges("20", number="9"), charges("5", number="9", account="43"), charges("1", number="7"), charges("2")]

    unknown = unknown_numbers([invoice("1")], sums)

    assert {key: [one.billed_cost for one in group] for key, group in unknown.items()} == {
        ("Cloud", "9", "USD"): [Decimal(20), Decimal(5)]
    }


amounts = st.decimals(min_value="-1e9", max_value="1e9", places=18)
sums = st.lists(
    st.builds(charges, amounts, number=st.sampled_from(["", "7", "8", "9"]), account=st.sampled_from(["42", "43"])),
    max_size=8,
)


@given(sums=sums, amounts=st.lists(amounts, min_size=3, max_size=3))
def test_every_numbered_charge_is_of_one_invoice_or_unknown(sums, amounts):
    asked = [
        invoice(amount, number, place=place)
        for place, (amount, number) in enumerate(zip(amounts, "789", strict=True), 1)
    ]

    found = reconcile(asked[:2], sums)
    unknown = unknown_numbers(asked[:2], sums)

    if any(one.number for one in sums):
        told = [one.ours for one in found.values() if one.ours is not None]
        left = [one.billed_cost for group in unknown.values() for one in group]
        assert total([*told, *left]) == total(one.billed_cost for one in sums if one.number)


def test_twenty_thousand_invoices_of_an_issuer_without_numbers_are_added_up_once():
    """Each for itself they would be added up twenty thousand times, which takes many minutes."""
    many = [invoice("0.5", str(place), place=place) for place in range(1, 20_001)]
    last = invoice("7", "open", status="open", place=20_001)

    found = reconcile([*many, last], [charges("10007")])

    assert {found[one.id].state for one in many} == {"matches"}
    assert (found[last.id].state, found[last.id].amount, found[last.id].invoice_count) == (
        "not_issued", Decimal("10007.0"), 20_001,
    )  # fmt: skip
