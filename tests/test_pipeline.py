"""What follows what, and what the sweep finds when a hint was lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from django.db import connections
from django.utils import timezone

from allocation.models import AllocationRun
from allocation.services import allocate
from ingestion.models import Bill, BillRevision, ImportRun
from ingestion.services import request_import, run_import
from itfm import pipeline
from itfm.accounts.services import create_organization
from itfm.core import events, jobs
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.pulls import connect
from tests.notify.test_outbox import queue


@pytest.fixture
def hints(monkeypatch):
    given = []
    monkeypatch.setattr(pipeline, "_hint", lambda task, **arguments: given.append((task.name, arguments)))
    return given


def test_every_event_has_tasks_that_follow_it():
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)}

    assert set(pipeline.FOLLOWS) == kinds - {events.Event}


def test_an_imported_bill_starts_its_allocation_when_it_is_committed(
    acme, tmp_path, hints, django_capture_on_commit_callbacks
):
    write_bill(tmp_path / "october.csv", line("1"))
    source = connect(acme, tmp_path)
    with tenant(acme.id):
        run, _ = request_import(source, trigger="person", at=NOW)

    with django_capture_on_commit_callbacks(execute=True):
        run_import(acme.id, run_id=run.id)
        assert hints == []

    assert hints == [("allocation.allocate_period", {"organization_id": str(acme.id), "billing_period": "2026-10-01"})]


def test_the_sweep_finds_due_sources_letters_and_allocations(acme, tmp_path, hints):
    write_bill(tmp_path / "october.csv", line("1"))
    connect(acme, tmp_path, pull_time=time(3))
    queue(acme)

    pipeline.sweep_organization(acme.id)

    assert [name for name, _ in hints] == [
        "ingestion.import_bills",
        "allocation.allocate_due",
        "itfm.notify.send_messages",
    ]


def test_the_sweep_goes_round_all_organizations(acme, globex, hints):
    pipeline.sweep()

    assert {arguments["organization_id"] for _, arguments in hints} == {str(acme.id), str(globex.id)}


def test_a_hint_that_redis_does_not_take_is_only_a_hint(acme, monkeypatch):
    def gone(**arguments):
        raise pipeline.OperationalError("Redis is gone")

    monkeypatch.setattr(pipeline.send_messages, "delay", gone)

    pipeline.follow(events.MessageQueued(organization_id=acme.id))


@pytest.fixture
def calls(monkeypatch):
    """The calls on their way to workers."""
    sent = []
    monkeypatch.setattr(jobs.app, "send_task", lambda name, *_, **__: sent.append(name))
    monkeypatch.setattr(jobs, "_calls_on_their_way", lambda: sent.count(jobs.WORK))
    return sent


def test_what_may_last_long_waits_in_line_and_a_worker_that_is_called_does_it(acme, tmp_path, calls):
    write_bill(tmp_path / "october.csv", line("1"))
    source = connect(acme, tmp_path)
    with tenant(acme.id):
        run, _ = request_import(source, trigger="person", at=NOW)

    pipeline.follow(events.ImportRequested(organization_id=acme.id, run_id=run.id))
    assert calls == ["itfm.pipeline.work"]
    pipeline.work()

    with tenant(acme.id):
        assert ImportRun.objects.get().state == "imported"


def test_a_call_that_finds_no_job_does_nothing(acme, calls):
    pipeline.work()

    assert calls == []


def test_the_sweep_calls_for_jobs_whose_calls_were_lost(acme, calls):
    pipeline._hint(pipeline.allocate_period, organization_id=str(acme.id), billing_period="2026-10-01")
    assert calls == []

    pipeline.sweep()

    assert calls == ["itfm.pipeline.work"] * 2, "one for the period, one to plan what else is due"


def test_however_often_it_is_asked_for_an_organization_is_planned_once(acme, calls):
    for _ in range(3):
        pipeline.follow(events.RulesPublished(organization_id=acme.id))

    assert calls == ["itfm.pipeline.work"]


def at_the_same_time(call, times=3):
    def one(_):
        try:
            return call()
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_an_import_that_several_workers_take_up_happens_once(committed_db, tmp_path, hints):
    acme = create_organization("Acme", slug="acme")
    write_bill(tmp_path / "october.csv", line("1"), line("2"))
    source = connect(acme, tmp_path)
    with tenant(acme.id):
        run, _ = request_import(source, trigger="schedule", at=timezone.now())

    at_the_same_time(lambda: run_import(acme.id, run_id=run.id))

    with tenant(acme.id):
        assert BillRevision.objects.count() == 1
        assert ImportRun.objects.get().state == "imported"
        assert Bill.objects.get().current_revision.totals["USD"]["billed_cost"] == "3"


def test_an_allocation_that_several_workers_take_up_is_published_once(committed_db, hints):
    acme = create_organization("Acme", slug="acme")
    bill_in_force(acme, [charge("1"), charge("2")])

    at_the_same_time(lambda: allocate(acme.id, period=OCTOBER))

    with tenant(acme.id):
        assert AllocationRun.objects.filter(state="published").count() == 1
        assert not AllocationRun.objects.filter(state="running").exists()
