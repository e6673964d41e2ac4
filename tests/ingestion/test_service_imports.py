"""A service that is asked for its months: what comes in, what comes again, and what replaces it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from ingestion.models import Bill
from ingestion.services import create_source, request_import, run_import
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.github import TOKEN, github

ITEM: dict[str, Any] = {
    "date": "2026-10-05T00:00:00Z",
    "product": "actions",
    "sku": "Actions Linux",
    "quantity": 100,
    "unitType": "Minutes",
    "pricePerUnit": 0.008,
    "grossAmount": 0.8,
    "netAmount": 0.5,
    "organizationName": "acme",
    "repositoryName": "acme/shop",
}


@pytest.fixture(autouse=True)
def _on_this_machine(settings):
    settings.PRIVATE_ENDPOINTS = True


def connected(acme, url: str):
    told = {"organization": "acme", "access_token": TOKEN, "endpoint_url": url, "first_month": "2026-09"}
    with tenant(acme.id):
        return create_source(organization_id=acme.id, key="code", name="Code", kind="github", settings=told, at=NOW)


def pull(source):
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="command", at=timezone.now())
    return run_import(source.organization_id, run_id=run.id, retries=False)


def in_force(source):
    with tenant(source.organization_id):
        bills = Bill.objects.filter(source=source, current_revision__isnull=False).order_by("billing_period")
        return [
            (
                f"{bill.billing_period:%Y-%m}",
                bill.current_revision.number,
                bill.current_revision.totals["USD"]["billed_cost"],
            )
            for bill in bills.select_related("current_revision")
        ]


def test_months_come_in_once_and_a_restated_one_is_replaced(acme):
    usage: dict[str, Any] = {"2026-09": [{**ITEM, "date": "2026-09-30", "netAmount": 2}], "2026-10": [ITEM]}
    with github(usage) as fake:
        source = connected(acme, fake.url)
        assert pull(source).state == "imported"
        assert in_force(source) == [("2026-09", 1, "2"), ("2026-10", 1, "0.5")]

        assert pull(source).state == "unchanged"

        usage["2026-10"] = [ITEM, {**ITEM, "netAmount": 0.25}]
        assert pull(source).state == "imported"

    assert in_force(source) == [("2026-09", 1, "2"), ("2026-10", 2, "0.75")]
