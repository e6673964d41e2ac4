"""Whose turn it is at the workers, and what becomes of jobs whose worker dies."""

import pytest
import redis
from django.conf import settings

from itfm.core import jobs
from itfm.core.jobs import call_workers, next_job, put_back_left, put_in_line
from itfm.core.models import Job
from itfm.core.tenancy import tenant

TASK = "allocation.allocate_period"


@pytest.fixture
def calls(monkeypatch):
    """The calls on their way to workers."""
    sent = []
    monkeypatch.setattr(jobs.app, "send_task", lambda name, **options: sent.append((name, options["queue"])))
    monkeypatch.setattr(jobs, "_calls_on_their_way", lambda: len(sent))
    return sent


def wait(organization, *names):
    for name in names:
        put_in_line(TASK, organization_id=organization.id, arguments={"billing_period": name})


def name_of(job):
    return job and f"{job.arguments['billing_period']}"


def take():
    with next_job() as job:
        return name_of(job)


def test_one_worker_serves_organizations_in_turn(acme, globex, calls):
    wait(acme, "a1", "a2", "a3", "a4")
    wait(globex, "g1", "g2")

    assert [take() for _ in range(7)] == ["a1", "g1", "a2", "g2", "a3", "a4", None]


def test_who_has_less_under_way_goes_first(acme, globex, calls):
    wait(acme, "a1", "a2", "a3")
    with next_job() as first, next_job() as second:
        wait(globex, "g1", "g2")

        assert [name_of(first), name_of(second), take(), take()] == ["a1", "a2", "g1", "g2"]


def test_an_organization_alone_has_all_the_workers(acme, globex, calls):
    wait(acme, "a1", "a2", "a3")

    with next_job() as first, next_job() as second, next_job() as third:
        assert [name_of(job) for job in (first, second, third)] == ["a1", "a2", "a3"]


def test_what_concerns_an_organization_as_a_whole_goes_before_its_single_things(acme, calls):
    wait(acme, "a1")
    put_in_line("allocation.allocate_due", organization_id=acme.id, arguments={})

    with next_job() as job:
        assert (job.task, job.arguments) == ("allocation.allocate_due", {})


def test_a_job_that_waits_is_not_put_in_line_twice(acme, calls):
    wait(acme, "a1", "a1")

    assert [take(), take()] == ["a1", None]


def test_a_job_asked_for_while_it_is_done_is_done_once_more_after(acme, calls):
    wait(acme, "a1")
    with next_job():
        wait(acme, "a1")
        assert take() is None
        call_workers()
        assert calls == []

    assert calls == [("itfm.pipeline.work", "jobs")]
    assert take() == "a1"


def test_a_job_that_fails_is_off_the_line(acme, calls):
    wait(acme, "a1")

    with pytest.raises(OSError, match="the disk is full"), next_job():
        raise OSError("the disk is full")

    assert take() is None


def test_only_the_last_turn_of_an_organization_is_kept(acme, calls):
    wait(acme, "a1", "a2")
    take(), take()

    with tenant(acme.id):
        assert [name_of(job) for job in Job.objects.all()] == ["a2"]


def left_by_a_dead_worker(organization):
    """Take the next job as a worker that is killed then: marked as taken, held by nobody."""
    with next_job() as job:
        taken = (job.pk, job.taken_at)
    with tenant(organization.id):
        Job.objects.filter(pk=taken[0]).update(taken_at=taken[1], finished_at=None)
    return taken[0]


def test_a_job_whose_worker_died_is_put_back_in_its_place(acme, calls):
    wait(acme, "a1", "a2")
    left_by_a_dead_worker(acme)

    put_back_left()

    assert [take(), take(), take()] == ["a1", "a2", None]


def test_a_job_that_a_worker_holds_is_left_to_it(acme, calls, monkeypatch):
    wait(acme, "a1")
    pk = left_by_a_dead_worker(acme)
    asked = []
    monkeypatch.setattr(jobs, "is_held", lambda *names: asked.append(names) or True)

    put_back_left()

    assert asked == [("job", pk)]
    assert take() is None


def test_a_job_left_while_it_was_asked_for_again_waits_once(acme, calls):
    wait(acme, "a1")
    left_by_a_dead_worker(acme)
    wait(acme, "a1")

    put_back_left()

    assert [take(), take()] == ["a1", None]


def test_calls_are_as_many_as_jobs_and_no_more_than_the_most(acme, calls, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_CALLS", 3)
    wait(acme, "a1", "a2")
    call_workers()
    call_workers()
    assert len(calls) == 2

    wait(acme, "a3", "a4", "a5")
    call_workers()
    assert len(calls) == 3


def test_calls_go_to_redis_and_are_counted_there(acme):
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete("jobs")
        wait(acme, "a1", "a2")
        call_workers()
        call_workers()

        assert client.llen("jobs") == 2
        client.delete("jobs")


def test_a_redis_that_is_gone_costs_a_call_not_the_job(acme, monkeypatch):
    def gone():
        raise redis.ConnectionError("Redis is gone")

    monkeypatch.setattr(jobs, "_calls_on_their_way", gone)
    wait(acme, "a1")
    call_workers()

    assert take() == "a1"
