"""Roles x addresses against a table that somebody wrote down."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import get_resolver

from itfm.core.policy import ALLOWED, Role
from tests.conftest import member
from tests.safety.addresses import addresses
from tests.safety.roles import MAY

OPEN_TO_ALL = {"public", "signed_in"}
LETTERS = {role: role[0].upper() for role in Role} | {Role.AUDITOR: "U"}


def name_of(address):
    return next(
        pattern.name
        for pattern in get_resolver().url_patterns
        if str(getattr(pattern, "pattern", "")) == address.pattern
    )


def expected(address):
    """Return the roles that may enter, as the table has it."""
    if address.policy in OPEN_TO_ALL:
        return set(Role)
    written = MAY.get(name_of(address), "")
    return {role for role, letter in LETTERS.items() if letter in written}


def test_the_table_has_every_address_that_asks_for_a_permission_and_no_other():
    asking = {name_of(address) for address in addresses() if address.policy in ALLOWED}

    assert set(MAY) == asking, "write down in tests/safety/roles.py who may enter"
    assert {one.policy for one in addresses()} - set(ALLOWED) <= {*OPEN_TO_ALL, "staff"}


def test_the_table_agrees_with_what_each_address_declares():
    different = [
        name_of(address)
        for address in addresses()
        if address.policy in ALLOWED and expected(address) != ALLOWED[address.policy]
    ]

    assert different == []


def differences(client, role):
    """Return the addresses that let the role in, or keep it out, against the table."""
    found = []
    for address in addresses():
        for method in ("get", "post"):
            with transaction.atomic():
                response = getattr(client, method)(address.path(uuid4()))
                transaction.set_rollback(True)
            has_entered = response.status_code != 403
            if has_entered != (role in expected(address)) and address.policy != "staff":
                found.append((name_of(address), method, response.status_code))
    return found


@pytest.mark.parametrize("role", Role)
def test_each_role_enters_where_the_table_says_and_nowhere_else(client, acme, role):
    client.force_login(member(acme, role))

    assert differences(client, role) == []


def test_a_role_that_is_given_a_permission_by_mistake_is_caught(client, acme, monkeypatch):
    client.force_login(member(acme, Role.VIEWER))
    monkeypatch.setitem(ALLOWED, "keys.write", ALLOWED["keys.write"] | {Role.VIEWER})

    assert {name for name, _, _ in differences(client, Role.VIEWER)} == {"key_create", "key_rotate", "key_revoke"}
