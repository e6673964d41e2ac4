"""Two months of a small organization, allocated."""

from datetime import date

import pytest

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW

SEPTEMBER = date(2026, 9, 1)
RULES = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
  - {key: product, name: Product, rules: [{when: {tag: product, exists: true}, value: {tag: product}}]}
splits:
  - key: platform
    name: Platform to teams
    stage: 1
    pool: {dimension: team, equals: Platform}
    receivers: {dimension: team, one_of: [Payments, Search]}
    method: {kind: even}
"""
OF_OCTOBER = [
    charge("100", on=1, tags={"team": "Platform"}, sub_account_id="1", service_name="EC2"),
    charge("7.5", on=1, tags={"team": "Payments", "product": "Cards"}, sub_account_id="2", service_name="S3"),
    charge("12.5", on=2, tags={"team": "Payments", "product": "Loans"}, sub_account_id="2", service_name="EC2"),
    charge("1", on=3, tags={"team": "Search"}, sub_account_id="3", service_name="S3", region_id="eu-west-1"),
    charge("0.25", on=2, sub_account_id="3", service_name="Support"),
    charge("3", on=date(2026, 11, 1), tags={"team": "Search"}, sub_account_id="3", service_name="S3"),
    charge("40", on=2, currency="EUR", tags={"team": "Search"}, sub_account_id="4", service_name="S3"),
]
OF_SEPTEMBER = [
    charge("5", on=date(2026, 9, 3), tags={"team": "Payments"}, sub_account_id="2", service_name="S3"),
    charge("9", on=date(2026, 9, 4), tags={"team": "Mail"}, sub_account_id="2", service_name="S3"),
]


@pytest.fixture
def company(acme):
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
    bill_in_force(acme, OF_OCTOBER)
    bill_in_force(acme, OF_SEPTEMBER, period=SEPTEMBER)
    for period in (SEPTEMBER, OCTOBER):
        allocate(acme.id, period=period)
    return acme
