"""What the chapter on the API says is so, and its example client works against a live server."""

import importlib.util
from pathlib import Path

import pytest

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from itfm.accounts.services import create_organization
from itfm.api.problems import CODES
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.api.test_resources import RULES
from tests.conftest import NOW, key_of

DOCS = Path(__file__).resolve().parents[2] / "docs"


def example_client():
    spec = importlib.util.spec_from_file_location("example_client", DOCS / "examples" / "client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_code_is_documented():
    text = (DOCS / "api.md").read_text(encoding="utf-8")

    for code, (status, meaning) in CODES.items():
        assert f"| `{code}` | {status} | {meaning} |" in text


@pytest.fixture
def server(committed_db):
    from pytest_django.live_server_helper import LiveServer

    live = LiveServer("localhost")
    yield live
    live.stop()


def test_the_example_client_reads_pages_changes_and_tells_problems(server, capsys, monkeypatch):
    organization = create_organization("Acme", slug="acme")
    with tenant(organization.id):
        publish_rules(parse(RULES), organization_id=organization.id, published_by=None, at=NOW)
    bill_in_force(organization, [charge("1.000000000000000001", service_name="EC2"), charge("2", service_name="S3")])
    allocate(organization.id, period=OCTOBER)
    example = example_client()
    key = key_of(organization, Role.OWNER)
    client = example.Client(f"{server.url}/api/v1", key)

    def renamed(found):
        found["document"]["dimensions"][0]["name"] = "Squad"
        return {"document": found["document"]}

    changed = client.change("rules", renamed)
    made = client.post("keys", {"name": "second", "role": "viewer"})
    listed = list(client.rows("keys", limit=1))
    with pytest.raises(example.ProblemError) as refused:
        client.put("rules", {"document": {}})
    view = example.share_view(client, "Services", "first=2026-10&by=service_name")
    [kept] = client.rows("views")
    renamed_view = client.change(f"views/{kept['id']}", lambda _: {"name": "By service"}, method="PATCH")
    client.delete(f"views/{kept['id']}")
    invited = example.invite(client, "grace@example.com", "viewer", ("team", "Search"))
    delivered = list(client.rows("notifications", kind="invitation"))
    intake = example.put_values(client, "headcount", [{"date": "2026-10-01", "value": "Nobody", "quantity": "3"}])
    monkeypatch.setenv("ITFM_API", f"{server.url}/api/v1")
    monkeypatch.setenv("ITFM_KEY", key)
    example.main("2026-10", "service_name")

    assert changed["version"] == 2
    assert listed[0]["id"] == made["id"]
    assert len(listed) == 2
    assert refused.value.code == "version_required"
    assert view == kept["address"]
    assert renamed_view["name"] == "By service"
    assert list(client.rows("views")) == []
    assert invited["scopes"] == [{"dimension": "team", "value": "Search"}]
    assert [letter["recipient"] for letter in delivered] == ["grace@example.com"]
    assert (intake["received"], intake["matched"], intake["unmatched"], intake["new"]) == (1, 0, 1, 1)
    printed = capsys.readouterr()
    assert "EC2\tUSD\t1.000000000000000001" in printed.out
    assert "matches nothing: Nobody" in printed.err
