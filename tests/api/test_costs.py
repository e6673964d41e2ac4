"""Programs with a key see their own organization, as far as the key's role goes."""

import csv

import pytest

from allocation.services import allocate
from itfm.core.policy import Role
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW, key_of, member

QUESTION = "/api/v1/costs/statement?period=2026-10&by=service_name"


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


def test_the_ledger_comes_as_a_file_in_a_version_of_focus(client, acme, allocated):
    address = "/api/v1/costs/file?first=2026-10&is=service_name:EC2"
    answer = ask(client, key_of(acme), f"{address}&focus=1.3")
    refused = ask(client, key_of(acme), "/api/v1/costs/file?first=2026-05&last=2026-10").json()

    (line,) = csv.DictReader(b"".join(answer.streaming_content).decode().splitlines())
    assert (line["EffectiveCost"], line["ProviderName"], line["x_entry"]) == ("1.000000000000000001", "", "direct")
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("invalid_query", "/first")
    assert ask(client, key_of(acme), "/api/v1/costs/file?first=2026-09").json()["code"] == "not_allocated"
    scoped = ask(client, key_of(acme, Role.ENGINEER), address)
    assert len(b"".join(scoped.streaming_content).decode().splitlines()) == 1


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
        ("/api/v1/costs/statement", "/period"),
        ("/api/v1/costs/statement?period=October", "/period"),
        ("/api/v1/costs/statement?period=2026-10&period=2026-09", "/period"),
        ("/api/v1/costs/statement?period=2026-10&by=planet", "/by"),
        ("/api/v1/costs/statement?period=2026-10&organization=x", "/organization"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(client, acme, allocated, question, pointer):
    answer = ask(client, key_of(acme), question)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_the_question_of_the_explore_page_is_answered(client, acme, allocated):
    question = "/api/v1/costs?first=2026-09&last=2026-10&by=service_name&is=service_name:S3&limit=5"

    told = ask(client, key_of(acme), question).json()

    [usd] = told["currencies"]
    assert (told["buckets"], told["missing_periods"]) == (["2026-09-01", "2026-10-01"], ["2026-09"])
    assert [(line["groups"], line["costs"][1]) for line in usd["lines"]] == [(["S3"], "2.000000000000000000")]
    assert usd["rest"] is None


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        ("first=2026-10&by=planet", "/by"),
        ("first=2026-10&last=2026-09", "/last"),
        ("first=2020-01&last=2026-09", "/first"),
        ("first=2026-10&is=planet:Mars", "/is"),
        ("first=2026-10&measure=weight", "/measure"),
        ("by=service_name", "/first"),
    ],
)
def test_a_question_of_the_explore_page_that_cannot_be_asked_says_why(client, acme, allocated, question, pointer):
    answer = ask(client, key_of(acme), f"/api/v1/costs?{question}")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_figure_is_explained(client, acme, allocated):
    question = "/api/v1/explain?period=2026-10&currency=USD&is=service_name:EC2"

    told = ask(client, key_of(acme), question).json()

    assert (told["figure"], told["direct"], told["is_exact"]) == ("1.000000000000000001", "1.000000000000000001", True)
    assert told["run"]["proof_holds"] is True


def test_what_cannot_be_explained_says_why(client, acme, allocated):
    unknown = ask(client, key_of(acme), "/api/v1/explain?period=2026-10&currency=USD&is=planet:Mars")
    unallocated = ask(client, key_of(acme), "/api/v1/explain?period=2026-09&currency=USD")

    assert (unknown.status_code, unallocated.json()["code"]) == (400, "not_allocated")
