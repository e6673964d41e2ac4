"""A split that falls back on the billing period before shares as it did then."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from allocation.engine.rules import parse
from allocation.models import AllocationRun
from allocation.selectors import cost_rows, names_of
from allocation.services import allocatable_periods, allocate, due_periods, period_it_waits_for, publish_rules
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW

SEPTEMBER = date(2026, 9, 1)
RULES = """
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {tag: team, exists: true}, value: {tag: team}}
splits:
  - key: logging
    name: Logging
    stage: 1
    pool: {dimension: team, equals: logging}
    receivers: {dimension: team, one_of: [payments, search]}
    method: {kind: metric, driver: log_gb}
    fallback: {kind: previous}
drivers:
  - key: log_gb
    name: Logs
    dimension: team
    unit: GB
    values:
      - {date: 2026-09-10, value: payments, quantity: "30"}
      - {date: 2026-09-10, value: search, quantity: "10"}
"""


def publish(organization, text=RULES):
    with tenant(organization.id):
        publish_rules(parse(text), organization_id=organization.id, published_by=None, at=NOW)


def bill(organization, period, cost):
    bill_in_force(
        organization,
        [
            charge(cost, on=period.replace(day=2), tags={"team": "logging"}),
            charge("1", on=period.replace(day=2), tags={"team": "payments"}),
            charge("1", on=period.replace(day=2), tags={"team": "search"}),
        ],
        period=period,
    )


def by_team(organization, period):
    with tenant(organization.id):
        run = AllocationRun.objects.get(state="published", billing_period=period)
        rows = cost_rows(period, by=["team"], rule_set=names_of(run.rule_set))
        return {row.groups[0]: row.effective_cost for row in rows}


@pytest.fixture
def september(acme):
    publish(acme)
    bill(acme, SEPTEMBER, "80")
    return allocate(acme.id, period=SEPTEMBER)


def test_a_month_without_driver_values_is_shared_as_the_month_before(acme, september):
    bill(acme, OCTOBER, "20")

    run = allocate(acme.id, period=OCTOBER)

    assert by_team(acme, SEPTEMBER) == {"logging": 0, "payments": Decimal(61), "search": Decimal(21)}
    assert by_team(acme, OCTOBER) == {"logging": 0, "payments": Decimal(16), "search": Decimal(6)}
    assert [finding["code"] for finding in run.proof["findings"]] == ["fallback_used"]


def test_without_a_month_before_the_amount_stays_in_its_pool(acme):
    publish(acme)
    bill(acme, OCTOBER, "20")

    run = allocate(acme.id, period=OCTOBER)

    assert by_team(acme, OCTOBER) == {"logging": Decimal(20), "payments": Decimal(1), "search": Decimal(1)}
    assert [held["reason"] for held in run.proof["held"]] == ["previous_unknown"]


def test_a_credit_in_the_month_before_is_no_share(acme):
    publish(acme)
    bill(acme, SEPTEMBER, "-80")
    allocate(acme.id, period=SEPTEMBER)
    bill(acme, OCTOBER, "20")

    run = allocate(acme.id, period=OCTOBER)

    assert [held["reason"] for held in run.proof["held"]] == ["previous_unknown"]


def test_a_changed_month_before_makes_the_next_one_due(acme, september):
    bill(acme, OCTOBER, "20")
    allocate(acme.id, period=OCTOBER)
    bill(acme, SEPTEMBER, "40")
    allocate(acme.id, period=SEPTEMBER)

    assert due_periods(acme.id) == [OCTOBER]


def test_months_do_not_hang_together_where_nothing_falls_back(acme):
    publish(acme, RULES.replace("    fallback: {kind: previous}\n", ""))
    bill(acme, SEPTEMBER, "80")
    bill(acme, OCTOBER, "20")
    allocate(acme.id, period=OCTOBER)

    allocate(acme.id, period=SEPTEMBER)

    assert due_periods(acme.id) == []


NOVEMBER = date(2026, 11, 1)


def test_a_period_waits_for_those_before_it_in_a_row(acme, september):
    bill(acme, OCTOBER, "50")
    bill(acme, NOVEMBER, "70")
    assert allocatable_periods(acme.id) == [OCTOBER]
    assert period_it_waits_for(acme.id, period=NOVEMBER) == OCTOBER

    allocate(acme.id, period=OCTOBER)
    assert allocatable_periods(acme.id) == [NOVEMBER]

    # By a bill of September, October will change and then November: neither goes ahead of it.
    allocate(acme.id, period=NOVEMBER)
    bill(acme, SEPTEMBER, "10")
    assert allocatable_periods(acme.id) == [SEPTEMBER]
    assert period_it_waits_for(acme.id, period=NOVEMBER) == SEPTEMBER


def test_a_gap_in_the_bills_is_waited_for_by_nobody(acme, september):
    bill(acme, SEPTEMBER, "10")
    bill(acme, NOVEMBER, "70")

    assert sorted(allocatable_periods(acme.id)) == [SEPTEMBER, NOVEMBER]


def test_without_a_fallback_on_the_period_before_none_waits(acme):
    publish(acme, RULES.replace("    fallback: {kind: previous}\n", ""))
    bill(acme, SEPTEMBER, "40")
    bill(acme, OCTOBER, "50")

    assert sorted(allocatable_periods(acme.id)) == [SEPTEMBER, OCTOBER]


def minutes_pass(organization):
    """Let what failed have failed a while ago."""
    with tenant(organization.id):
        AllocationRun.objects.filter(state="failed").update(finished_at=F("finished_at") - timedelta(minutes=11))


def test_a_period_whose_run_fails_is_not_waited_for_for_ever(acme, september, monkeypatch):
    bill(acme, SEPTEMBER, "10")
    bill(acme, OCTOBER, "50")
    assert allocatable_periods(acme.id) == [SEPTEMBER]

    def crash(*args, **options):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("allocation.services.runs.replace_mart", crash)
        with pytest.raises(OSError, match="disk is full"):
            allocate(acme.id, period=SEPTEMBER)
    assert allocatable_periods(acme.id) == [OCTOBER], "September rests for a minute"
    minutes_pass(acme)
    assert sorted(allocatable_periods(acme.id)) == [SEPTEMBER, OCTOBER]

    allocate(acme.id, period=OCTOBER)
    allocate(acme.id, period=SEPTEMBER)
    assert allocatable_periods(acme.id) == [OCTOBER]


def test_a_task_of_a_period_that_waits_does_nothing_and_the_one_before_it_calls_for_it(
    acme, september, django_capture_on_commit_callbacks, monkeypatch
):
    from allocation import tasks
    from itfm import pipeline

    bill(acme, SEPTEMBER, "10")
    bill(acme, OCTOBER, "50")
    followed = []
    monkeypatch.setattr(pipeline, "follow", lambda event: followed.append(type(event).__name__))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.allocate_period(organization_id=str(acme.id), billing_period="2026-10-01")
        assert allocatable_periods(acme.id) == [SEPTEMBER]
        tasks.allocate_period(organization_id=str(acme.id), billing_period="2026-09-01")

    assert followed == ["PeriodAllocated", "SharesChanged"]
    assert allocatable_periods(acme.id) == [OCTOBER]
