"""One tenant's many months do not hold up another's one, with real workers, Postgres and Redis."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import new_site

pytestmark = pytest.mark.crash

MONTHS = 36
WORKERS = 2

SCRIPT = """
import json, time
from datetime import date
from allocation.models import AllocationRun
from allocation.tasks import allocate_due
from itfm import pipeline
from itfm.accounts.services import create_organization
from itfm.core.events import AllocationRequested
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
def seeded(slug, months):
    organization = create_organization(slug, slug=slug)
    for number in range(months):
        period = date(2024 + number // 12, number % 12 + 1, 1)
        bill_in_force(organization, [charge(str(number + 1), on=period)], period=period)
    return organization.id
def runs(organization, **what):
    with tenant(organization):
        return list(AllocationRun.objects.filter(**what).order_by("started_at").values_list("started_at", "finished_at"))
def wait_until(is_so):
    deadline = time.monotonic() + 300
    while not is_so():
        assert time.monotonic() < deadline, (runs(big), runs(small))
        time.sleep(0.05)
big, small = seeded("big-" + WAY, MONTHS), seeded("small-" + WAY, 1)
allocate_due(organization_id=str(big))
print("ready", flush=True)
wait_until(lambda: len(runs(big, state="published")) >= 3)
queued_at = time.time()
pipeline.follow(AllocationRequested(organization_id=small, billing_period=date(2024, 1, 1)))
wait_until(lambda: runs(small, state="published") and len(runs(big, state="published")) == MONTHS)
((started_at, _),) = runs(small)
print(json.dumps({
    "waited": started_at.timestamp() - queued_at,
    "started_between": sum(queued_at < one.timestamp() < started_at.timestamp() for one, _ in runs(big)),
    "rest": max(end.timestamp() for _, end in runs(big)) - queued_at,
    "left": sum(one.timestamp() > queued_at for one, _ in runs(big)),
}), flush=True)
"""


@pytest.fixture(scope="module")
def site():
    """One site for both ways of serving."""
    with new_site() as site:
        # The sweep would put the small one's month in line by itself.
        site.environment["ITFM_SWEEP_SECONDS"] = "3600"
        site.manage("migrate", "--database", "owner", "-v", "0")
        yield site


def small_ones_wait(site, *, app):
    """Return how a month that is asked for among another's many fares."""
    way = app.rpartition(".")[2].replace("_", "-")
    with site.script(f"WAY, MONTHS = '{way}', {MONTHS}\n{SCRIPT}") as script:
        assert script.stdout.readline() == "ready\n"
        worker = site.start_worker(app=app, concurrency=WORKERS)
        told = json.loads(script.stdout.readline())
        site.kill_worker(worker)
    return told


def test_a_small_tenant_waits_for_one_month_of_a_large_one_not_for_all(site):
    told = small_ones_wait(site, app="itfm.celery")

    assert told["left"] > MONTHS / 2, "the control: the large one had most of its months to go"
    assert told["started_between"] <= WORKERS
    assert told["waited"] < told["rest"] / 2


def test_served_by_who_came_first_it_would_wait_for_all(site):
    """The control: without turns the same months fail the promise."""
    told = small_ones_wait(site, app="tests.acceptance.first_come")

    assert told["left"] > MONTHS / 2
    assert told["started_between"] >= told["left"] - WORKERS
