"""A split that falls back on the billing period before shares as it did then."""

from datetime import date
from decimal import Decimal

import pytest

from allocation.engine.rules import parse
from allocation.models import AllocationRun
from allocation.selectors import cost_rows, names_of
from allocation.services import allocate, due_periods, publish_rules
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
