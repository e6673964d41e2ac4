"""Services by the API: told, mapped, and bills read again."""

import pytest

from ingestion.models import ImportRun
from itfm.core.tenancy import tenant
from tests.ingestion.pulls import connect, pull
from tests.ingestion.test_service_catalog import deliver, unknown_line

SHOP = {
    "provider": "Cloud",
    "service": "Shop",
    "name": "Web Shop",
    "category": "Web",
    "subcategory": "Application Platforms",
}


@pytest.fixture
def bills(acme, tmp_path):
    deliver(tmp_path / "bills", unknown_line("10", day=4), unknown_line("1.25"))
    source = connect(acme, tmp_path / "bills")
    pull(source)
    return source


def test_services_are_told_mapped_and_forgotten(owner, foreign, bills):
    assert owner.get("unknown-services").json()["items"] == [
        {
            "provider": "Cloud",
            "service": "Shop",
            "costs": [{"currency": "USD", "billed_cost": "11.250000000000000000"}],
            "charge_count": 2,
            "bill_count": 1,
            "first_seen": "2026-10-01",
            "last_seen": "2026-10-04",
        }
    ]
    made = owner.put("service-mappings", SHOP).json()
    assert owner.put("service-mappings", SHOP).json() == made
    assert {name: made[name] for name in SHOP} == SHOP
    assert owner.get("service-mappings").json()["items"] == [made]
    assert owner.get("unknown-services").json()["items"] == []
    assert foreign.get("service-mappings").json()["items"] == []
    assert foreign.ask("DELETE", f"service-mappings/{made['id']}").status_code == 404

    assert owner.ask("DELETE", f"service-mappings/{made['id']}").status_code == 204
    assert len(owner.get("unknown-services").json()["items"]) == 1


def test_a_subcategory_of_another_category_is_refused_at_its_field(owner):
    answer = owner.put("service-mappings", {**SHOP, "subcategory": "Virtual Machines"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/subcategory")


def test_outdated_bills_are_read_again(owner, foreign, acme, bills):
    owner.put("service-mappings", SHOP)
    (bill,) = owner.get("outdated-bills").json()["items"]
    assert foreign.post("outdated-bills", {"bills": [bill["id"]]}).json() == {"imports": [], "busy_sources": []}

    answer = owner.post("outdated-bills", {"bills": [bill["id"]]})

    assert answer.status_code == 202
    assert [one["state"] for one in answer.json()["imports"]] == ["queued"]
    with tenant(acme.id):
        assert ImportRun.objects.get(state="queued").read_again == [bill["revision"]]
    assert owner.post("outdated-bills", {"bills": [bill["id"]]}).json() == {
        "imports": [],
        "busy_sources": [bill["source"]],
    }
