"""No operation shows, or tells apart, what belongs to another organization: not by key, not by session."""

import json
import re
from copy import deepcopy
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from itfm.core.policy import Role
from tests.api.conftest import Program
from tests.api.test_tenants import BODIES, CANARY, OPERATIONS, QUERIES, acme_ids, address, named  # noqa: F401
from tests.conftest import key_of, member

OF_THE_ANSWER = re.compile(
    r'[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|itfm_[\w.-]+|[0-9a-f]{64}|"prefix":"[^"]+"'
)
"""Ids, times and secrets that differ from one answer to the next."""
OFTEN = {"id", "organization", "organization_id", "source_id", "bill_id", "run_id", "member_id", "key_id"}


class Browser:
    """The same person in a session."""

    def __init__(self, client, user):
        client.force_login(user)
        self.client = client

    def ask(self, method, path, body=None, **headers):
        more = {} if body is None else {"data": json.dumps(body)}
        named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method, f"/api/v1/{path}", content_type="application/json", headers=named_headers, **more
        )


def ask(caller, case, ids, *, query="", body=None):
    """Return what an answer says, without what differs from one answer to the next; whatever it changed is undone."""
    _, method, route, declared = case
    asked = "&".join(part for part in (QUERIES.get(route, ""), query) if part)
    sent = None if declared.body is None else body if body is not None else BODIES[route]
    headers = {"If-Match": "*"} if declared.is_versioned else {}
    with transaction.atomic():
        answer = caller.ask(method.upper(), f"{address(route, ids)}{f'?{asked}' if asked else ''}", sent, **headers)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    assert answer.status_code < 500, named(case)
    assert CANARY.encode() not in content, named(case)
    return answer.status_code, OF_THE_ANSWER.sub("*", content.decode())


def with_id_everywhere(body, value):
    """Yield the body with an id in the place of each of its texts, and added under names that ids have, also nested."""
    for place in places(body):
        changed = deepcopy(body)
        inner = changed
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = str(value)
        yield changed
    yield {**body, **dict.fromkeys(OFTEN - set(body), str(value))}
    for name, inner in body.items():
        if isinstance(inner, dict):
            yield {**body, name: {**inner, **dict.fromkeys(OFTEN, str(value))}}
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield {**body, name: [{**inner[0], **dict.fromkeys(OFTEN, str(value))}]}


def places(value, above=()):
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*above, step))
    elif above:
        yield above


def query_names(declared):
    known = list(declared.query().fields) if declared.query else []
    return [*known, *sorted(OFTEN - set(known))]


@pytest.fixture(params=["key", "session"])
def stranger(request, client, globex, acme_ids):  # noqa: F811 - the fixture
    user = member(globex, Role.OWNER)
    return Program(key_of(globex, Role.OWNER)) if request.param == "key" else Browser(client, user)


def test_a_foreign_id_anywhere_answers_as_an_unknown_one(stranger, acme_ids):  # noqa: F811 - the fixture
    assert compare(stranger, acme_ids, foreign_ids=[acme_ids["source_id"]]) >= 700


@pytest.mark.slow
def test_any_foreign_id_anywhere_answers_as_an_unknown_one(stranger, acme, acme_ids):  # noqa: F811 - the fixture
    foreign_ids = [one for one in {*acme_ids.values(), acme.id} if isinstance(one, UUID)]

    assert compare(stranger, acme_ids, foreign_ids=foreign_ids) >= 3000


def compare(stranger, acme_ids, *, foreign_ids):  # noqa: F811 - the fixture
    """Ask for each foreign id in each place, hold the answer to that of an unknown one, and return how many asked."""
    unknown = uuid4()
    unknown_ids = {name: unknown if isinstance(value, UUID) else "nowhere" for name, value in acme_ids.items()}
    requests = 0

    for case in OPERATIONS:
        _, _, route, declared = case
        if "<uuid" in route or "<slug" in route:
            expected = ask(stranger, case, unknown_ids)
            assert expected[0] == 404, named(case)
            for one in foreign_ids:
                assert ask(stranger, case, dict.fromkeys(acme_ids, one)) == expected, named(case)
            assert ask(stranger, case, acme_ids) == expected, named(case)
            requests += len(foreign_ids) + 2
        for name in query_names(declared):
            expected = ask(stranger, case, unknown_ids, query=f"{name}={unknown}")
            for one in foreign_ids:
                assert ask(stranger, case, unknown_ids, query=f"{name}={one}") == expected, (named(case), name)
            requests += len(foreign_ids) + 1
        if declared.body is not None:
            expected = [
                ask(stranger, case, unknown_ids, body=one) for one in with_id_everywhere(BODIES[route], unknown)
            ]
            for one in foreign_ids:
                bodies = with_id_everywhere(BODIES[route], one)
                assert [ask(stranger, case, unknown_ids, body=body) for body in bodies] == expected, named(case)
            requests += (len(foreign_ids) + 1) * len(expected)
    return requests
