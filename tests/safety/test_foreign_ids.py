"""No address shows, or tells apart, what belongs to another organization."""

from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import get_resolver

from tests.safety.addresses import addresses, body, fresh
from tests.safety.conftest import CANARY

METHODS = ("get", "post", "put")
A_FEW = ("accounts.Organization", "accounts.Membership", "ingestion.Bill", "allocation.AllocationRun")
NAMES = (
    "organization", "organization_id", "id", "source", "source_id", "bill", "bill_id", "run", "run_id", "revision",
    "member", "member_id", "membership", "user", "scope", "key", "draft", "draft_id", "rule_set", "version", "view",
    "period", "cost_center", "dimension", "value", "q", "page", "by", "filter", "code", "message", "compare", "other",
)  # fmt: skip


def ask(client, method, path, data, *ids):
    """Return status, where to and content of an answer; whatever it changed is undone."""
    with transaction.atomic():
        response = getattr(fresh(client), method)(path, data)
        transaction.set_rollback(True)
    content = body(response, *ids)
    assert CANARY.encode() not in content, path
    assert response.status_code < 500, path
    to = response.headers.get("Location", "")
    for one in ids:
        to = to.replace(str(one), "ID")
    return response.status_code, to, content


@pytest.mark.parametrize("address", [one for one in addresses() if one.arguments], ids=lambda one: one.pattern)
def test_a_foreign_id_in_the_path_answers_as_an_unknown_one(client, planted, stranger, address):
    client.force_login(stranger)
    unknown = uuid4()
    for method in METHODS:
        expected = ask(client, method, address.path(unknown), {}, unknown)
        for row in planted.values():
            if isinstance(row.pk, UUID):
                assert ask(client, method, address.path(row.pk), {}, row.pk) == expected, row._meta.label


def compare_in_query_and_body(client, address, rows):
    unknown = uuid4()
    for method in METHODS:
        expected = ask(client, method, address.path(unknown), dict.fromkeys(NAMES, str(unknown)), unknown)
        for label, row in rows.items():
            found = ask(client, method, address.path(unknown), dict.fromkeys(NAMES, str(row.pk)), unknown, row.pk)
            assert found == expected, label


def with_ids(planted, acme):
    return {label: row for label, row in {**planted, "accounts.Organization": acme}.items() if isinstance(row.pk, UUID)}


@pytest.mark.parametrize("address", addresses(), ids=lambda one: one.pattern)
def test_a_foreign_id_in_query_or_body_answers_as_an_unknown_one(client, acme, planted, stranger, address):
    client.force_login(stranger)

    compare_in_query_and_body(
        client, address, {label: row for label, row in with_ids(planted, acme).items() if label in A_FEW}
    )


@pytest.mark.slow
@pytest.mark.parametrize("address", addresses(), ids=lambda one: one.pattern)
def test_any_foreign_id_in_query_or_body_answers_as_an_unknown_one(client, acme, planted, stranger, address):
    client.force_login(stranger)

    compare_in_query_and_body(client, address, with_ids(planted, acme))


def test_the_word_looked_for_is_there_for_its_own_people(client, planted, acme):
    """The control: without it the tests above could not fail."""
    from itfm.accounts.models import User

    client.force_login(User.objects.get(email="owner@acme.example"))
    client.raise_request_exception = False  # what is planted is no whole company; some pages miss a part of it
    shown = [
        address.pattern
        for address in addresses()
        if not address.arguments and CANARY.encode() in body(client.get(address.path("")))
    ]

    assert {"settings/audit", "settings/keys", "bills"} <= set(shown)


def test_an_address_that_tells_foreign_ids_apart_is_caught(client, planted, stranger, monkeypatch):
    """The control: a view that answers another organization's id differently."""
    known = {row.pk for row in planted.values()}

    def telling(request, member_id, **_):
        return HttpResponse("hidden" if member_id in known else "unknown")

    address = next(one for one in addresses() if one.pattern == "settings/members/<uuid:member_id>")
    pattern = next(one for one in get_resolver().url_patterns if str(one.pattern) == address.pattern)
    monkeypatch.setattr(pattern, "callback", telling)
    client.force_login(stranger)
    unknown, foreign = uuid4(), planted["accounts.Membership"].pk

    assert ask(client, "get", address.path(foreign), {}, foreign) != ask(
        client, "get", address.path(unknown), {}, unknown
    )


def test_there_are_enough_requests(planted):
    ids = sum(isinstance(row.pk, UUID) for row in planted.values())
    with_path = sum(bool(one.arguments) for one in addresses())

    assert (ids + 1) * len(METHODS) * (with_path + len(addresses())) >= 3000
