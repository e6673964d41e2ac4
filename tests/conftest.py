"""What every test stands on: a real Postgres under the roles of production."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from itfm.accounts.keys import KeyGrant, create_key
from itfm.accounts.models import Membership, Organization, User
from itfm.accounts.services import create_organization
from itfm.audit.services import Actor
from itfm.core.policy import Role
from itfm.core.tenancy import tenant

# How fast this machine is, is no property of the code.
hypothesis.settings.register_profile("itfm", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("itfm")

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def pytest_configure() -> None:
    """Hash passwords fast: logins are tested, the hash is Argon2's own business."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter: each worker makes its own, and gzip writes the time into them."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Make a database owned by the owner's role; tests then connect as the application's."""
    name = f"test_itfm_{os.getpid()}"
    owner, application = connections["owner"], connections["default"]
    with django_db_blocker.unblock():
        owner.settings_dict["NAME"] = application.settings_dict["NAME"] = name
        with owner.creation._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
        call_command("migrate", database="owner", verbosity=0)
        yield
        for connection in (owner, application):
            connection.close()
        with owner.creation._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database in which transactions really commit; emptied afterwards, by its owner."""
    with django_db_blocker.unblock():
        yield
        connections["default"].close()
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(c.relname), ', ') FROM pg_class c"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
                " AND NOT c.relispartition AND c.relname <> 'django_migrations'"
                " AND c.relname NOT LIKE 'django_content_type' AND c.relname <> 'auth_permission'"
            )
            cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")
        connections["owner"].close()


@pytest.fixture(autouse=True)
def lake(settings: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A lake of the test's own."""
    settings.LAKE_ROOT = tmp_path / "lake"
    return tmp_path / "lake"


@pytest.fixture
def sink(settings: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Mail is kept in a folder of the test's own, as where the site is tried out."""
    settings.EMAIL_BACKEND = "itfm.notify.sink.SinkBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture(autouse=True)
def empty_cache(settings: pytest.FixtureRequest) -> Callable[[], None]:
    """Keep what one test leaves in Redis from every other; call it to begin anew in the midst of a test.

    `cache.clear()` would empty the whole database of Redis, under the tests that run beside this one too.
    """

    def begin_anew() -> None:
        settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}

    begin_anew()
    return begin_anew


def person(email: str) -> User:
    """Save somebody with a verified address."""
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def member(organization: Organization, role: Role, email: str = "") -> User:
    """Save somebody as a member."""
    user = person(email or f"{role}@{organization.slug}.example")
    with tenant(organization.id):
        Membership.objects.create(organization=organization, user=user, role=role)
    return user


def key_of(
    organization: Organization, role: Role = Role.FINANCE, *, expires_at: datetime | None = None, **grant
) -> str:
    """Save an API key and return its secret."""
    with tenant(organization.id):
        _, secret = create_key(
            "ci",
            organization_id=organization.id,
            grant=KeyGrant(role=role, **grant),
            giver=None,
            by=Actor(id=None, name="test"),
            expires_at=expires_at,
        )
    return secret


@pytest.fixture
def acme(db: None) -> Organization:
    """An organization with nobody in it."""
    return create_organization("Acme", slug="acme")


@pytest.fixture
def globex(db: None) -> Organization:
    """Another organization."""
    return create_organization("Globex", slug="globex")
