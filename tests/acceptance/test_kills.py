"""kill -9 of worker, Postgres and Redis while bills are imported and allocated: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.site import PATIENCE_SECONDS, Site
from tests.ingestion.focus_files import line, write_bill

pytestmark = pytest.mark.crash

ROWS = 25_000
SOURCES = ("alpha", "beta")
MONTHS = (8, 9, 10)
KILLS = (
    ("import", "worker"),
    ("import", "postgres"),
    ("import", "redis"),
    ("allocation", "worker"),
    ("allocation", "postgres"),
    ("allocation", "redis"),
)
"""What is going on, and what is killed then. An import is given up after three attempts, so it is cut off twice."""

SEED = """
from pathlib import Path
from django.utils import timezone
from allocation.engine.rules import parse
from allocation.services import publish_rules
from ingestion.services import create_source, request_import
from itfm.accounts.services import create_organization
from itfm.core.tenancy import tenant
acme = create_organization("Acme", slug="acme")
with tenant(acme.id):
    publish_rules(parse(Path(RULES).read_text()), organization_id=acme.id, published_by=None, at=timezone.now())
    for key in SOURCES:
        source = create_source(organization_id=acme.id, key=key, name=key, kind="focus",
                               settings={"path": str(Path(BILLS) / key)}, at=timezone.now())
        request_import(source, trigger="schedule", at=timezone.now())
"""

STATE = """
import json
from django.db.models import Count, Sum
from allocation.models import AllocatedCost, AllocationRun
from allocation.services import due_periods
from ingestion.models import Bill, BillRevision, ImportRun
from itfm.accounts.models import Organization
from itfm.accounts.selectors import organization_ids
from itfm.core.tenancy import tenant
(acme,) = organization_ids()
with tenant(acme):
    told = {
        "runs": list(ImportRun.objects.order_by("source__key").values_list("source__key", "state", "error_message")),
        "revisions": BillRevision.objects.count(),
        "bills": Bill.objects.filter(current_revision__isnull=False).count(),
        "published": [f"{p:%Y-%m}" for p in AllocationRun.objects.filter(state="published").order_by("billing_period").values_list("billing_period", flat=True)],
        "refused": AllocationRun.objects.filter(state="refused").count(),
        "mart": {f"{row['billing_period']:%Y-%m}": str(row["cost"]) for row in AllocatedCost.objects.values("billing_period").annotate(cost=Sum("billed_cost"))},
        "charges": {f"{row['billing_period']:%Y-%m}": row["count"] for row in AllocatedCost.objects.values("billing_period").annotate(count=Sum("charge_count"))},
    }
told["due"] = [f"{p:%Y-%m}" for p in due_periods(acme)]
print(json.dumps(told))
"""

UNDER_WAY = {
    "import": "SELECT 1 FROM ingestion_importrun WHERE state = 'running' AND progress_ratio > 0.02",
    "allocation": "SELECT 1 FROM allocation_allocationrun WHERE state = 'running'",
}

RULES = """
version: 1
dimensions:
  - {key: service, name: Service, rules: [{when: {column: service_name, exists: true}, value: {column: service_name}}]}
splits:
  - {key: shared, name: Shared, stage: 1, pool: {dimension: service, equals: Shared}, receivers: {dimension: service}, method: {kind: even}}
"""


def bills(folder: Path) -> dict[str, tuple[Decimal, int]]:
    """Write the bills and return what each month must sum to, and how many charges it has."""
    services = ("Compute", "Storage", "Shared", "Network")
    expected = {}
    for month in MONTHS:
        total, count = Decimal(0), 0
        for number, source in enumerate(SOURCES):
            costs = [Decimal(row * 7 + number + month) / 10**9 for row in range(ROWS)]
            lines = (
                line(f"{cost:f}", month=month, day=1 + row % 27, service=services[row % 4])
                for row, cost in enumerate(costs)
            )
            write_bill(folder / source / f"BILLING_PERIOD=2026-{month:02}" / "bill.csv", *lines)
            total, count = total + sum(costs), count + ROWS
        expected[f"2026-{month:02}"] = (total, count)
    return expected


def test_nothing_is_lost_and_nothing_doubled_by_kills(site, tmp_path):
    expected = bills(tmp_path / "bills")
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    site.manage("migrate", "--database", "owner", "-v", "0")
    names = f"RULES, BILLS, SOURCES = {str(rules)!r}, {str(tmp_path / 'bills')!r}, {SOURCES!r}\n"
    site.manage("shell", "-v", "0", "-c", names + SEED)
    assert site.organization
    site.start_worker()
    moments = random.Random(20261102)

    for what, name in KILLS:
        site.wait_for(UNDER_WAY[what])
        time.sleep(moments.uniform(0, 0.4))
        site.kill(name)

    state = wait_until_done(site, expected)
    assert [(source, run) for source, run, _ in state["runs"]] == [(source, "imported") for source in SOURCES]
    assert state["revisions"] == state["bills"] == len(SOURCES) * len(MONTHS)
    assert state["published"] == sorted(expected)
    assert state["refused"] == 0
    assert {month: (Decimal(state["mart"][month]), state["charges"][month]) for month in expected} == expected


def wait_until_done(site: Site, expected: dict) -> dict:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = site.told(STATE)
        over = all(run not in {"queued", "running"} for _, run, _ in state["runs"])
        if over and not state["due"] and state["published"] == sorted(expected):
            return state
        time.sleep(1)
    pytest.fail(f"not done after {PATIENCE_SECONDS} s: {state}")
