"""Programs with a key see their own organization, as far as the key's role goes."""

import pytest

from allocation.services import allocate
from itfm.core.policy import Role
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW, key_of, member

QUESTION = "/api/v1/costs?period=2026-10&by=service_name"


def ask(client, secret, question=QUESTION):
    return client.get(question, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def allocated(acme):
    bill_in_force(acme, [charge("1.000000000000000001", service_name="EC2"), charge("2", service_name="S3")])
    allocate(acme.id, period=OCTOBER)


def test_a_key_reads_its_organizations_costs_to_the_last_digit(client, acme, allocated):
    rows = ask(client, key_of(acme)).json()["rows"]

    assert [(row["service_name"], row["effective_cost"]) for row in rows] == [
        ("EC2", "1.000000000000000001"),
        ("S3", "2.000000000000000000"),
    ]


def test_a_key_of_another_organization_finds_nothing(client, acme, globex, allocated):
    answer = ask(client, key_of(globex))

    assert (answer.status_code, answer.json()["code"]) == (404, "not_allocated")


def test_a_key_of_a_scoped_role_sees_nothing_without_a_scope(client, acme, allocated):
    assert ask(client, key_of(acme, Role.ENGINEER)).json()["rows"] == []


@pytest.mark.parametrize("secret", ["", "itfm_x.y", "itfm_00000000000000000000000000000000.guess"])
def test_without_a_living_key_there_is_no_answer(client, acme, allocated, secret):
    answer = ask(client, secret)

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_an_expired_key_opens_nothing(client, acme, allocated):
    from datetime import timedelta

    assert ask(client, key_of(acme, expires_at=NOW - timedelta(days=900))).status_code == 401


def test_a_session_reads_as_a_key_does(client, acme, allocated):
    client.force_login(member(acme, Role.OWNER))

    assert len(client.get(QUESTION).json()["rows"]) == 2


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        ("/api/v1/costs", "/period"),
        ("/api/v1/costs?period=October", "/period"),
        ("/api/v1/costs?period=2026-10&period=2026-09", "/period"),
        ("/api/v1/costs?period=2026-10&by=planet", "/by"),
        ("/api/v1/costs?period=2026-10&organization=x", "/organization"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(client, acme, allocated, question, pointer):
    answer = ask(client, key_of(acme), question)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")
    assert answer.json()["errors"][0]["pointer"] == pointer
