"""Invitations and letters by programs: sent, sent again, withdrawn; what was delivered, and who wants none."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from itfm.accounts.models import Invitation, Membership
from itfm.accounts.services import accept_invitation
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.models import NotificationPreference, OutboxMessage
from tests.api.conftest import Program
from tests.conftest import key_of, member, person

GRACE = {"email": "Grace@example.com", "role": "engineer", "scopes": [{"dimension": "team", "value": "Search"}]}


def letters(organization):
    with tenant(organization.id):
        return list(OutboxMessage.objects.order_by("queued_at"))


def token_in(letter):
    return letter.text.split("/invitations/")[1].split()[0]


def test_an_invitation_is_sent_and_lets_its_reader_in(owner, acme):
    sent = owner.post("invitations", GRACE, **{"Idempotency-Key": "grace"})
    repeated = owner.post("invitations", GRACE, **{"Idempotency-Key": "grace"})

    [letter] = letters(acme)
    assert (sent.status_code, sent["Location"]) == (201, f"/api/v1/invitations/{sent.json()['id']}")
    assert (sent.json()["email"], sent.json()["invited_by"]) == ("grace@example.com", None)
    assert owner.get(f"invitations/{sent.json()['id']}").json() == sent.json() == repeated.json()
    assert (letter.recipient, letter.kind) == ("grace@example.com", "invitation")
    assert token_in(letter) not in sent.content.decode()
    user = person("grace@example.com")
    accept_invitation(token_in(letter), user=user, at=timezone.now())
    with tenant(acme.id):
        member_now = Membership.objects.get(user=user)
        assert (member_now.role, member_now.named_scopes()) == ("engineer", [("team", "Search")])
    assert owner.post("invitations", GRACE).json()["code"] == "conflict"
    assert owner.get(f"invitations/{sent.json()['id']}").status_code == 404


def test_a_renewed_invitation_has_a_new_link_only(owner, acme):
    sent = owner.post("invitations", GRACE).json()

    renewed = owner.post(f"invitations/{sent['id']}/renewals")

    first, second = letters(acme)
    assert renewed.json()["expires_at"] > sent["expires_at"]
    assert token_in(first) != token_in(second)
    assert owner.ask("DELETE", f"invitations/{sent['id']}").status_code == 204
    with tenant(acme.id):
        assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "grace"}, "/email"),
        ({"role": "owner"}, "/role"),
        ({"scopes": [{"dimension": "team"}]}, "/scopes/0/value"),
    ],
)
def test_an_invitation_with_a_wrong_field_is_not_sent(owner, acme, change, pointer):
    refused = owner.post("invitations", {**GRACE, **change})

    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, [pointer])
    assert letters(acme) == []


def test_a_key_makes_nobody_more_than_it_is_itself(acme):
    few = Program(key_of(acme, Role.ADMIN, permissions=("members.invite", "members.write", "members.read")))
    narrow = Program(key_of(acme, Role.ADMIN, scopes=(("team", "Search"),)))
    with tenant(acme.id):
        place = Membership.objects.create(organization=acme, user=person("v@acme.example"), role=Role.VIEWER).id

    answers = [
        few.post("invitations", {**GRACE, "role": "admin"}),
        narrow.post("invitations", {**GRACE, "role": "finance"}),
        narrow.post("invitations", {**GRACE, "scopes": [{"dimension": "team", "value": "Payments"}]}),
        few.ask("PATCH", f"members/{place}", {"role": "admin"}),
        narrow.ask("PATCH", f"members/{place}", {"role": "auditor"}),
        narrow.put(f"members/{place}/scopes", {"scopes": [{"dimension": "team", "value": "Payments"}]}),
    ]
    allowed = narrow.post("invitations", GRACE)

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 6
    assert allowed.status_code == 201


def test_an_admins_session_invites_an_admin(acme):
    client = Client()
    client.force_login(member(acme, Role.ADMIN))

    sent = client.post("/api/v1/invitations", json.dumps({**GRACE, "role": "admin"}), content_type="application/json")

    assert (sent.status_code, sent.json()["invited_by"]) == (201, "admin@acme.example")
    assert letters(acme)[0].text.startswith("admin@acme.example invites you")


@pytest.fixture
def sent_letters(acme):
    with tenant(acme.id):
        for number, (kind, state) in enumerate([("showback", "sent"), ("showback", "failed"), ("test", "sent")]):
            OutboxMessage.objects.create(
                organization=acme, key=str(number), kind=kind, state=state, recipient=f"{number}@b.example",
                text="secret", about={"code": "1100"} if kind == "showback" else {},
            )  # fmt: skip


def test_letters_are_found_by_kind_state_and_address(owner, sent_letters):
    def found(query):
        return {letter["recipient"] for letter in owner.get(f"notifications?{query}").json()["items"]}

    assert found("kind=showback") == {"0@b.example", "1@b.example"}
    assert found("kind=showback&state=failed") == {"1@b.example"}
    assert found("recipient=2@B.example") == {"2@b.example"}
    assert owner.get("notifications?kind=poem").status_code == 400


def test_a_letter_that_failed_is_tried_again_and_no_other(owner, acme, sent_letters):
    by_address = {one["recipient"]: one["id"] for one in owner.get("notifications").json()["items"]}

    again = owner.post(f"notifications/{by_address['1@b.example']}/retries")
    refused = owner.post(f"notifications/{by_address['0@b.example']}/retries")

    assert (again.status_code, again.json()["state"], again.json()["about"]) == (200, "queued", {"code": "1100"})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert owner.get(f"notifications/{by_address['1@b.example']}").json() == again.json()


def test_a_person_chooses_her_letters_and_a_key_has_none(owner, acme):
    client = Client()
    client.force_login(member(acme, Role.VIEWER))
    asked = {"items": [{"kind": "showback", "is_wanted": False}]}

    def put(body):
        return client.put("/api/v1/me/notifications", json.dumps(body), content_type="application/json")

    assert client.get("/api/v1/me/notifications").json() == {"items": [{"kind": "showback", "is_wanted": True}]}
    assert [put(asked).json(), put(asked).json()] == [asked, asked]
    [told] = owner.get("opt-outs").json()["items"]
    assert (told["email"], told["kind"]) == ("viewer@acme.example", "showback")
    put({"items": [{"kind": "showback", "is_wanted": True}]})
    with tenant(acme.id):
        assert not NotificationPreference.objects.exists()
    assert owner.get("me/notifications").json()["code"] == "not_found"
