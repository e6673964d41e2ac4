"""Jobs that kill their worker, eat its memory or hang are given up, and the other organizations hardly notice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingestion.focus_files import line, write_bill

pytestmark = [pytest.mark.crash, pytest.mark.slow]

MONTHS = 24
WORKERS = 4
POISONS = ("kill", "memory", "hang")
KEPT_THROUGHPUT = 0.9

SCRIPT = """
import json, time
from datetime import date
from pathlib import Path
from django.utils import timezone
from allocation.models import AllocationRun
from allocation.services import due_periods
from allocation.tasks import allocate_due
from ingestion.models import ImportRun
from ingestion.services import create_source, request_import
from itfm.accounts.services import create_organization
from itfm.core.tenancy import tenant
from tests.acceptance.poisoned import PERIODS
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
def seeded(slug, periods):
    organization = create_organization(slug, slug=slug)
    for number, period in enumerate(periods):
        bill_in_force(organization, [charge(str(number + 1), on=period)], period=period)
    return organization.id
def wait_until(is_so, seconds=400):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, told(bad)
        time.sleep(0.05)
def published(organization):
    with tenant(organization):
        return AllocationRun.objects.filter(state="published").count()
def seconds_for(organization):
    start = time.monotonic()
    allocate_due(organization_id=str(organization))
    wait_until(lambda: published(organization) == MONTHS)
    return time.monotonic() - start
def told(organization):
    with tenant(organization):
        return {
            "imports": {run.source.key: [run.state, run.attempts, run.error_message]
                        for run in ImportRun.objects.filter(trigger="schedule").select_related("source")},
            "runs": {PERIODS[run.billing_period]: [run.state, run.error]
                     for run in AllocationRun.objects.order_by("started_at")},
            "count": AllocationRun.objects.count(),
        }
def is_over(organization):
    now = told(organization)
    states = [state for state, *_ in (*now["imports"].values(), *now["runs"].values())]
    return len(now["runs"]) == 3 and not {"queued", "running", ""} & set(states) and not due_periods(organization)
months = [date(2019 + number // 12, number % 12 + 1, 1) for number in range(MONTHS)]
warm, quiet, loud = (seeded(slug, months) for slug in ("warm", "quiet", "loud"))
print("ready", flush=True)
seconds_for(warm)
alone = seconds_for(quiet)
bad = seeded("bad", PERIODS)
with tenant(bad):
    for key in PERIODS.values():
        source = create_source(organization_id=bad, key=key, name=key, kind="focus",
                               settings={"path": str(Path(BILLS) / key)}, at=timezone.now())
        request_import(source, trigger="schedule", at=timezone.now())
allocate_due(organization_id=str(bad))
wait_until(lambda: told(bad)["runs"].get("hang", [""])[0] == told(bad)["imports"]["hang"][0] == "running")
beside = seconds_for(loud)
wait_until(lambda: is_over(bad))
print(json.dumps({"alone": alone, "beside": beside, **told(bad)}), flush=True)
"""


def test_poison_is_given_up_in_words_and_others_keep_their_pace(site, tmp_path: Path):
    for key in POISONS:
        write_bill(tmp_path / key / "bill.csv", line("1.5"))
    tmp_path.chmod(0o755)
    site.environment |= {
        "ITFM_SWEEP_SECONDS": "2", "ITFM_TASK_SECONDS": "20", "ITFM_WORKER_MEMORY_MB": "2000", "ITFM_ENGINE_MEMORY_MB": "256",
    }  # fmt: skip
    site.manage("migrate", "--database", "owner", "-v", "0")
    with site.script(f"MONTHS, BILLS = {MONTHS}, {str(tmp_path)!r}\n{SCRIPT}") as script:
        assert script.stdout.readline() == "ready\n"
        site.start_worker(app="tests.acceptance.poisoned", concurrency=WORKERS)
        told = json.loads(script.stdout.readline())

    assert {key: told["imports"][key][:2] for key in POISONS} == {
        "kill": ["quarantined", 4],
        "memory": ["failed", 3],
        "hang": ["quarantined", 4],
    }
    assert {key: told["runs"][key][0] for key in POISONS} == dict.fromkeys(POISONS, "quarantined")
    for message in (told["imports"]["kill"][2], told["imports"]["hang"][2], told["runs"]["hang"][1]):
        assert "tried 3 times, and each time its worker stopped before it was done" in message
    for message in (told["imports"]["memory"][2], told["runs"]["memory"][1]):
        assert "It needs more than the 2,000 MB a worker may use" in message
    assert told["alone"] / told["beside"] >= KEPT_THROUGHPUT, told
