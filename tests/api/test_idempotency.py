"""The same write with the same key takes effect once."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from itfm.accounts.models import ApiKey
from itfm.accounts.services import create_organization
from itfm.api.models import IdempotentAnswer
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of

KEY = {"Idempotency-Key": "deploy-2026-10"}
BODY = {"name": "deploy", "role": "viewer"}


def named(organization, name="deploy"):
    with tenant(organization.id):
        return ApiKey.objects.filter(name=name).count()


def test_a_repeated_write_takes_effect_once_and_answers_alike(owner, acme):
    first, again = (owner.post("keys", BODY, **KEY) for _ in range(2))

    assert named(acme) == 1
    assert (again.status_code, again["Location"]) == (201, first["Location"])
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == {**first.json(), "secret": None}


def test_the_secret_of_an_answer_is_not_kept(owner, acme):
    secret = owner.post("keys", BODY, **KEY).json()["secret"].partition(".")[2]

    with tenant(acme.id):
        assert secret not in str(IdempotentAnswer.objects.values())


def test_the_same_key_on_another_request_is_refused(owner, acme):
    owner.post("keys", BODY, **KEY)

    changed = owner.post("keys", {**BODY, "role": "finance"}, **KEY)

    assert (changed.status_code, changed.json()["code"]) == (422, "key_reused")
    assert named(acme) == 1


def test_a_write_that_was_refused_may_be_tried_again_with_its_key(owner, acme):
    refused = owner.post("keys", {"name": "deploy"}, **KEY)

    assert refused.status_code == 422
    assert owner.post("keys", BODY, **KEY).status_code == 201


def test_keys_of_two_callers_do_not_meet(owner, acme):
    other = Program(key_of(acme, Role.OWNER))

    owner.post("keys", BODY, **KEY)
    other.post("keys", BODY, **KEY)

    assert named(acme) == 2


def test_fifty_at_once_take_effect_once(committed_db):
    organization = create_organization("Acme", slug="acme")
    secret = key_of(organization, Role.OWNER)

    def send(_):
        try:
            return Program(secret).post("keys", BODY, **KEY).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=50) as pool:
        statuses = list(pool.map(send, range(50)))

    assert set(statuses) == {201}
    assert named(organization) == 1
