"""Regions by the API: told, mapped, and bills read again."""

import pytest

from ingestion.models import ImportRun
from itfm.core.tenancy import tenant
from tests.ingestion.pulls import connect, pull
from tests.ingestion.test_region_catalog import deliver, line_at

MOON = {"provider": "Cloud", "region": "moon-1", "name": "The Moon"}


@pytest.fixture
def bills(acme, tmp_path):
    deliver(tmp_path / "bills", line_at("10", day=4), line_at("1.25"))
    source = connect(acme, tmp_path / "bills")
    pull(source)
    return source


def test_regions_are_told_mapped_and_forgotten(owner, foreign, bills):
    assert owner.get("unknown-regions").json()["items"] == [
        {
            "provider": "Cloud",
            "region": "moon-1",
            "costs": [{"currency": "USD", "billed_cost": "11.250000000000000000"}],
            "charge_count": 2,
            "bill_count": 1,
            "first_seen": "2026-10-01",
            "last_seen": "2026-10-04",
        }
    ]
    made = owner.put("region-mappings", MOON).json()
    assert owner.put("region-mappings", MOON).json() == made
    assert {name: made[name] for name in MOON} == MOON
    assert owner.get("region-mappings").json()["items"] == [made]
    assert owner.get("unknown-regions").json()["items"] == []
    assert foreign.get("region-mappings").json()["items"] == []
    assert foreign.ask("DELETE", f"region-mappings/{made['id']}").status_code == 404

    assert owner.ask("DELETE", f"region-mappings/{made['id']}").status_code == 204
    assert len(owner.get("unknown-regions").json()["items"]) == 1


def test_a_name_with_a_line_break_is_refused_at_its_field(owner):
    answer = owner.put("region-mappings", {**MOON, "name": "The\nMoon"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")


def test_bills_whose_regions_are_named_since_are_outdated_and_read_again(owner, acme, bills):
    owner.put("region-mappings", MOON)
    (bill,) = owner.get("outdated-bills").json()["items"]

    answer = owner.post("outdated-bills", {"bills": [bill["id"]]})

    assert answer.status_code == 202
    with tenant(acme.id):
        assert ImportRun.objects.get(state="queued").read_again == [bill["revision"]]
