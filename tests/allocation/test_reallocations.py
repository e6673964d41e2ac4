"""Many periods allocated again as one piece of work: what it takes in, how it is taken back, what a dead worker leaves."""

from datetime import date

import pytest

from allocation.models import AllocationRun, Reallocation
from allocation.services import allocatable_periods, allocate, due_periods, request_allocation
from allocation.services import runs as runs_module
from allocation.services import working_out as working_out_module
from allocation.services.reallocations import (
    ReallocationError,
    cancel_reallocation,
    reallocation_under_way,
    request_reallocation,
)
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.conftest import NOW

MONTHS = [date(2026, month, 1) for month in (7, 8, 9, 10)]
JULY, AUGUST, SEPTEMBER, OCTOBER = MONTHS
ADA = Actor(id=None, name="ada@acme.example")


@pytest.fixture
def billed(acme):
    """Four months, allocated."""
    for number, period in enumerate(MONTHS):
        bill_in_force(acme, [charge(str(number + 1), on=period)], period=period)
        allocate(acme.id, period=period)
    return acme


def ask(organization, first=None, last=None):
    with tenant(organization.id):
        return request_reallocation(first, last=last, organization_id=organization.id, by=ADA, at=NOW)


def cancel(organization, reallocation):
    with tenant(organization.id):
        return cancel_reallocation(reallocation.id, by=ADA, at=NOW)


def states(organization, reallocation):
    with tenant(organization.id):
        runs = AllocationRun.objects.filter(reallocation=reallocation).order_by("billing_period")
        return [run.state for run in runs]


def told(organization):
    with tenant(organization.id):
        return [(one.action, one.summary) for one in AuditEvent.objects.order_by("at", "id")]


def test_every_billed_month_gets_a_run_of_its_own(billed):
    reallocation = ask(billed)

    assert (reallocation.first_period, reallocation.last_period) == (JULY, OCTOBER)
    assert states(billed, reallocation) == ["queued"] * 4
    assert sorted(due_periods(billed.id)) == MONTHS
    assert ("allocation.all_requested", "Asked for 4 billing periods again") in told(billed)


def test_months_outside_of_those_chosen_are_left_alone(billed):
    ask(billed, AUGUST, SEPTEMBER)

    assert sorted(due_periods(billed.id)) == [AUGUST, SEPTEMBER]


def test_months_without_a_bill_are_refused_in_words(billed):
    with pytest.raises(ReallocationError, match="No bill is in force in these months"):
        ask(billed, date(2025, 1, 1), date(2025, 12, 1))


def test_a_second_one_waits_until_the_first_is_over(billed):
    ask(billed, JULY, JULY)
    with pytest.raises(ReallocationError, match="under way already"):
        ask(billed)

    allocate(billed.id, period=JULY)

    assert ask(billed)


def test_a_month_that_waits_already_becomes_a_part_of_it(billed):
    with tenant(billed.id):
        asked, _ = request_allocation(JULY, organization_id=billed.id, by=ADA)

    reallocation = ask(billed)

    assert states(billed, reallocation) == ["queued"] * 4
    with tenant(billed.id):
        assert AllocationRun.objects.get(pk=asked.pk).reallocation_id == reallocation.id


def test_canceling_takes_back_what_waits_and_keeps_what_is_done(billed):
    reallocation = ask(billed)
    done = allocate(billed.id, period=JULY)

    assert cancel(billed, reallocation) == 3

    assert states(billed, reallocation) == ["published", "canceled", "canceled", "canceled"]
    assert due_periods(billed.id) == []
    with tenant(billed.id):
        assert reallocation_under_way() is None
        assert AllocationRun.objects.get(billing_period=JULY, state="published").id == done.id
        assert AllocationRun.objects.filter(state="published").count() == 4
    assert ("allocation.all_canceled", "Canceled; 3 billing periods were waiting") in told(billed)


def test_canceling_twice_or_what_is_over_changes_nothing(billed):
    reallocation = ask(billed, JULY, AUGUST)
    assert cancel(billed, reallocation) == 2
    words = told(billed)

    assert cancel(billed, reallocation) == 0

    assert told(billed) == words


def test_another_organization_cannot_cancel_it(billed, globex):
    reallocation = ask(billed)

    with pytest.raises(Reallocation.DoesNotExist):
        cancel(globex, reallocation)

    assert states(billed, reallocation) == ["queued"] * 4


def test_a_run_under_way_stops_at_its_next_step_and_leaves_nothing(billed, monkeypatch):
    reallocation = ask(billed, JULY, JULY)
    with tenant(billed.id):
        in_force = AllocationRun.objects.get(billing_period=JULY, state="published")
    engine = working_out_module.run_engine
    folders = []

    def cancel_while_it_runs(given, *, output, **options):
        folders.append(output)
        cancel(billed, reallocation)
        return engine(given, output=output, **options)

    monkeypatch.setattr(working_out_module, "run_engine", cancel_while_it_runs)
    run = allocate(billed.id, period=JULY)

    assert run.state == "canceled"
    assert states(billed, reallocation) == ["canceled"]
    assert not folders[0].exists()
    assert not lake.run_folder(billed.id, period=JULY, run_id=run.id).exists()
    with tenant(billed.id):
        assert AllocationRun.objects.get(billing_period=JULY, state="published").id == in_force.id


def left_by_a_dead_worker(organization, period, monkeypatch):
    """Carry out a run up to where its worker is killed."""
    with monkeypatch.context() as patch:
        patch.setattr(runs_module, "_carry_out", lambda run, inputs, **_: run)
        return allocate(organization.id, period=period)


def test_what_a_dead_worker_left_waits_again_and_is_done(billed, monkeypatch):
    reallocation = ask(billed, JULY, JULY)
    left_by_a_dead_worker(billed, JULY, monkeypatch)
    assert states(billed, reallocation) == ["running"]

    assert allocatable_periods(billed.id) == [JULY]
    assert states(billed, reallocation) == ["queued"]
    allocate(billed.id, period=JULY)

    assert states(billed, reallocation) == ["published"]


def test_a_run_that_costs_three_workers_is_given_up_in_words_until_its_inputs_change(billed, monkeypatch):
    bill_in_force(billed, [charge("9", on=JULY)], period=JULY)
    for _ in range(3):
        left_by_a_dead_worker(billed, JULY, monkeypatch)

    assert allocatable_periods(billed.id) == []
    with tenant(billed.id):
        run = AllocationRun.objects.get(billing_period=JULY, state="quarantined")
    assert run.error.startswith("This run was tried 3 times")
    left_by_a_dead_worker(billed, JULY, monkeypatch)  # its job was put back in line as well
    with tenant(billed.id):
        assert not AllocationRun.objects.filter(billing_period=JULY, state="running").exists()

    bill_in_force(billed, [charge("10", on=JULY)], period=JULY)
    assert allocatable_periods(billed.id) == [JULY]


def test_what_a_dead_worker_left_of_a_canceled_one_is_canceled(billed, monkeypatch):
    reallocation = ask(billed, JULY, JULY)
    left_by_a_dead_worker(billed, JULY, monkeypatch)
    cancel(billed, reallocation)

    assert allocatable_periods(billed.id) == []
    assert states(billed, reallocation) == ["canceled"]
