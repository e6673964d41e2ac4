"""Bills in exactly once: imports killed at every step, called twice and too late; nothing lost, partial or doubled."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connections
from django.utils import timezone

from ingestion.models import Bill, BillRevision, BillSource, ImportRun
from ingestion.services import create_source, queue_due, request_import
from itfm.accounts.services import create_organization
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests import duck
from tests.acceptance.site import ROOT
from tests.ingestion.focus_files import line, write_bill

SEED = int(os.environ.get("KILL_SEED", "2026"))
KILLS = int(os.environ.get("KILLS", "500"))
"""How many kills the slow test makes at least."""
MONTHS = (9, 10)
SOURCES = ("alpha", "beta")
SIGKILL = 9
KILLED_SHARE = 0.8
"""Part of the processes that have a step to die at; some of them end before it comes."""
STEPS = {
    "counting the attempt": 1, "fetching": 1, "unpacking": 1, "reading": 1, "writing the charges": 2, "publishing": 1,
    "a bill of the delivery": 2, "moving the folder": 2, "syncing a file": 7, "adding a row": 3,
    "switching the revision": 2, "what was found": 1, "telling the workers": 2, "committing": 30, "saying how it ended": 1,
    "at some time": 1,
}  # fmt: skip
"""The steps of `tests.acceptance.killed`, and how often each comes in an import."""

Content = dict[str, tuple[Decimal, int]]
"""What a delivery says: by month, the sum and how many charges there are."""


class Broken(AssertionError):
    """What is in force is none of the deliveries, or one of them twice."""


@dataclass
class Deliveries:
    """Sources, what their folders hold, and the processes that import them."""

    organization_id: Any
    folder: Path
    children: subprocess.Popen[str]
    chance: random.Random
    is_naive: bool = False
    killed: Counter[str] = field(default_factory=Counter)
    sources: dict[str, BillSource] = field(default_factory=dict)
    before: dict[str, Content] = field(default_factory=dict)
    now: dict[str, Content] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)
    over: list[ImportRun] = field(default_factory=list)

    def deliver(self, key: str) -> None:
        """Put another bill into a source's folder: one file with two months, which come in together or not at all."""
        costs = {
            month: [Decimal(self.chance.randrange(10**9)) / 10**6 for _ in range(self.chance.randrange(1, 6))]
            for month in MONTHS
        }
        lines = [
            line(f"{cost:f}", month=month, day=day + 1) for month in MONTHS for day, cost in enumerate(costs[month])
        ]
        write_bill(self.folder / key / "bill.csv", *lines)
        self.before[key] = self.now.get(key, {})
        self.now[key] = {f"2026-{month:02}": (sum(costs[month], Decimal(0)), len(costs[month])) for month in MONTHS}
        self.changes[key] += 1

    def deliver_again(self, key: str) -> None:
        """Have the same bytes come once more."""
        self.before[key] = self.now[key]

    def plan(self, run: ImportRun, *, is_deadly: bool = True) -> dict[str, object]:
        """Return what a process does with a run, and where it dies."""
        step = self.chance.choice(list(STEPS)) if is_deadly and self.chance.random() < KILLED_SHARE else ""
        return {
            "organization": str(self.organization_id),
            "run": str(run.id),
            "step": step,
            "is_after": self.chance.random() < 0.5,
            "nth": self.chance.randrange(STEPS.get(step, 1)) + 1,
            "delay": self.chance.uniform(0.01, 0.8),
            "is_naive": self.is_naive,
        }

    def carry_out(self, plans: list[dict[str, object]]) -> None:
        """Run processes side by side until all are over."""
        self.children.stdin.write(json.dumps(plans) + "\n")
        self.children.stdin.flush()
        ended = json.loads(self.children.stdout.readline())
        assert set(ended) <= {0, SIGKILL}, f"a process failed by itself: {ended}, {plans}"
        self.killed.update(str(plan["step"]) for plan, how in zip(plans, ended, strict=True) if how == SIGKILL)

    def check(self, key: str) -> Content:
        """Return what is in force of a source.

        :raises Broken: it is neither what was, nor what is delivered now.
        """
        with tenant(self.organization_id):
            bills = Bill.objects.filter(source=self.sources[key], current_revision__isnull=False)
            revisions = [bill.current_revision for bill in bills.select_related("current_revision__bill")]
        found: Content = {}
        for one in revisions:
            written = lake.organization_folder(self.organization_id) / one.folder / "charges.parquet"
            [(total, count)] = duck.rows(f"SELECT sum(billed_cost), count(*) FROM read_parquet('{written}')")
            if (total, count) != (Decimal(one.totals["USD"]["billed_cost"]), one.row_count):
                raise Broken(f"{written} holds {count} charges of {total}, the revision says {one.totals}")
            found[f"{one.bill.billing_period:%Y-%m}"] = (total, count)
        if found not in (self.before[key], self.now[key]):
            raise Broken(f"{key}: {found} is neither {self.before[key]} nor {self.now[key]}")
        return found

    def bring_in(self, key: str) -> None:
        """Import a source however many of its processes are killed, and hold what is in force after each."""
        run = self.requested(key)
        while True:
            late = [self.chance.choice(self.over)] if self.over and self.chance.random() < 0.3 else []
            twice = self.chance.choices((1, 2, 3), (6, 3, 1))[0]
            self.carry_out([*(self.plan(run) for _ in range(twice)), *(self.plan(one) for one in late)])
            queue_due(self.organization_id, at=timezone.now())
            self.check(key)
            run = self.again(run)
            if run.state in {"imported", "unchanged"}:
                break
            if run.is_over:  # given up after three attempts: somebody pulls again
                assert run.state == "quarantined", (run.state, run.error_message)
                self.over.append(run)
                run = self.requested(key)
        self.over.append(run)
        if self.check(key) != self.now[key]:
            raise Broken(f"{key}: the run says {run.state}, in force is the delivery before")

    def requested(self, key: str) -> ImportRun:
        """Return a new run of a source."""
        with tenant(self.organization_id):
            return request_import(self.sources[key], trigger="schedule", at=timezone.now())[0]

    def again(self, run: ImportRun) -> ImportRun:
        """Return a run as it stands now."""
        with tenant(self.organization_id):
            return ImportRun.objects.get(pk=run.pk)

    def check_all(self) -> None:
        """Hold that every delivery made one revision of each of its bills.

        :raises Broken: there is one more, or one less.
        """
        with tenant(self.organization_id):
            for key, source in self.sources.items():
                for bill in Bill.objects.filter(source=source):
                    count = BillRevision.objects.filter(bill=bill).count()
                    if count != self.changes[key]:
                        raise Broken(f"{bill} has {count} revisions after {self.changes[key]} deliveries")


@contextmanager
def deliveries(tmp_path: Path, *, seed: int, is_naive: bool = False) -> Iterator[Deliveries]:
    """Sources of an organization, and a program that forks the processes that import them."""
    acme = create_organization("Acme", slug="acme")
    address = urlsplit(os.environ["DATABASE_URL"])
    address = address._replace(path=f"/{connections['default'].settings_dict['NAME']}")
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(address),
        "ITFM_LAKE": str(tmp_path / "lake"),
        "ITFM_ENGINE_THREADS": "1",
        "ITFM_LOG_LEVEL": "ERROR",
        "OPENBLAS_NUM_THREADS": "1",
        "DJANGO_SETTINGS_MODULE": "itfm.settings",
    }
    with (tmp_path / "log").open("w") as log, subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.acceptance.killed"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
    ) as children:  # fmt: skip
        given = Deliveries(acme.id, tmp_path / "bills", children, random.Random(seed), is_naive=is_naive)
        for key in SOURCES:
            settings = {"path": str(tmp_path / "bills" / key)}
            with tenant(acme.id):
                given.sources[key] = create_source(
                    organization_id=acme.id, key=key, name=key, kind="focus", settings=settings, at=timezone.now()
                )
            given.deliver(key)
        try:
            yield given
        finally:
            children.stdin.close()


def kill(given: Deliveries, *, kills: int) -> None:
    """Deliver and import until so many processes were killed."""
    while given.killed.total() < kills:
        key = given.chance.choice(SOURCES)
        if given.chance.random() < 0.75:
            given.deliver(key)
        else:
            given.deliver_again(key)
        given.bring_in(key)
    given.check_all()


def test_bills_come_in_once_under_kills(committed_db, tmp_path):
    with deliveries(tmp_path, seed=SEED) as given:
        for key in SOURCES:
            given.bring_in(key)

        kill(given, kills=12)


@pytest.mark.slow
def test_bills_come_in_once_under_hundreds_of_kills_at_every_step(committed_db, tmp_path):
    with deliveries(tmp_path, seed=SEED) as given:
        for key in SOURCES:
            given.bring_in(key)

        kill(given, kills=KILLS)

    assert given.killed.total() >= KILLS
    assert set(given.killed) == set(STEPS), "every step killed somebody"


@pytest.mark.slow
def test_what_commits_bill_by_bill_is_found(committed_db, tmp_path):
    """The control: a build that commits each bill of a delivery by itself breaks the promise, and the test sees it."""
    with deliveries(tmp_path, seed=SEED, is_naive=True) as given, pytest.raises(Broken, match="is neither"):
        kill(given, kills=KILLS)
