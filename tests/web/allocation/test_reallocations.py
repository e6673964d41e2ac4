"""Many months allocated again from the page of runs: started, followed, taken back, and by whom."""

from datetime import date

import pytest
from django.urls import reverse

from allocation.models import AllocationRun, Reallocation
from allocation.services import allocate
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.conftest import member

MONTHS = [date(2026, month, 1) for month in (8, 9, 10)]


@pytest.fixture
def billed(acme):
    for period in MONTHS:
        bill_in_force(acme, [charge("5", on=period)], period=period)
    return acme


def start(client, **months):
    return client.post(reverse("allocation_reallocate"), months, follow=True).content.decode()


def only(organization):
    with tenant(organization.id):
        return Reallocation.objects.get()


def test_all_months_are_put_in_line_and_followed(billed, client, owner):
    page = start(client)

    assert "August 2026" in page
    assert "October 2026" in page
    assert "0 of 3 months done" in page
    assert "0 running, 3 waiting for a worker, 0 failed" in page
    assert "every 2s" in page
    with tenant(billed.id):
        assert AuditEvent.objects.filter(action="allocation.all_requested").count() == 1


def test_progress_is_told_by_month_and_as_a_share_of_the_whole(billed, client, owner):
    start(client)
    allocate(billed.id, period=MONTHS[0])

    page = client.get(reverse("allocation_reallocation", args=[only(billed).id])).content.decode()

    assert "1 of 3 months done" in page
    assert "33.3" in page
    assert "In force" in page


def test_the_page_of_runs_leads_to_what_is_under_way(billed, client, owner):
    start(client)

    page = client.get(reverse("allocation_runs")).content.decode()

    assert reverse("allocation_reallocation", args=[only(billed).id]) in page
    assert "0 of 3 months over" in page
    assert "0 running, 3 waiting" in page


def test_what_is_over_is_found_again_from_the_page_of_runs(billed, client, owner):
    start(client, first="2026-10")
    allocate(billed.id, period=MONTHS[2])

    page = client.get(reverse("allocation_runs")).content.decode()

    assert reverse("allocation_reallocation", args=[only(billed).id]) in page
    assert "1 of 1 months done" in page


def test_months_are_chosen_from_and_to(billed, client, owner):
    page = start(client, first="2026-09", last="2026-09")

    assert "0 of 1 months done" in page


def test_a_second_one_and_a_span_without_bills_are_refused_in_words(billed, client, owner):
    start(client)

    assert "A re-allocation is under way already." in start(client)
    assert "Allocate these months again" not in client.get(reverse("allocation_runs")).content.decode()
    assert "No bill is in force in these months." in start(client, first="2031-01")
    assert "The first month is after the last." in start(client, first="2026-10", last="2026-08")
    assert "Nothing is allocated again." in start(client, first="October")
    with tenant(billed.id):
        assert AllocationRun.objects.count() == 3


def test_canceling_takes_back_what_waits(billed, client, owner):
    start(client)
    allocate(billed.id, period=MONTHS[0])
    address = reverse("allocation_reallocation_cancel", args=[only(billed).id])

    page = client.post(address, follow=True).content.decode()

    assert "2 months were taken back" in page
    assert "1 of 3 months done" in page
    assert "2 canceled" in page
    assert "every 2s" not in page
    assert "/cancel" not in page
    assert "Allocation under way" not in client.get(reverse("allocation_runs")).content.decode()
    with tenant(billed.id):
        assert AuditEvent.objects.filter(action="allocation.all_canceled").count() == 1


def test_when_it_is_over_the_polled_part_asks_for_the_whole_page(billed, client, owner):
    start(client, first="2026-10")
    address = reverse("allocation_reallocation", args=[only(billed).id])
    assert "HX-Refresh" not in client.get(address, headers={"HX-Request": "true"})

    allocate(billed.id, period=MONTHS[2])

    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "HX-Refresh" not in client.get(address)


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [(Role.FINANCE, 200, 403), (Role.AUDITOR, 200, 403), (Role.ENGINEER, 403, 403)]
)
def test_who_may_not_change_rules_may_at_most_look(billed, client, owner, role, reads, writes):
    start(client)
    address = reverse("allocation_reallocation", args=[only(billed).id])
    client.force_login(member(billed, role))

    page = client.get(address)

    assert page.status_code == reads
    assert "/cancel" not in page.content.decode()
    assert client.post(reverse("allocation_reallocate")).status_code == writes
    assert client.post(f"{address}/cancel").status_code == writes


def test_another_organization_finds_nothing_there(billed, globex, client, owner):
    start(client)
    address = reverse("allocation_reallocation", args=[only(billed).id])
    client.force_login(member(globex, Role.OWNER))

    assert client.get(address).status_code == 404
    assert client.post(f"{address}/cancel").status_code == 404
    with tenant(billed.id):
        assert AllocationRun.objects.filter(state="queued").count() == 3
