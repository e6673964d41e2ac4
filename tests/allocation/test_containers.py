"""A node's cost reaches the namespaces that ran on it, from AWS's export in a bucket to the mart."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from allocation.engine.rules import parse
from allocation.models import AllocationRun
from allocation.selectors import cost_rows, names_of
from allocation.services import allocate, publish_rules
from ingestion.services import create_source
from itfm.core.tenancy import tenant
from tests.allocation.engine.bills import OCTOBER
from tests.conftest import NOW
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.connectors.test_aws_splits import NODE, POD, blank, split
from tests.ingestion.normalize.bills import aws_rows, csv_text, gzipped
from tests.ingestion.pulls import in_force, pull

RULES = """
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {tag: kubernetes_namespace, exists: true}, value: {tag: kubernetes_namespace}}
      - {when: {column: service_name, equals: Kubernetes idle capacity}, value: idle}
      - {when: {tag: team, exists: true}, value: {tag: team}}
splits:
  - key: idle
    name: What nobody took
    stage: 1
    pool: {dimension: team, equals: idle}
    receivers: {dimension: team, one_of: [shop, pay]}
    method: {kind: proportional}
"""
PERIOD = "report/20261001-20261101"
PAY = {"lineItem/ResourceId": "arn:aws:eks:eu-west-1:2222:pod/prod/pay/bill-1/uid"}


@pytest.fixture
def source(acme, settings):
    settings.PRIVATE_ENDPOINTS = True
    lines = [{**NODE, "cost": "10"}, split(POD, "3", "1"), split(POD, "2", "1", **PAY)]
    manifest = {
        "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
        "reportKeys": [f"{PERIOD}/report-00001.csv.gz"],
    }
    with s3_service() as url, tenant(acme.id):
        text = csv_text(aws_rows(*blank(*lines)))
        objects = {"report-Manifest.json": json.dumps(manifest).encode(), "report-00001.csv.gz": gzipped(text)}
        put_objects(url, bucket="bills", objects={f"{PERIOD}/{name}": body for name, body in objects.items()})
        yield create_source(
            organization_id=acme.id,
            key="aws",
            name="AWS",
            kind="aws_cur",
            settings={
                "bucket": "bills", "endpoint_url": url, "region": "us-east-1", "access_key_id": ACCESS_KEY_ID,
                "secret_access_key": SECRET_ACCESS_KEY,
            },
            at=NOW,
        )  # fmt: skip


def test_namespaces_pay_for_what_they_took_and_their_share_of_what_is_idle(acme, source):
    # Of 10, shop took 3 and pay 2; 2 are idle, shared 3 to 2; 3 are hours in which nothing ran on the node.
    run = pull(source)
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
    allocated = allocate(acme.id, period=OCTOBER)

    assert (run.state, run.error_message) == ("imported", "")
    assert [(month, Decimal(cost)) for month, _, cost in in_force(source, currency="USD")] == [("2026-10", Decimal(10))]
    assert allocated.proof["holds"] is True
    with tenant(acme.id):
        rows = cost_rows(OCTOBER, by=["Team"], rule_set=names_of(AllocationRun.objects.get(state="published").rule_set))
        assert {row.groups[0]: (row.effective_cost, row.billed_cost) for row in rows} == {
            "shop": (Decimal("4.2"), Decimal("4.2")),
            "pay": (Decimal("2.8"), Decimal("2.8")),
            "platform": (Decimal(3), Decimal(3)),
            "idle": (Decimal(0), Decimal(0)),
        }
