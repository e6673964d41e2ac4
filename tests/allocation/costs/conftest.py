"""Two months of a small organization, allocated."""

from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allocation.engine.rules import parse
from allocation.engine.weighing import COSTS
from allocation.services import allocate, publish_rules
from ingestion.focus import attributes
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import MONEY, OCTOBER, _attributes, charge
from tests.conftest import NOW

SEPTEMBER = date(2026, 9, 1)
KINDS = dict.fromkeys((*COSTS, "consumed_quantity"), MONEY) | {"resource_id": pa.string()}
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


def keep_charges(revision, charges):
    """Write the charges of a revision as an import keeps them, two lines for each, the second with the odd half."""
    folder = lake.organization_folder(revision.organization_id) / revision.folder
    texts = [*attributes.COLUMNS, "tags"]
    sets = {
        tuple(row[name] for name in texts): row["attribute_set_id"]
        for row in pq.read_table(folder / "attribute_sets.parquet").to_pylist()
    }
    rows = []
    for one in charges:
        for number, resource in enumerate(("vm-1", None)):
            half = [(cost / 2).quantize(Decimal("0.01")) for cost in one["costs"]]
            costs = [cost - part if number else part for cost, part in zip(one["costs"], half, strict=True)]
            rows.append(
                {
                    "x_file_number": 0, "x_row_number": len(rows) + 1, "x_attribute_set_id": sets[_attributes(one)],
                    "billing_currency": one["billing_currency"], "resource_id": resource,
                    "charge_period_start": datetime.combine(one["charge_date"], time()),
                    "sub_account_id": one["columns"].get("sub_account_id"),
                    "service_name": one["columns"].get("service_name"), "charge_description": f"line {len(rows) + 1}",
                    **dict(zip(COSTS, costs, strict=True)), "consumed_quantity": Decimal("0.5"),
                }
            )  # fmt: skip
    columns = {name: pa.array([row[name] for row in rows], KINDS.get(name)) for name in rows[0]}
    pq.write_table(pa.table(columns), folder / "charges.parquet")
    revision.files = [{"name": "bill.csv"}]
    with tenant(revision.organization_id):
        revision.save()


def allocated(organization):
    """Publish the rules, keep both bills with their charges, and allocate them."""
    with tenant(organization.id):
        publish_rules(parse(RULES), organization_id=organization.id, published_by=None, at=NOW)
    keep_charges(bill_in_force(organization, OF_OCTOBER), OF_OCTOBER)
    keep_charges(bill_in_force(organization, OF_SEPTEMBER, period=SEPTEMBER), OF_SEPTEMBER)
    for period in (SEPTEMBER, OCTOBER):
        allocate(organization.id, period=period)
    return organization


@pytest.fixture
def company(acme):
    return allocated(acme)
