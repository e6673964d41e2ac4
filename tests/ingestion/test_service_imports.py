"""A service that is asked for its months: what comes in, what comes again, and what replaces it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ingestion.services import create_source
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.github import TOKEN, github
from tests.ingestion import pulls
from tests.ingestion.pulls import pull

in_force = partial(pulls.in_force, currency="USD")

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
