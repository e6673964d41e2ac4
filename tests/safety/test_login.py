"""Logging in: guesses, words that betray, sessions, codes used twice."""

import os
import subprocess
import sys
import time
from uuid import uuid4

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from itfm.core.policy import Role
from tests.conftest import PASSWORD, member, person
from tests.safety.addresses import body

LOGIN = {"login": "ada@example.com", "password": PASSWORD}


def log_in(client, **changes):
    return client.post(reverse("account_login"), {**LOGIN, **changes})


@pytest.fixture
def checks(monkeypatch):
    """Return a list that grows with every password that is compared."""
    found = []
    original = AuthenticationBackend.authenticate

    def counted(self, request, **credentials):
        found.append(credentials)
        return original(self, request, **credentials)

    monkeypatch.setattr(AuthenticationBackend, "authenticate", counted)
    return found


def test_at_most_five_guesses_reach_the_check_and_the_right_one_is_then_too_late(client, db, checks):
    person("ada@example.com")

    answers = [log_in(client, password=f"guess number {number}").status_code for number in range(12)]
    right = log_in(client)

    assert 0 < len(checks) <= 5
    assert answers[4] == 429
    assert right.status_code != 302
    assert client.get(reverse("overview")).status_code == 302


def test_a_site_that_counts_no_guesses_is_caught(client, db, checks, settings):
    person("ada@example.com")
    settings.ACCOUNT_RATE_LIMITS = False
    settings.AXES_ENABLED = False

    for number in range(12):
        log_in(client, password=f"guess number {number}")

    assert len(checks) == 12


@pytest.mark.parametrize("many", ["addresses", "spellings"])
def test_guesses_from_many_addresses_and_in_many_spellings_are_counted_together(db, checks, many):
    person("ada@example.com")

    for number in range(12):
        spelling = "".join(
            letter.upper() if number >> place & 1 else letter for place, letter in enumerate("ada@example.com")
        )
        Client(REMOTE_ADDR=f"192.0.2.{number}" if many == "addresses" else "192.0.2.1").post(
            reverse("account_login"),
            {"login": spelling if many == "spellings" else "ada@example.com", "password": f"guess {number}"},
        )

    assert 0 < len(checks) <= 5


def test_at_most_five_codes_are_tried(client, acme, monkeypatch):
    user = member(acme, Role.OWNER, "ada@example.com")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    checks = []
    monkeypatch.setattr(TOTP, "validate_code", lambda self, code: checks.append(code) or False)
    log_in(client)

    for number in range(12):
        client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})

    assert 0 < len(checks) <= 5


def normalized(response, address):
    return response.status_code, response.headers.get("Location"), body(response).replace(address.encode(), b"ADDRESS")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("account_login", {"login": "{}", "password": "a wrong password"}),
        ("account_reset_password", {"email": "{}"}),
        ("account_signup", {"organization_name": "X", "email": "{}", "password1": PASSWORD, "password2": PASSWORD}),
    ],
)
def test_no_answer_tells_whether_an_address_is_known(db, name, fields):
    person("ada@example.com")

    answers = [
        normalized(Client().post(reverse(name), {key: value.format(address) for key, value in fields.items()}), address)
        for address in ("ada@example.com", "bob@example.com")
    ]

    assert answers[0] == answers[1]
    assert {letter.to[0] for letter in mail.outbox} <= {"ada@example.com", "bob@example.com"}


def test_a_login_costs_one_hash_whether_the_address_is_known_or_not(client, db, monkeypatch):
    person("ada@example.com")
    hashes = []
    original = MD5PasswordHasher.encode

    def counted(self, password, salt):
        hashes.append(salt)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    counts = []
    for address in ("ada@example.com", "bob@example.com"):
        hashes.clear()
        log_in(Client(), login=address, password="a wrong password")
        counts.append(len(hashes))

    assert counts[0] == counts[1] > 0


def test_a_session_gets_a_new_key_at_login_and_dies_at_logout(client, acme):
    member(acme, Role.OWNER, "ada@example.com")
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = client.cookies["session"].value if "session" in client.cookies else session.session_key
    client.cookies["session"] = planted

    log_in(client)
    after = client.cookies["session"].value
    thief = Client()
    thief.cookies["session"] = planted
    assert after != planted
    assert thief.get(reverse("overview")).status_code == 302

    client.post(reverse("account_logout"))
    thief.cookies["session"] = after
    assert thief.get(reverse("overview")).status_code == 302


def test_a_new_password_logs_out_everywhere_else(acme):
    member(acme, Role.OWNER, "ada@example.com")
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        log_in(browser)

    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "another long sentence", "password2": "another long sentence"},
    )

    assert here.get(reverse("overview")).status_code == 200
    assert elsewhere.get(reverse("overview")).status_code == 302


@pytest.mark.parametrize("weak", ["short", "password1234", "ada@example.com"])
def test_a_weak_password_is_refused_with_the_reason(client, acme, weak):
    client.force_login(member(acme, Role.OWNER, "ada@example.com"))

    answer = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    )

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


SECOND_PROCESS = """
import sys
import django
django.setup()
from django.conf import settings
settings.CACHES["default"]["KEY_PREFIX"] = sys.argv[1]
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import encrypt
instance = Authenticator(user_id=int(sys.argv[2]), type="totp", data={"secret": encrypt(sys.argv[3])})
print(TOTP(instance).validate_code(sys.argv[4]))
"""


def test_a_code_is_taken_once_also_by_another_process(db, settings):
    prefix = uuid4().hex
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": prefix}}
    assert "redis" in str(type(cache._connections[cache._alias])).lower()
    user, secret = person("ada@example.com"), generate_totp_secret()
    totp = TOTP.activate(user, secret)
    if time.time() % 30 > 20:
        time.sleep(31 - time.time() % 30)  # the other process needs a few seconds of the same code
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    def elsewhere(some_code):
        found = subprocess.run(
            [sys.executable, "-c", SECOND_PROCESS, prefix, str(user.pk), secret, some_code],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "itfm.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout.strip()

    assert totp.validate_code(code)
    assert not totp.validate_code(code)
    assert elsewhere(code) == "False"


def test_the_second_factor_is_asked_for_after_the_password(client, acme):
    user = member(acme, Role.OWNER, "ada@example.com")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)

    log_in(client)
    assert client.get(reverse("overview")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})

    assert client.get(reverse("overview")).status_code == 200
