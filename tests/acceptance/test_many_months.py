"""36 months allocated again by two workers, some of them killed, some canceled: as if one had done them in order."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.crash

MONTHS = 36

SCRIPT = '''
import json, time
from collections import Counter
from datetime import date
from django.db.models import Sum
from django.utils import timezone
from allocation.engine.rules import parse
from allocation.models import AllocatedCost, AllocationRun
from allocation.services import allocate, publish_rules
from allocation.services.reallocations import cancel_reallocation, request_reallocation
from itfm.accounts.services import create_organization
from itfm.audit.services import Actor
from itfm.core.models import Job
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
ADA = Actor(id=None, name="ada")
# Three rows of twelve months: within a row each falls back on the one before, the rows go side by side.
PERIODS = [date(2020 + 2 * (number // 12), number % 12 + 1, 1) for number in range(MONTHS)]
RULES = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
splits:
  - key: logging
    name: Logging
    stage: 1
    pool: {dimension: team, equals: logging}
    receivers: {dimension: team, one_of: [payments, search, mail]}
    method: {kind: metric, driver: log_gb}
    fallback: {kind: previous}
drivers:
  - key: log_gb
    name: Logs
    dimension: team
    unit: GB
    values:
""" + "".join(
    f"      - {{date: {first.isoformat()}, value: {team}, quantity: '{quantity}'}}\\n"
    for first in PERIODS[::12] for team, quantity in (("payments", 3), ("search", 2), ("mail", 2))
)
def seeded(slug):
    organization = create_organization(slug, slug=slug)
    for number, period in enumerate(PERIODS):
        costs = {"logging": f"{100 + number}.01", "payments": "1", "search": "2", "mail": "3"}
        rows = [charge(cost, on=period.replace(day=2), tags={"team": team}) for team, cost in costs.items()]
        bill_in_force(organization, rows, period=period)
    with tenant(organization.id):
        publish_rules(parse(RULES), organization_id=organization.id, published_by=None, at=timezone.now())
    return organization.id
def mart(organization):
    with tenant(organization):
        rows = AllocatedCost.objects.values_list("billing_period", "segment__dimension_values", "origin").annotate(
            billed=Sum("billed_cost"), effective=Sum("effective_cost"))
        return sorted([str(period), json.dumps(values, sort_keys=True), origin, f"{billed:f}", f"{effective:f}"]
                      for period, values, origin, billed, effective in rows)
def runs(**what):
    with tenant(many):
        return list(AllocationRun.objects.filter(**what).defer("proof"))
def wait_until(is_so):
    deadline = time.monotonic() + 400
    while not is_so():
        assert time.monotonic() < deadline, Counter(run.state for run in runs())
        time.sleep(0.05)
def overlapping(found):
    moments = sorted([(run.started_at, 1) for run in found] + [(run.finished_at, -1) for run in found])
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most
def ask():
    with tenant(many):
        return request_reallocation(None, last=None, organization_id=many, by=ADA, at=timezone.now())
def is_over(asked):
    return not any(run.state in ("queued", "running") for run in runs(reallocation=asked))
def say(**what):
    print(json.dumps(what), flush=True)
alone, many = seeded("alone"), seeded("many")
for period in PERIODS:
    allocate(alone, period=period)
asked = ask()
say(ready=True)
wait_until(lambda: len(runs(state="published")) >= 6 and len(runs(state="running")) == 2)
say(kill=True)
wait_until(lambda: is_over(asked))
done = runs(reallocation=asked)
say(states=Counter(run.state for run in done), errors=[run.error for run in done if run.error], attempts=max(run.attempts for run in done),
    side_by_side=overlapping([run for run in done if run.attempts == 1]), rows=len(mart(many)),
    same=mart(many) == mart(alone), published=len(runs(state="published")))
asked = ask()
wait_until(lambda: len(runs(reallocation=asked, state="published")) >= 4)
with tenant(many):
    taken_back = cancel_reallocation(asked.id, by=ADA, at=timezone.now())
    said_at = timezone.now()
wait_until(lambda: is_over(asked))
late = [run for run in runs(reallocation=asked, state="published") if run.finished_at > said_at]
say(taken_back=taken_back, states=Counter(run.state for run in runs(reallocation=asked)), late=len(late),
    same=mart(many) == mart(alone), published=len(runs(state="published")))
'''


def test_months_in_parallel_equal_months_in_order_whoever_is_killed_or_canceled(site):
    site.environment["ITFM_SWEEP_SECONDS"] = "10"
    site.manage("migrate", "--database", "owner", "-v", "0")
    with site.script(f"MONTHS = {MONTHS}\n{SCRIPT}") as script:

        def told():
            return json.loads(script.stdout.readline())

        assert told() == {"ready": True}
        workers = [site.start_worker(), site.start_worker(with_beat=False)]
        assert told() == {"kill": True}
        for worker in workers:
            site.kill_worker(worker)
        site.start_worker()
        site.start_worker(with_beat=False)
        all_done, canceled = told(), told()

    assert all_done["states"] == {"published": MONTHS}, all_done["errors"]
    assert all_done["published"] == MONTHS
    assert all_done["attempts"] == 2, "the control: a run was cut off and taken up again"
    assert all_done["side_by_side"] == 2
    # A month has three teams with a direct and a received row each, and the pool with its direct and its out row.
    assert all_done["rows"] == MONTHS * 8
    assert all_done["same"]

    assert canceled["taken_back"] > 0
    assert canceled["late"] <= 2, "one that is at its last step may finish"
    assert set(canceled["states"]) == {"published", "canceled"}
    assert sum(canceled["states"].values()) == MONTHS
    assert canceled["published"] == MONTHS, "every month has one ledger in force"
    assert canceled["same"]
