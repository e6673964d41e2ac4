"""Saved views by programs and by people with a session."""

import json

import pytest
from django.test import Client

from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.models import SavedView
from tests.api.conftest import Program
from tests.conftest import key_of, member

QUESTION = "first=2026-10&by=service_name&is=region_id:eu-west-1"
CANONICAL = "first=2026-10&last=2026-10&by=service_name&granularity=month&is=region_id%3Aeu-west-1&lens=finance"  # as Explore writes it
SHARED = {"name": "Services", "question": QUESTION, "is_shared": True}


class Person:
    """Somebody with a session."""

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user)

    def ask(self, method, path, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = {} if body is None else {"data": json.dumps(body)}
        return self.client.generic(method, f"/api/v1/{path}", content_type="application/json", headers=named, **data)


def names(answer):
    assert answer.status_code == 200, answer.content
    return [view["name"] for view in answer.json()["items"]]


def test_a_program_keeps_a_question_and_everybody_opens_it(owner, acme):
    made = owner.post("views", SHARED)

    assert (made.status_code, made["Location"]) == (201, f"/api/v1/views/{made.json()['id']}")
    assert made.json()["question"] == CANONICAL
    assert (made.json()["owner"], made.json()["is_own"], made.json()["is_shared"]) == (None, True, True)
    assert made.json()["address"].endswith(f"/explore?{CANONICAL}")
    assert owner.get(f"views/{made.json()['id']}").json() == made.json()
    assert names(Program(key_of(acme, Role.VIEWER)).get("views")) == ["Services"]
    assert "Services" in Person(member(acme, Role.ENGINEER)).client.get("/explore/views").content.decode()


def test_a_program_keeps_nothing_for_itself(owner):
    refused = owner.post("views", {**SHARED, "is_shared": False})

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "Share it." in refused.json()["detail"]


def test_the_same_is_kept_once_and_a_repeated_request_has_one_effect(owner, acme):
    first = owner.post("views", SHARED, **{"Idempotency-Key": "once"})
    repeated = owner.post("views", SHARED, **{"Idempotency-Key": "once"})
    again = owner.post("views", SHARED)
    other = owner.post("views", {**SHARED, "question": "first=2026-09"})

    assert (repeated["Idempotency-Replayed"], repeated.json()) == ("true", first.json())
    assert again.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    with tenant(acme.id):
        assert SavedView.objects.count() == 1


@pytest.mark.parametrize("question", ["", "by", "first=2026-13", "by=planet", "first=2026-10&lens=moon", "page=3"])
def test_a_question_that_cannot_be_asked_is_pointed_at(owner, question):
    refused = owner.post("views", {**SHARED, "question": question})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/question"]


def test_a_view_is_changed_from_the_version_that_was_read(owner, acme):
    made = owner.post("views", SHARED)
    address = f"views/{made.json()['id']}"

    changed = owner.ask(
        "PATCH", address, {"name": "Regions", "question": "first=2026-09"}, **{"If-Match": made["ETag"]}
    )
    late = owner.ask("PATCH", address, {"name": "Late"}, **{"If-Match": made["ETag"]})
    blind = owner.ask("PATCH", address, {"name": "Blind"})

    assert (changed.status_code, changed.json()["name"]) == (200, "Regions")
    assert changed.json()["question"].startswith("first=2026-09&last=2026-09")
    assert changed["ETag"] == owner.get(address)["ETag"] != made["ETag"]
    assert (late.json()["code"], blind.json()["code"]) == ("version_differs", "version_required")
    with tenant(acme.id):
        actions = AuditEvent.objects.filter(action__startswith="view.").order_by("sequence")
        assert list(actions.values_list("action", flat=True)) == ["view.saved", "view.changed", "view.renamed"]


def test_a_change_that_is_refused_half_way_changes_nothing(owner):
    owner.post("views", SHARED)
    other = owner.post("views", {**SHARED, "name": "Other"})

    refused = owner.ask(
        "PATCH", f"views/{other.json()['id']}", {"question": "first=2026-09", "name": "Services"}, **{"If-Match": "*"}
    )

    assert refused.status_code == 409
    assert owner.get(f"views/{other.json()['id']}").json() == other.json()


def test_a_view_is_deleted_and_brought_back(owner):
    address = f"views/{owner.post('views', SHARED).json()['id']}"

    gone = owner.ask("DELETE", address)

    assert (gone.status_code, gone.content) == (204, b"")
    assert owner.get(address).status_code == 404
    assert owner.ask("DELETE", address).status_code == 404
    assert owner.post(f"{address}/restorations").json()["name"] == "Services"
    assert names(owner.get("views")) == ["Services"]


def test_what_a_person_keeps_is_private_until_shared_and_hers_alone_to_change(owner, acme):
    ada, grace = Person(member(acme, Role.ENGINEER)), Person(member(acme, Role.FINANCE))
    made = ada.ask("POST", "views", {**SHARED, "is_shared": False})
    address = f"views/{made.json()['id']}"

    assert (made.status_code, made.json()["owner"]) == (201, "engineer@acme.example")
    assert names(ada.ask("GET", "views")) == ["Services"]
    for other in (owner, grace):
        assert names(other.ask("GET", "views")) == []
        assert other.ask("GET", address).status_code == 404
    ada.ask("PATCH", address, {"is_shared": True}, If_Match=made["ETag"])
    for other in (owner, grace):
        assert other.ask("GET", address).json()["is_own"] is False
        assert other.ask("PATCH", address, {"name": "Mine now"}, If_Match="*").status_code == 404
        assert other.ask("DELETE", address).status_code == 404


def test_an_auditor_reads_views_and_keeps_none(owner, acme):
    owner.post("views", SHARED)
    auditor = Program(key_of(acme, Role.AUDITOR))

    assert names(auditor.get("views")) == ["Services"]
    assert auditor.post("views", SHARED).status_code == 403
