"""Every kind of answer carries the headers that keep it safe."""

import subprocess
import sys
from os import environ

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from itfm.core.policy import Role
from tests.conftest import member

KINDS = {
    "page": ("settings", 200),
    "table as CSV": ("audit_export", 200),
    "redirect": ("home", 302),
    "JSON problem": ("/api/v1/bills", None),
    "alive": ("healthz", 200),
    "not there": ("/nowhere", 404),
    "not of mine": ("/settings/members/6f1b8a4e-0000-4000-8000-000000000000", 404),
    "login library": ("account_change_password", 200),
}


def get(client, where, **more):
    return client.get(where if where.startswith("/") else reverse(where), **more)


def assert_safe(response, *, is_letter=False):
    policy = response.headers["Content-Security-Policy"]
    if is_letter:
        # A letter carries its own styles and nothing that runs, in a frame of this site and without its rights.
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
        assert policy.endswith("frame-ancestors 'self'; sandbox")
    else:
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == ("SAMEORIGIN" if is_letter else "DENY")
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "Server" not in response.headers


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_is_safe_and_kept_by_no_cache(client, acme, kind):
    where, status = KINDS[kind]
    client.force_login(member(acme, Role.OWNER))

    response = get(client, where)

    assert status is None or response.status_code == status
    assert_safe(response)
    assert "no-store" in response.headers["Cache-Control"]


def test_every_address_answers_safely_whatever_it_answers(client, planted):
    from itfm.accounts.models import User
    from tests.safety.addresses import addresses, paths

    client.force_login(User.objects.get(email="owner@acme.example"))
    client.raise_request_exception = False  # what is planted is no whole company; some pages miss a part of it
    kinds = set()

    for address in addresses():
        for path in paths(address, planted):
            response = client.get(path)
            is_letter = path.endswith("/html") and response.status_code == 200
            assert_safe(response, is_letter=is_letter)
            assert "no-store" in response.headers["Cache-Control"], address.pattern
            kinds.add((response.status_code, response.headers.get("Content-Type", "").partition(";")[0]))

    assert {(200, "text/html"), (200, "text/csv"), (200, "application/json"), (404, "text/html")} <= kinds


def test_every_operation_answers_safely_whatever_it_answers(db, acme):
    from tests.api.conftest import Program
    from tests.api.test_tenants import OPERATIONS, address, named
    from tests.conftest import key_of

    program = Program(key_of(acme, Role.OWNER))
    kinds = ("bill", "revision", "source", "import", "run", "reallocation", "member", "invitation", "key")
    ids = {**dict.fromkeys([f"{kind}_id" for kind in kinds], acme.id), "driver": "x", "version": 1}

    for case in OPERATIONS:
        for who in (program, Program("none")):
            response = who.ask(case[1].upper(), address(case[2], ids), {} if case[3].body else None)
            assert_safe(response)
            assert "no-store" in response.headers["Cache-Control"], named(case)


@pytest.mark.parametrize(
    "lost", ["csp.middleware.CSPMiddleware", "django_permissions_policy.PermissionsPolicyMiddleware"]
)
def test_a_site_that_lost_a_header_is_caught(client, acme, settings, lost):
    client.force_login(member(acme, Role.OWNER))
    assert lost in settings.MIDDLEWARE
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != lost]

    with pytest.raises(KeyError):
        assert_safe(client.get(reverse("settings")))


@pytest.mark.parametrize(("status", "role"), [(403, Role.ENGINEER), (405, Role.OWNER), (422, Role.OWNER)])
def test_answers_that_refuse_are_safe_too(client, acme, status, role):
    client.force_login(member(acme, role))

    response = {
        403: lambda: client.get(reverse("members")),
        405: lambda: client.post(reverse("members")),
        422: lambda: client.post(reverse("invite")),
    }[status]()

    assert response.status_code == status
    assert_safe(response)
    assert "no-store" in response.headers["Cache-Control"]


def test_an_error_of_ours_is_safe_and_says_nothing_of_the_inside(client, acme, monkeypatch):
    client.force_login(member(acme, Role.OWNER))
    client.raise_request_exception = False

    def fail(**_):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("itfm.web.settings.views.organization_page", fail)
    response = client.get(reverse("settings"))

    assert response.status_code == 500
    assert "secret" not in response.content.decode()
    assert_safe(response)
    assert "no-store" in response.headers["Cache-Control"]


def test_a_form_without_its_token_is_refused_safely(acme):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member(acme, Role.OWNER))

    response = client.post(reverse("settings_save"), {"name": "Forged"})

    assert response.status_code == 403
    assert_safe(response)


def test_a_locked_login_is_safe(client, db):
    for _ in range(5):
        response = client.post(reverse("account_login"), {"login": "ada@example.com", "password": "wrong"})

    assert response.status_code == 429
    assert_safe(response)


def test_static_files_are_safe_and_may_be_cached(client):
    response = client.get("/static/css/tokens.css")
    b"".join(response.streaming_content)
    response.close()

    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers


def test_a_host_that_is_not_ours_is_refused(client, db):
    assert client.get("/account/login/", headers={"host": "evil.example"}).status_code == 400


UNDER_HTTPS = """
import django
django.setup()
from django.test import Client
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
plain = Client().get("/healthz"); assert plain.status_code == 200
sent_on = Client().get("/account/login/")
assert (sent_on.status_code, sent_on["Location"]) == (301, "https://testserver/account/login/"), sent_on
page = Client().get("/static/css/tokens.css", secure=True)
b"".join(page.streaming_content); page.close()
assert "max-age=31536000" in page["Strict-Transport-Security"], page.headers
assert "includeSubDomains" in page["Strict-Transport-Security"]
for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
    assert name.startswith("__Host-"), name
assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/"
assert settings.SESSION_COOKIE_DOMAIN is None and settings.CSRF_COOKIE_DOMAIN is None
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
print("safe")
"""


def test_under_https_everything_is_sent_on_cookies_are_bound_and_the_deployment_check_is_silent():
    # The browser tests allow what a deployment must not; a process under deployment does not inherit it.
    deployed = {name: setting for name, setting in environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}

    found = subprocess.run(
        [sys.executable, "-c", UNDER_HTTPS],
        env={**deployed, "DJANGO_SETTINGS_MODULE": "itfm.settings", "ITFM_HTTPS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout.strip().endswith("safe"), found.stderr


def test_cookies_are_not_for_scripts_nor_for_other_sites(client, acme):
    member(acme, Role.OWNER, "ada@example.com")
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": "ada@example.com", "password": "correct horse battery staple"})

    for name in (django_settings.SESSION_COOKIE_NAME, django_settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
