"""API keys: no more than their giver has, no gap when they are replaced, nothing once they are dead."""

from datetime import timedelta

import pytest

from itfm.accounts.keys import (
    KeyGrant,
    KeyGrantError,
    KeyStateError,
    as_member,
    create_key,
    living_key,
    revoke_key,
    rotate_key,
)
from itfm.accounts.models import ApiKey, Membership
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.visibility import visibility_of
from tests.conftest import NOW, key_of

PROGRAM = Actor(id=None, name="deploy")
YEAR = timedelta(days=365)


def made(organization, role=Role.FINANCE, *, giver=None, expires_at=None, **grant):
    return create_key(
        "ci",
        organization_id=organization.id,
        grant=KeyGrant(role=role, **grant),
        giver=giver,
        by=PROGRAM,
        expires_at=expires_at,
    )


def actions(organization):
    return list(AuditEvent.objects.order_by("at").values_list("action", flat=True))


def test_a_key_opens_its_own_organization_until_it_expires(acme):
    secret = key_of(acme, Role.VIEWER, expires_at=NOW)

    assert living_key(secret, at=NOW - timedelta(seconds=1)).organization == acme
    assert living_key(secret, at=NOW) is None


def test_a_key_of_one_organization_does_not_open_another(acme, globex):
    secret = key_of(acme)

    assert living_key(secret.replace(acme.id.hex, globex.id.hex), at=NOW) is None


@pytest.mark.parametrize("token", ["", "nonsense", "itfm_.x", "itfm_00000000000000000000000000000000.x", "."])
def test_a_key_that_was_never_given_out_opens_nothing(db, token):
    assert living_key(token, at=NOW) is None


def test_the_database_does_not_hold_the_secret_of_a_key(acme):
    secret = key_of(acme).partition(".")[2]

    with tenant(acme.id):
        stored = [*ApiKey.objects.values(), *AuditEvent.objects.values()]
    assert secret not in str(stored)


def test_the_use_of_a_key_is_noted_once_a_minute(acme):
    secret = key_of(acme)

    for seconds in (0, 59, 60):
        living_key(secret, at=NOW + timedelta(seconds=seconds))
        with tenant(acme.id):
            noted = ApiKey.objects.get().last_used_at
        assert noted == NOW + timedelta(seconds=60 if seconds == 60 else 0)


def test_a_key_may_do_the_permissions_listed_and_no_other_of_its_role(acme):
    with tenant(acme.id):
        key, _ = made(acme, permissions=("costs.read",))
        member = as_member(key)

    assert member.may("costs.read")
    assert not member.may("bills.read")


def test_a_permission_beyond_the_role_is_refused(acme):
    with pytest.raises(KeyGrantError, match="finance does not include rules.write"):
        KeyGrant(role=Role.FINANCE, permissions=("costs.read", "rules.write"))


def test_scopes_narrow_what_a_role_sees_that_would_see_everything(acme):
    with tenant(acme.id):
        key, _ = made(acme, scopes=(("team", "Search"), ("team", "Cards")))
        seen = visibility_of(as_member(key))

    assert not seen.sees_everything
    assert seen.values == (("team", ("Cards", "Search")),)


def test_nobody_gives_a_key_more_than_they_have(acme):
    admin = Membership(organization=acme, role=Role.ADMIN)
    engineer = Membership(organization=acme, role=Role.ENGINEER)

    with tenant(acme.id):
        made(acme, Role.OWNER, giver=admin, permissions=("rules.write",))
        with pytest.raises(KeyGrantError, match="bills.read"):
            made(acme, Role.FINANCE, giver=engineer)
        with pytest.raises(KeyGrantError, match="sees more"):
            made(acme, Role.FINANCE, giver=engineer, permissions=("costs.read",))


def test_a_narrowed_key_hands_on_its_own_scopes_only(acme):
    with tenant(acme.id):
        giver = as_member(made(acme, Role.ADMIN, scopes=(("team", "Search"),))[0])
        made(acme, Role.VIEWER, giver=giver, scopes=(("team", "Search"),))
        with pytest.raises(KeyGrantError, match="sees more"):
            made(acme, Role.VIEWER, giver=giver, scopes=(("team", "Cards"),))


def test_rotation_keeps_both_alive_for_a_while(acme):
    with tenant(acme.id):
        key, old = made(acme, permissions=("costs.read",), scopes=(("team", "Search"),))
        successor, new = rotate_key(key, giver=None, by=PROGRAM, at=NOW, overlap=timedelta(days=2))

    assert (successor.role, successor.permissions, successor.scopes) == (key.role, key.permissions, key.scopes)
    assert living_key(old, at=NOW + timedelta(days=1))
    assert living_key(new, at=NOW + timedelta(days=1))
    assert living_key(old, at=NOW + timedelta(days=2)) is None


def test_a_successor_lives_as_long_as_the_old_key_was_meant_to(acme):
    with tenant(acme.id):
        key, _ = made(acme, expires_at=NOW + YEAR)
        ApiKey.objects.update(created_at=NOW)
        successor, _ = rotate_key(key, giver=None, by=PROGRAM, at=NOW + timedelta(days=360))

    assert successor.expires_at == NOW + timedelta(days=360) + YEAR


def test_a_key_has_one_living_successor_at_most(acme):
    with tenant(acme.id):
        key, _ = made(acme)
        rotate_key(key, giver=None, by=PROGRAM, at=NOW)

        with pytest.raises(KeyStateError, match="replaced already"):
            rotate_key(key, giver=None, by=PROGRAM, at=NOW)


def test_a_revoked_key_opens_nothing_and_cannot_be_rotated(acme):
    with tenant(acme.id):
        key, secret = made(acme)
        revoke_key(key, by=PROGRAM, at=NOW)
        revoke_key(key, by=PROGRAM, at=NOW + timedelta(days=1))

        with pytest.raises(KeyStateError, match="revoked"):
            rotate_key(key, giver=None, by=PROGRAM, at=NOW)
        assert ApiKey.objects.get().revoked_at == NOW
        assert actions(acme) == ["key.created", "key.revoked"]
    assert living_key(secret, at=NOW) is None
