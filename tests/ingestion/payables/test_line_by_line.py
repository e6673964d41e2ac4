"""Lines of an invoice held against its charges."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.payables.facts import InvoiceLine
from ingestion.payables.line_by_line import DetailSum, reconcile_lines


def line(detail_id, amount, category="Usage", **more):
    return InvoiceLine(
        detail_id=detail_id,
        charge_category=category,
        billing_account_id="42",
        billing_period=date(2026, 10, 1),
        amount=Decimal(amount),
        **more,
    )


def charges(cost, detail_id="", category="Usage", rows=1):
    return DetailSum(detail_id=detail_id, charge_category=category, billed_cost=Decimal(cost), charge_count=rows)


def rows(lines, sums, status="issued"):
    found = reconcile_lines(lines, sums, currency="USD", status=status)
    return [(one.key, one.state, one.difference) for one in found]


def test_lines_meet_their_charges_by_id():
    lines = [line("1", "10"), line("2", "20"), line("2", "5"), line("3", "7"), line("4", "9", "Tax")]
    sums = [charges("10", "1"), charges("24.5", "2"), charges("2", "4", "Tax"), charges("1", "5")]

    assert rows(lines, sums) == [
        ("1", "matches", Decimal(0)),
        ("2", "within_tolerance", Decimal("-0.5")),
        ("3", "no_charges", Decimal(-7)),
        ("4", "not_held", Decimal(-7)),
        ("5", "no_line", Decimal(1)),
    ]


def test_lines_meet_charges_without_ids_by_category():
    lines = [line("1", "10"), line("2", "20"), line("3", "-5", "Credit")]
    sums = [charges("33", rows=2), charges("-5", category="Credit")]

    assert rows(lines, sums) == [("Usage", "differs", Decimal(3)), ("Credit", "matches", Decimal(0))]


def test_without_charges_every_line_stands_for_itself():
    assert rows([line("1", "10"), line("2", "20")], []) == [
        ("1", "no_charges", Decimal(-10)),
        ("2", "no_charges", Decimal(-20)),
    ]


@pytest.mark.parametrize(("status", "state"), [("open", "not_issued"), ("voided", "voided")])
def test_lines_that_nobody_asks_to_be_paid_are_held_to_nothing(status, state):
    assert rows([line("1", "10")], [charges("99", "1")], status=status) == [("1", state, Decimal(89))]
