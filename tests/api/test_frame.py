"""What holds for every operation: who gets in, what errors look like, entity tags, pages and limits."""

import time
from types import SimpleNamespace

import pytest

from ingestion.models import Bill, BillSource
from itfm.accounts.models import ApiKey
from itfm.api import limits
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of, member


def problem(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def bills(acme):
    with tenant(acme.id):
        source = BillSource.objects.create(organization=acme, key="aws", name="AWS", kind="aws_cur")
        return [
            Bill.objects.create(organization=acme, source=source, billing_period=f"2026-{month:02}-01")
            for month in range(1, 8)
        ]


def test_a_program_learns_who_it_is(acme):
    program = Program(key_of(acme, permissions=("overview.read",), scopes=(("team", "Search"),)))

    me = program.get("me").json()

    assert me["organization"]["slug"] == "acme"
    assert (me["role"], me["permissions"]) == ("finance", ["overview.read"])
    assert (me["sees_everything"], me["scopes"]) == (False, [{"dimension": "team", "value": "Search"}])


@pytest.mark.parametrize("header", ["", "Basic eDp5", "Bearer", "Bearer itfm_x.y", "Bearer \x00"])
def test_without_a_living_key_nobody_gets_in(client, db, header):
    answer = client.get("/api/v1/me", headers={"Authorization": header} if header else {})

    assert problem(answer) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_lacks_the_permission_is_told_which(acme):
    answer = Program(key_of(acme, Role.ENGINEER)).get("bills")

    assert problem(answer) == (403, "forbidden")
    assert "bills.read" in answer.json()["detail"]


def test_a_session_writes_with_a_form_token_only(acme):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member(acme, Role.OWNER))

    answer = client.post("/api/v1/keys", data="{}", content_type="application/json")

    assert problem(answer) == (403, "csrf_failed")


def test_an_address_that_is_none_is_told_as_a_problem(owner):
    for path in ("planets", "bills/1", "bills/", ""):
        assert problem(owner.get(path)) == (404, "not_found")


def test_a_method_that_is_none_is_told_as_a_problem(owner):
    answer = owner.ask("PATCH", "me")

    assert problem(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("{", {}, (400, "invalid_json")),
        ('{"name": "a", "name": "b"}', {}, (400, "invalid_json")),
        ("[" * 100_000, {}, (400, "invalid_json")),
        ("name=a", {"Content-Type": "application/x-www-form-urlencoded"}, (415, "unsupported_media_type")),
        (b"x" * 1_000_001, {}, (413, "too_large")),
        ("{}", {"Idempotency-Key": "a b"}, (400, "invalid_header")),
        ("[]", {}, (422, "invalid")),
        ('{"name": 5, "role": "viewer"}', {}, (422, "invalid")),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(owner, body, headers, expected):
    assert problem(owner.post("keys", body, **headers)) == expected


def test_every_wrong_field_is_named(owner):
    answer = owner.post("keys", {"role": "king", "scopes": [{"dimension": "team"}], "organization": "x"})
    known = owner.post("keys", {"role": "king", "scopes": [{"dimension": "team"}]})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/organization"]
    assert [error["pointer"] for error in known.json()["errors"]] == ["/name", "/role", "/scopes/0/value"]


def test_a_reader_that_has_it_already_is_told_so(owner, bills):
    first = owner.get("bills")

    again = owner.get("bills", **{"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    with tenant(bills[0].organization_id):
        bills[0].delete()
    assert owner.get("bills", **{"If-None-Match": first["ETag"]}).status_code == 200


def test_pages_tell_every_row_once(owner, bills):
    told, cursor = [], ""
    for _ in range(3):
        page = owner.get(f"bills?limit=3{cursor}").json()
        told += [row["billing_period"] for row in page["items"]]
        cursor = f"&cursor={page['next']}"

    assert told == [f"2026-{month:02}" for month in range(7, 0, -1)]
    assert page["next"] is None


def test_a_cursor_of_another_list_is_refused(owner, bills):
    cursor = owner.get("bills?limit=1").json()["next"]

    assert problem(owner.get(f"imports?cursor={cursor}")) == (400, "invalid_cursor")
    assert problem(owner.get("bills?cursor=guess")) == (400, "invalid_cursor")


def test_a_foreign_id_answers_exactly_as_an_unknown_one(foreign, bills):
    foreign_id = foreign.get(f"bills/{bills[0].id}")
    unknown_id = foreign.get("bills/00000000-0000-4000-8000-000000000000")

    assert foreign_id.status_code == 404
    assert foreign_id.content == unknown_id.content


@pytest.fixture
def one_minute(monkeypatch):
    """Requests that are counted in one minute, however long they take."""
    now = time.time()
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now))


@pytest.mark.usefixtures("one_minute")
def test_too_many_requests_of_one_key_wait(acme, settings):
    settings.API_REQUESTS_PER_CALLER = 2
    busy, quiet = Program(key_of(acme)), Program(key_of(acme))

    answers = [busy.get("me") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert answers[0]["RateLimit"].startswith('"caller";r=1;')
    assert quiet.get("me").status_code == 200


@pytest.mark.usefixtures("one_minute")
def test_an_organization_cannot_take_more_than_its_share_by_many_keys(acme, globex, settings):
    settings.API_REQUESTS_PER_ORGANIZATION = 2

    answers = [Program(key_of(acme)).get("me").status_code for _ in range(3)]

    assert answers == [200, 200, 429]
    assert Program(key_of(globex)).get("me").status_code == 200


def test_a_key_is_made_used_rotated_and_revoked(owner, acme):
    made = owner.post("keys", {"name": "deploy", "role": "viewer", "permissions": ["overview.read"]})
    rotated = owner.post(f"keys/{made.json()['id']}/rotations", {"overlap_hours": 1})
    revoked = owner.ask("DELETE", f"keys/{made.json()['id']}")

    assert (made.status_code, made["Location"]) == (201, f"/api/v1/keys/{made.json()['id']}")
    assert (rotated.status_code, rotated.json()["replaces"]) == (201, made.json()["id"])
    assert Program(made.json()["secret"]).get("me").status_code == 401
    assert Program(rotated.json()["secret"]).get("me").json()["permissions"] == ["overview.read"]
    assert revoked.json()["revoked_at"]
    with tenant(acme.id):
        written = list(AuditEvent.objects.order_by("at").values_list("action", "actor_name"))
    assert [action for action, _ in written] == ["key.created", "key.created", "key.rotated", "key.revoked"]
    assert written[1][1].startswith("API key ci (")


def test_a_key_gives_no_more_than_it_has(acme):
    giver = Program(key_of(acme, Role.ADMIN, permissions=("keys.write",)))

    answer = giver.post("keys", {"name": "more", "role": "viewer"})

    assert problem(answer) == (422, "invalid")
    with tenant(acme.id):
        assert ApiKey.objects.count() == 1
