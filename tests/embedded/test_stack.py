"""The embedded Postgres and Redis: started, shared, killed, found again."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis
from kombu import Connection

from itfm.embedded.home import open_home
from itfm.embedded.stack import Stack

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(shared_place):
    """One home for the tests that leave it as they found it; making a new one takes seconds."""
    return shared_place / "home"


def pids(home):
    """Return what runs in the home, as somebody who has just come sees it."""
    return {name: pid for name, pid in Stack(open_home(home, say=print), say=print).pids().items() if pid}


def connect(address):
    parts = urlsplit(address)
    return psycopg.connect(
        host=parse_qs(parts.query)["host"][0],
        port=5432,
        user=parts.username,
        password=parts.password,
        dbname=parts.path[1:],
        autocommit=True,
    )


def test_a_stack_runs_while_it_is_used_and_no_longer(home, stack_in):
    with stack_in(home) as environ, connect(environ["DATABASE_URL"]) as database:
        assert database.execute("SELECT current_user::text, current_database()::text").fetchone() == (
            "itfm_app",
            "itfm",
        )
        assert redis.Redis.from_url(environ["REDIS_URL"]).ping()
        assert set(pids(home)) == {"postgres", "redis"}

    assert pids(home) == {}


def test_celery_reaches_redis_by_the_same_address(home, stack_in):
    with stack_in(home) as environ, Connection(environ["REDIS_URL"].replace("unix://", "redis+socket://", 1)) as queue:
        assert queue.default_channel.client.ping()


def test_the_application_role_is_held_by_row_level_security_and_the_owner_is_no_superuser(home, stack_in):
    with stack_in(home) as environ, connect(environ["DATABASE_OWNER_URL"]) as database:
        roles = database.execute(
            "SELECT rolname::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
            " WHERE rolname IN ('itfm_app', 'itfm_owner') ORDER BY 1"
        ).fetchall()
        owner = database.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = 'itfm'").fetchone()

    assert roles == [("itfm_app", *[False] * 5), ("itfm_owner", *[False] * 5)]
    assert owner == ("itfm_owner",)


def test_the_application_role_can_make_no_table(home, stack_in):
    with (
        stack_in(home) as environ,
        connect(environ["DATABASE_URL"]) as database,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        database.execute("CREATE TABLE mine (id int)")


def test_nobody_enters_without_the_password(home, stack_in):
    with stack_in(home) as environ:
        wrong = environ["DATABASE_URL"].replace("itfm_app:", "itfm_app:0")

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(wrong)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(host="127.0.0.1", port=urlsplit(environ["REDIS_URL"]).port).ping()


def test_text_sorts_by_code_point_and_letters_beyond_ascii_have_a_case(home, stack_in):
    with stack_in(home) as environ, connect(environ["DATABASE_URL"]) as database:
        row = database.execute("SELECT 'Z' < 'a', upper('é'), current_setting('TimeZone')").fetchone()

    assert row == (True, "É", "UTC")


def test_the_folder_and_its_secrets_are_closed_to_others(home, stack_in):
    with stack_in(home):
        pass

    closed = 0o711 if os.geteuid() == 0 else 0o700  # root's home lets the servers' user pass, not look around
    assert home.stat().st_mode & 0o777 == closed
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (home / "logs").stat().st_mode & 0o777 == 0o700
    assert (home / "servers" / "postgres").stat().st_mode & 0o777 == 0o700


def test_servers_do_not_run_as_root(home, stack_in):
    with stack_in(home):
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in pids(home).values()}

    assert len(owners) == 1
    assert 0 not in owners


def test_what_was_committed_survives_a_killed_postgres(home, stack_in):
    stack = stack_in(home)
    with stack as environ:
        with connect(environ["DATABASE_OWNER_URL"]) as database:
            database.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
        killed = pids(home)["postgres"]

        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: "postgres" not in pids(home))
        revived = stack.ensure()

        assert revived == ["postgres"]
        assert pids(home)["postgres"] != killed
        with connect(environ["DATABASE_OWNER_URL"]) as database:
            assert database.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_what_was_queued_survives_a_killed_redis(home, stack_in):
    stack = stack_in(home)
    with stack as environ:
        client = redis.Redis.from_url(environ["REDIS_URL"])
        client.rpush("queue", "job")
        client.execute_command("WAITAOF", 1, 0, 1000) if has_waitaof(client) else time.sleep(1.5)

        os.kill(pids(home)["redis"], signal.SIGKILL)
        wait_until(lambda: "redis" not in pids(home))
        stack.ensure()

        assert client.lpop("queue") == b"job"


def has_waitaof(client):
    return tuple(map(int, client.info("server")["redis_version"].split(".")[:2])) >= (7, 2)


def test_two_users_share_one_stack_and_the_last_one_stops_it(home, stack_in):
    first, second = stack_in(home), stack_in(home)
    with second:
        with first:
            running = pids(home)
        assert pids(home) == running

    assert set(running) == {"postgres", "redis"}
    assert pids(home) == {}


def test_a_stack_left_by_a_killed_command_is_used_and_stopped_by_the_next(home, stack_in):
    command = user_of(home)
    left = pids(home)

    command.kill()
    command.communicate()

    with stack_in(home) as environ, connect(environ["DATABASE_URL"]) as database:
        assert pids(home) == left
        assert database.execute("SELECT 1").fetchone() == (1,)
    assert set(left) == {"postgres", "redis"}
    assert pids(home) == {}


def test_a_stack_whose_starter_left_stays_for_those_who_use_it(home, stack_in):
    command = user_of(home)

    with stack_in(home) as environ:
        command.communicate(b"\n", timeout=60)

        with connect(environ["DATABASE_URL"]) as database:
            assert database.execute("SELECT 1").fetchone() == (1,)
    assert command.returncode == 0
    assert pids(home) == {}


def user_of(home):
    """Return another process that has started the stack and keeps it until it reads a line."""
    code = """
        import sys
        from pathlib import Path
        from itfm.embedded.home import open_home
        from itfm.embedded.stack import Stack
        with Stack(open_home(Path(sys.argv[1]), say=lambda line: None), say=lambda line: None):
            print("ready", flush=True)
            sys.stdin.readline()
    """
    command = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdout.readline() == b"ready\n"
    return command


def wait_until(is_so):
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_the_environment_names_is_not_started(place, monkeypatch):
    given = {"DATABASE_URL": "postgres://somewhere/else", "REDIS_URL": "redis://somewhere", "ITFM_SECRET_KEY": "given"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with stack_in_environment(place / "home") as environ:
        running = pids(place / "home")

    assert running == {}
    assert environ == {"ITFM_HOME": str(place / "home")}


def stack_in_environment(folder):
    """Return a stack that minds the environment as it is."""
    return Stack(open_home(folder, say=print), say=print)


def test_a_pid_file_whose_number_another_program_has_keeps_nothing_from_starting(home, stack_in):
    with stack_in(home):
        pass
    (home / "servers" / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    with stack_in(home) as environ, connect(environ["DATABASE_URL"]) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("name", ["with a space, a comma and 'quotes'", "long-" * 30])
def test_any_folder_will_do(name, place, stack_in):
    home = place / name / "home"

    with stack_in(home) as environ, connect(environ["DATABASE_URL"]) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
        assert redis.Redis.from_url(environ["REDIS_URL"]).ping()

    assert (home / "servers" / "postgres" / "PG_VERSION").exists()
