"""A month of bills with what its provider recommends for their resources, allocated to cost centers."""

from __future__ import annotations

from datetime import date

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from ingestion.models import BillSource
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW
from tests.ingestion.recommended import keep_list
from tests.showback.ledgers import plant

RULES = """
version: 1
dimensions:
- key: cost_center
  name: Cost center
  rules:
  - {when: {tag: center, exists: true}, value: {tag: center}}
"""
ARN = "arn:aws:ec2:eu-central-1:1:instance/"
SAVINGS = "estimated_monthly_savings"
# Of vm-both, Payments has 30 and Checkout 10.000000000000000001; nobody owns vm-lost.
CHARGES = [
    charge("100", tags={"center": "2010"}, sub_account_id="1", resource_id="i-pay"),
    charge("80.5", on=2, tags={"center": "2010"}, sub_account_id="1", resource_id="i-pay"),
    charge("30", tags={"center": "2010"}, sub_account_id="1", resource_id="vm-both"),
    charge("10.000000000000000001", tags={"center": "2020"}, sub_account_id="1", resource_id="vm-both"),
    charge("5", tags={"center": "2020"}, sub_account_id="2", resource_id="i-pay"),
    charge("7", tags={"center": "2020"}, sub_account_id="1", resource_id="disk"),
    charge("60", tags={"center": "9020"}, sub_account_id="1", resource_id="logs", currency="EUR"),
    charge("3", sub_account_id="1", resource_id="vm-lost"),
    charge("9", tags={"center": "2010"}, sub_account_id="1", resource_id=None),
]
ADVICE = (
    {"resource_id": f"{ARN}i-pay", SAVINGS: "40.1", "recommendation_id": "small"},
    {"resource_id": f"{ARN}i-pay", SAVINGS: "90.25", "recommendation_id": "stop", "action": "Stop"},
    {"resource_id": "vm-both", SAVINGS: "12", "action": "MigrateToGraviton", "recommendation_id": "both"},
    {"resource_id": "disk", SAVINGS: "0.000000000000000001", "action": "Delete", "recommendation_id": "disk"},
    {"resource_id": "logs", SAVINGS: "20", "recommendation_id": "logs"},
    {"resource_id": "vm-lost", SAVINGS: "500", "recommendation_id": "lost"},
    {"resource_id": "vm-gone", SAVINGS: "500", "recommendation_id": "gone"},
    {"resource_id": None, SAVINGS: "900", "action": "PurchaseSavingsPlans", "recommendation_id": "plan"},
    {"resource_id": "vm-both", "sub_account_id": "9", SAVINGS: "500", "recommendation_id": "elsewhere"},
    {"resource_id": "disk", SAVINGS: "0", "action": "Upgrade", "recommendation_id": "nothing"},
)


def advised(organization, *, told_on=date(2026, 10, 31)):
    """Save the tree, a bill in force with its lines, its ledger, and a list of recommendations; return the source."""
    with tenant(organization.id):
        plant(organization)
        publish_rules(parse(RULES), organization_id=organization.id, published_by=None, at=NOW)
    bill_in_force(organization, CHARGES, keeps_lines=True)
    allocate(organization.id, period=OCTOBER)
    with tenant(organization.id):
        source = BillSource.objects.get()
    told(source, told_on=told_on)
    return source


def told(source, *more, told_on):
    """Save a list with the recommendations and these."""
    keep_list(source, *({"sub_account_id": "1", **one} for one in (*ADVICE, *more)), told_on=told_on)
