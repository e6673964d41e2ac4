"""Cost Management asked for its months: what comes in, what comes again, what replaces it, and what a test sees."""

from __future__ import annotations

import pytest

from ingestion.azure import cost_reports
from ingestion.connectors import azure_api
from ingestion.models import Bill
from ingestion.services import create_source, look
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.cost_management import SCOPE, CostManagement, azure, refused
from tests.fakes.entra import PRINCIPAL
from tests.ingestion.connectors.test_azure_api import ACTUAL, AMORTIZED, csv
from tests.ingestion.normalize.bills import azure_rows
from tests.ingestion.pulls import pull


class Clock:
    """Stands in for the clock of the kind."""

    at = NOW

    def now(self, _zone):
        return self.at


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (cost_reports, azure_api):
        monkeypatch.setattr(module, "datetime", clock)
    return clock


@pytest.fixture
def fake(settings, clock, trusted):
    settings.PRIVATE_ENDPOINTS = True
    return CostManagement(
        reports={("2026-10", "ActualCost"): (csv(ACTUAL),), ("2026-10", "AmortizedCost"): (csv(AMORTIZED),)},
        spent=(("12.5", 20261101, "USD"),),
    )


@pytest.fixture
def source(acme, fake, own_certificate):
    with azure(fake, own_certificate) as running, tenant(acme.id):
        told = {"scope": SCOPE, "endpoint_url": running.url, "authority_url": running.url, "first_month": "2026-10"}
        yield create_source(
            organization_id=acme.id, key="azure", name="Azure", kind="azure_api", settings=told | PRINCIPAL, at=NOW
        )


def in_force(source):
    bills = Bill.objects.filter(source=source, current_revision__isnull=False).select_related("current_revision")
    return [
        (
            f"{bill.billing_period:%Y-%m}",
            bill.current_revision.number,
            *(bill.current_revision.totals["USD"][cost] for cost in ("billed_cost", "effective_cost")),
        )
        for bill in bills.order_by("billing_period")
    ]


def asked(fake):
    return [body["timePeriod"]["start"][:7] for body in fake.bodies]


def test_months_come_in_once_and_a_restated_one_is_replaced(source, fake):
    first, second = pull(source), pull(source)
    once = in_force(source)
    more = azure_rows({"cost": "1.11"})
    fake.reports = {
        ("2026-10", "ActualCost"): (csv(ACTUAL), csv(more)),
        ("2026-10", "AmortizedCost"): (csv(AMORTIZED), csv(more)),
    }
    third = pull(source)

    assert [run.state for run in (first, second, third)] == ["imported", "unchanged", "imported"]
    # 2.64 + 3.25 are billed, 2.64 + 1.20 + 2.05 the effect; one machine more for 1.11 in both.
    assert once == [("2026-10", 1, "5.89", "5.89")]
    assert in_force(source) == [("2026-10", 2, "7", "7")]


def test_a_settled_month_is_not_asked_for_again(source, fake, clock):
    pull(source)
    # October is settled 45 days after its end, on 16 December; the pull of that day is the last to ask for it.
    clock.at = NOW.replace(month=12, day=16)
    pull(source)
    fake.bodies.clear()

    last = pull(source)

    assert last.state == "unchanged"
    assert set(asked(fake)) == {"2026-11", "2026-12"}


def test_a_month_that_is_told_as_empty_after_it_had_charges_keeps_them(source, fake):
    pull(source)
    fake.reports = {}

    emptied = pull(source)

    assert (emptied.state, emptied.error_code) == ("rejected", "bill_empty")
    assert in_force(source) == [("2026-10", 1, "5.89", "5.89")]


def test_a_test_of_the_connection_says_what_it_saw(source, fake):
    seen = look(source)

    assert (seen.error_message, seen.deliveries, seen.first_period, seen.last_period) == ("", 2, "2026-10", "2026-11")
    assert seen.notes == (f"{SCOPE} has cost 12.50 USD this month so far, as told for the days up to 2026-11-01.",)
    assert fake.bodies == []


def test_a_test_of_the_connection_says_what_is_wrong(source, fake):
    fake.faults["query"] = [refused(401, "RBACAccessDenied", "The client has no role.")]

    seen = look(source)

    assert seen.error_code == "access_denied"
    assert "Cost Management Reader" in seen.error_message
