"""Connecting a source, and taking it out of use and back."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from allocation.models import AllocatedCost, AllocationRun
from allocation.services import allocate, due_periods
from ingestion.models import Bill, BillSource, ImportRun
from ingestion.services import (
    change_source,
    create_source,
    draft_source,
    erase_source,
    look,
    pause_source,
    queue_due,
    remove_source,
    request_import,
    restore_source,
    resume_source,
    run_import,
    schedule_source,
)
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.focus_files import HEADER, line, write_bill

KEYS = {"access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY, "region": "us-east-1"}


@pytest.fixture
def inside(acme):
    with tenant(acme.id):
        yield acme


def draft(organization, **settings):
    return draft_source(
        organization_id=organization.id, name="Payer account", kind="focus", settings={"bucket": "bills", **settings}
    )


@pytest.fixture
def delivered(acme, tmp_path):
    write_bill(tmp_path / "october.csv", line("1.5"), line("2.25", day=2))
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id,
            key="cloud",
            name="Cloud",
            kind="focus",
            settings={"path": str(tmp_path)},
            at=NOW,
            pull_time=time(3),
        )
        run, _ = request_import(source, trigger="command", at=timezone.now())
    run_import(acme.id, run_id=run.id, retries=False)
    allocate(acme.id, period=Bill(billing_period=NOW.replace(month=10, day=1).date()).billing_period)
    return source


def test_two_sources_of_one_name_have_keys_of_their_own(inside):
    assert [draft(inside).key, draft(inside).key] == ["payer-account", "payer-account-2"]


def test_a_draft_is_never_due(inside):
    draft(inside)

    assert queue_due(inside.id, at=NOW) == []


def test_scheduling_a_draft_queues_its_first_pull_and_plans_the_next(inside):
    source = draft(inside)

    assert schedule_source(source, pull_time=time(3), time_zone="Europe/Oslo", at=NOW)

    # 3:00 in Oslo in winter is 2:00 in UTC.
    assert source.next_pull_at == (NOW + timedelta(days=1)).replace(hour=2)
    assert ImportRun.objects.get().trigger == "person"
    assert not schedule_source(source, pull_time=None, time_zone="UTC", at=NOW)
    assert (source.next_pull_at, ImportRun.objects.count()) == (None, 1)


def test_changing_settings_keeps_the_key_that_is_not_given_again(inside):
    source = draft(inside, **KEYS)
    sealed = source.sealed_secrets

    change_source(source, name="Other", settings={"bucket": "other", "access_key_id": ACCESS_KEY_ID})
    assert (source.name, source.settings["bucket"], source.sealed_secrets) == ("Other", "other", sealed)

    change_source(source, name="Other", settings={"bucket": "other", "role_arn": "arn:aws:iam::1:role/x"})
    assert source.sealed_secrets == {}


def test_a_look_counts_deliveries_months_files_and_bytes(inside, settings):
    settings.PRIVATE_ENDPOINTS = True
    body = "\n".join([HEADER, line("1")]).encode()
    with s3_service() as url:
        put_objects(
            url,
            bucket="bills",
            objects={f"focus/billing_period=2026-{month}/a.csv": body for month in ("08", "09", "10")},
        )
        seen = look(draft(inside, **KEYS, endpoint_url=url, prefix="focus"))
        empty = look(draft(inside, **KEYS, endpoint_url=url, prefix="elsewhere"))
        no_bucket = look(draft(inside, **{**KEYS, "bucket": "nowhere"}, endpoint_url=url))

    assert (seen.deliveries, seen.first_period, seen.last_period) == (3, "2026-08", "2026-10")
    assert (seen.files, seen.bytes, seen.error_code) == (3, 3 * len(body), "")
    assert empty.error_code == "nothing_found"
    assert no_bucket.error_code == "no_such_bucket"


def test_a_look_at_a_private_endpoint_is_refused(inside):
    assert look(draft(inside, **KEYS, endpoint_url="http://127.0.0.1:9")).error_code == "private_address"


def test_a_paused_source_is_not_pulled_and_a_resumed_one_is_planned_anew(acme, delivered):
    with tenant(acme.id):
        pause_source(delivered)
    assert queue_due(acme.id, at=NOW + timedelta(days=3)) == []

    with tenant(acme.id):
        resume_source(delivered, at=NOW + timedelta(days=3))
    assert delivered.next_pull_at == (NOW + timedelta(days=4)).replace(hour=3)


def billed(organization):
    with tenant(organization.id):
        return list(AllocatedCost.objects.values_list("billed_cost", flat=True))


def test_a_removed_source_is_not_pulled_and_its_bills_still_count(acme, delivered):
    with tenant(acme.id):
        remove_source(delivered, withdraws_bills=False, at=NOW)

    assert queue_due(acme.id, at=NOW + timedelta(days=3)) == []
    assert due_periods(acme.id) == []
    assert len(billed(acme)) == 2


def test_withdrawn_bills_leave_the_ledger_and_come_back(acme, delivered):
    with tenant(acme.id):
        remove_source(delivered, withdraws_bills=True, at=NOW)
    (period,) = due_periods(acme.id)
    assert allocate(acme.id, period=period) is None
    assert billed(acme) == []
    assert due_periods(acme.id) == []

    with tenant(acme.id):
        restore_source(delivered, at=NOW)
        assert delivered.next_pull_at is not None
    assert due_periods(acme.id) == [period]
    allocate(acme.id, period=period)
    assert len(billed(acme)) == 2
    with tenant(acme.id):
        assert AllocationRun.objects.filter(state="published").count() == 1


def test_erasing_forgets_the_keys_and_keeps_the_name_that_bills_go_by(acme, delivered):
    with tenant(acme.id):
        erase_source(delivered)
        found = BillSource.objects.get(pk=delivered.pk)
        assert (found.name, found.settings, found.sealed_secrets) == ("Cloud", {}, {})


def test_erasing_a_source_without_bills_deletes_it(inside):
    source = draft(inside, **KEYS)

    erase_source(source)

    assert not BillSource.objects.exists()
