"""API keys as an admin meets them."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from itfm.accounts.keys import living_key
from itfm.accounts.models import ApiKey
from itfm.audit.models import AuditEvent
from itfm.core.policy import ALLOWED, Role
from itfm.core.tenancy import tenant
from itfm.web.settings.page import PERMISSION_WORDS
from tests.conftest import member

FORM = {"name": "nightly export", "role": "viewer", "scopes": "team = Payments", "days": "90"}


@pytest.fixture
def admin(client, acme):
    user = member(acme, Role.ADMIN)
    client.force_login(user)
    return user


def secret_of(response):
    return re.search(r'id="secret">([^<]+)<', response.content.decode())[1]


def keys_of(organization):
    with tenant(organization.id):
        return list(ApiKey.objects.order_by("created_at"))


def test_a_key_is_made_and_its_secret_shown_once(client, acme, admin):
    made = client.post(reverse("key_create"), FORM)
    secret = secret_of(made)
    again = client.get(reverse("keys")).content.decode()

    (key,) = keys_of(acme)
    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    assert living_key(secret, at=timezone.now()) == key
    assert (key.role, key.scopes) == ("viewer", [{"dimension": "team", "value": "Payments"}])
    assert timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    assert secret not in again
    assert key.prefix in again


def test_nobody_gives_a_key_more_than_they_have(client, acme, admin):
    refused = client.post(reverse("key_create"), {**FORM, "role": "owner"})

    assert refused.status_code == 422
    assert "You cannot give what you may not do yourself" in refused.content.decode()
    assert keys_of(acme) == []


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"role": "emperor"}, {"days": "7"}, {"scopes": "Payments"}, {"scopes": "t = " + "x" * 201}]
)
def test_what_is_missing_or_wrong_is_said(client, acme, admin, change):
    assert client.post(reverse("key_create"), {**FORM, **change}).status_code == 422
    assert keys_of(acme) == []


def test_a_key_is_rotated_with_two_living_at_once(client, acme, admin):
    first = secret_of(client.post(reverse("key_create"), FORM))
    (key,) = keys_of(acme)

    second = secret_of(client.post(reverse("key_rotate", args=[key.id])))
    again = client.post(reverse("key_rotate", args=[key.id]), follow=True)

    now = timezone.now()
    assert living_key(first, at=now)
    assert living_key(second, at=now)
    assert living_key(first, at=now + timedelta(days=8)) is None
    assert "Rotate that one" in again.content.decode()


def test_a_key_is_revoked_after_asking(client, acme, admin):
    secret = secret_of(client.post(reverse("key_create"), FORM))
    (key,) = keys_of(acme)

    asked = client.get(reverse("key_revoke", args=[key.id])).content.decode()
    client.post(reverse("key_revoke", args=[key.id]))

    assert "cannot be undone" in asked
    assert living_key(secret, at=timezone.now()) is None
    with tenant(acme.id):
        assert list(AuditEvent.objects.order_by("sequence").values_list("action", "actor_name")) == [
            ("key.created", "admin@acme.example"),
            ("key.revoked", "admin@acme.example"),
        ]


def test_a_key_may_do_less_than_its_role(client, acme, admin):
    secret = secret_of(
        client.post(reverse("key_create"), {**FORM, "role": "finance", "scopes": "", "permissions": ["bills.read"]})
    )
    listed = client.get(reverse("keys")).content.decode()

    (key,) = keys_of(acme)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert key.permissions == ["bills.read"]
    assert "Read bills, charges and sources</div>" in listed
    assert client.get("/api/v1/bills", headers=bearer).status_code == 200
    assert client.get("/api/v1/runs", headers=bearer).status_code == 403
    assert client.get("/api/v1/views", headers=bearer).status_code == 403


def test_a_key_may_not_do_more_than_its_role(client, acme, admin):
    refused = client.post(reverse("key_create"), {**FORM, "permissions": ["costs.read", "rules.write"]})
    unknown = client.post(reverse("key_create"), {**FORM, "permissions": ["planets.read"]})

    assert "The role viewer does not include rules.write." in refused.content.decode()
    assert (refused.status_code, unknown.status_code) == (422, 422)
    assert keys_of(acme) == []


def test_every_permission_is_told_in_words():
    assert set(PERMISSION_WORDS) == set(ALLOWED)


def test_an_auditor_sees_keys_and_makes_none(client, acme, admin):
    client.post(reverse("key_create"), FORM)
    client.force_login(member(acme, Role.AUDITOR))

    shown = client.get(reverse("keys")).content.decode()

    assert "nightly export" in shown
    assert "Create a key" not in shown
    assert reverse("key_revoke", args=[keys_of(acme)[0].id]) not in shown
    assert client.post(reverse("key_create"), FORM).status_code == 403
