"""Roles and database on a server of one's own, as a production set-up makes them."""

import psycopg
import pytest

from itfm.embedded.home import open_home
from itfm.embedded.postgres import ADMIN, Postgres
from itfm.embedded.roles import RolesError, prepare
from itfm.embedded.stack import Stack


@pytest.fixture
def server(place, monkeypatch):
    """A running server, and the addresses a production set-up would give for it."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://none.example")
    home = open_home(place / "home", say=print)
    with Stack(home, durable=False, say=print):
        admin = Postgres(home).url(ADMIN, database="postgres")
        yield {
            "DATABASE_ADMIN_URL": admin,
            "DATABASE_OWNER_URL": address(admin, "costs_owner", "first", "costs"),
            "DATABASE_URL": address(admin, "costs_app", "second", "costs"),
        }


def address(admin, role, password, database):
    return f"postgres://{role}:{password}@/{database}?{admin.partition('?')[2]}"


def connect(address):
    return psycopg.connect(address, autocommit=True)


def test_the_owner_makes_tables_and_the_application_cannot(server):
    prepare(server)

    with connect(server["DATABASE_OWNER_URL"]) as owner, connect(server["DATABASE_URL"]) as application:
        owner.execute("CREATE TABLE charges (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("CREATE TABLE mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("SELECT * FROM charges")


def test_neither_role_is_above_row_level_security(server):
    prepare(server)

    with connect(server["DATABASE_ADMIN_URL"]) as admin:
        unbound = admin.execute(
            "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'costs%' AND (rolsuper OR rolbypassrls OR rolcreatedb)"
        ).fetchall()
        known = admin.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'costs%'").fetchone()

    assert unbound == []
    assert known == (2,)


def test_a_second_time_keeps_the_data_and_takes_the_new_password(server):
    prepare(server)
    with connect(server["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    changed = server | {"DATABASE_OWNER_URL": server["DATABASE_OWNER_URL"].replace("first", "changed")}

    prepare(changed)

    with connect(changed["DATABASE_OWNER_URL"]) as owner:
        assert owner.execute("SELECT answer FROM kept").fetchone() == (42,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(server["DATABASE_OWNER_URL"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL must be .* it lacks: user, password, dbname"),
        ({"DATABASE_URL": "postgres://o:p@h/itfm"}, "three different roles"),
        ({"DATABASE_URL": "postgres://app:p@h/other"}, "same database"),
    ],
)
def test_addresses_that_do_not_fit_together_are_refused_before_anything_is_touched(change, message):
    environ = {
        "DATABASE_ADMIN_URL": "postgres://a:p@h/postgres",
        "DATABASE_OWNER_URL": "postgres://o:p@h/itfm",
        "DATABASE_URL": "postgres://app:p@h/itfm",
    }

    with pytest.raises(RolesError, match=message):
        prepare(environ | change)
