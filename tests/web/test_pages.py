"""What is worked out for a page: shares, changes, the proof, and who sees which menu."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from itfm.core.policy import Role
from itfm.web.bills.page import RunRow
from itfm.web.charts import daily_costs
from itfm.web.overview.page import CurrencyOverview, Reconciliation, ValueCost
from itfm.web.people.page import InvitationPage
from itfm.web.shell.page import OrganizationChoice, PeriodChoice, Shell, organizations_of

AT = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
ACME, GLOBEX = UUID(int=1), UUID(int=2)


def shell(role: Role) -> Shell:
    acme = OrganizationChoice(id=ACME, name="Acme", role=role, is_current=True)
    return Shell(
        section="overview", organization=acme, organizations=(acme,), person_name="Ada", person_email="ada@acme.example"
    )


def reconciliation(bill_total: str, allocated: str, unallocated: str) -> Reconciliation:
    return Reconciliation(
        bill_total=Decimal(bill_total),
        allocated=Decimal(allocated),
        unallocated=Decimal(unallocated),
        rule_version=3,
        allocated_at=AT,
    )


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.OWNER, ["Overview", "Explore", "Bills", "Allocation", "Showback", "Settings"]),
        (Role.FINANCE, ["Overview", "Explore", "Bills", "Allocation", "Showback", "Settings"]),
        (Role.ENGINEER, ["Overview", "Explore", "Showback", "Settings"]),
    ],
)
def test_the_menu_shows_what_the_role_may_read(role, labels):
    assert [item.label for item in shell(role).navigation] == labels


def test_the_menu_marks_the_page_one_is_on():
    assert [item.section for item in shell(Role.OWNER).navigation if item.is_current] == ["overview"]


def test_neighboring_periods_are_those_with_data():
    period = PeriodChoice(
        shown=date(2026, 8, 1), available=(date(2026, 10, 1), date(2026, 9, 1), date(2026, 8, 1), date(2026, 5, 1))
    )

    assert (period.older, period.newer) == (date(2026, 5, 1), date(2026, 9, 1))


def test_the_oldest_period_has_nothing_before_it():
    period = PeriodChoice(shown=date(2026, 5, 1), available=(date(2026, 5, 1),))

    assert (period.older, period.newer) == (None, None)


def test_a_share_and_a_change_are_worked_out():
    row = ValueCost(name="payments", cost=Decimal(150), previous_cost=Decimal(120), total=Decimal(600))

    assert row.share_percent == Decimal(25)
    assert row.change == Decimal(30)
    assert row.change_percent == Decimal(25)


def test_a_value_that_is_new_has_no_change():
    row = ValueCost(name="payments", cost=Decimal(150), previous_cost=None, total=Decimal(600))

    assert (row.change, row.change_percent) == (None, None)


def test_a_rise_from_a_credit_is_positive():
    row = ValueCost(name="payments", cost=Decimal(50), previous_cost=Decimal(-100), total=Decimal(600))

    assert (row.change, row.change_percent) == (Decimal(150), Decimal(150))


def test_a_change_from_nothing_has_no_percentage():
    row = ValueCost(name="payments", cost=Decimal(50), previous_cost=Decimal(0), total=Decimal(0))

    assert (row.change, row.change_percent, row.share_percent) == (Decimal(50), None, None)


def test_the_last_digit_of_a_large_bill_is_not_lost():
    proof = reconciliation("12345678901234567890.000000000000000003", "12345678901234567890", "0.000000000000000003")

    assert proof.difference == 0
    assert proof.is_exact


def test_the_smallest_difference_is_a_difference():
    proof = reconciliation("12345678901234567890.000000000000000003", "12345678901234567890", "0.000000000000000002")

    assert proof.difference == Decimal("0.000000000000000001")
    assert not proof.is_exact


def test_allocated_and_unallocated_percent_come_from_the_ledger():
    overview = CurrencyOverview(
        currency="USD",
        total=Decimal(400),
        previous_total=Decimal(500),
        values=(),
        daily=daily_costs([], currency="USD"),
        reconciliation=reconciliation("400", "390", "10"),
    )

    assert (overview.allocated_percent, overview.unallocated_percent) == (Decimal("97.5"), Decimal("2.5"))
    assert (overview.change, overview.change_percent) == (Decimal(-100), Decimal(-20))


def test_progress_is_a_hundred_only_when_done():
    run = RunRow(
        id=ACME,
        source_name="AWS",
        state="running",
        trigger="person",
        queued_at=AT,
        started_at=AT,
        finished_at=None,
        progress_ratio=Decimal("0.9999"),
        finding_count=3,
    )

    assert run.progress_percent == 99
    assert run.hidden_finding_count == 3


def test_organizations_stand_by_name_and_the_current_one_is_marked():
    found = organizations_of(
        [
            OrganizationChoice(id=GLOBEX, name="globex", role=Role.VIEWER),
            OrganizationChoice(id=ACME, name="Acme", role=Role.OWNER, is_current=True),
        ],
        current_id=GLOBEX,
    )

    assert [(choice.name, choice.is_current) for choice in found] == [("Acme", False), ("globex", True)]


@pytest.mark.parametrize(
    ("logged_in", "is_for_somebody_else"), [("", False), ("Ada@acme.example", False), ("eve@acme.example", True)]
)
def test_an_invitation_knows_whom_it_is_for(logged_in, is_for_somebody_else):
    page = InvitationPage(token="t", invited_email="ada@acme.example", person_email=logged_in)

    assert page.is_for_somebody_else is is_for_somebody_else
