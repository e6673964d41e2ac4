"""The whole site under its supervisor: served, killed part by part, killed whole, stopped."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

import pytest

from itfm.embedded import processes
from itfm.embedded.home import open_home
from itfm.embedded.program import Program, marked
from itfm.embedded.stack import Stack, remove

ROOT = Path(__file__).resolve().parents[2]
CODE = """
    import sys
    from pathlib import Path
    from itfm.embedded.supervisor import run
    def tell(site):
        print(site.url, site.environment.get("ITFM_SAMPLE_SERVICES", ""), flush=True)
    run(Path(sys.argv[1]), port=None, has_samples="samples" in sys.argv, on_ready=tell)
"""
PARTS = ("postgres", "redis", "worker", "beat", "web")


def pids(home):
    """Return what runs in the home, as somebody who comes from outside sees it."""
    servers = Stack(open_home(home, say=print), say=print).pids()
    found = {name: processes.recorded_number(home / "run" / f"{name}.pid") for name in ("worker", "beat", "web")}
    return {name: pid for name, pid in (servers | found).items() if pid and processes.command_line(pid)}


def started(home, *wanted):
    """Return a supervisor that serves, and the address; where samples are wanted, that of their services too."""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CODE), str(home), *wanted],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    addresses = supervisor.stdout.readline().split()
    assert addresses, supervisor.communicate()[1]
    return supervisor, *addresses


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait_until(is_so, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def home(place, monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ITFM_HOME", "ITFM_SITE_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = place / "a home"
    yield folder
    for name in ("samples", "worker", "beat", "web"):
        Program(name, (), {}, folder, patience=0).stop_leftovers()
    remove(folder)


@pytest.mark.crash
def test_every_part_that_is_killed_runs_again_and_all_stop_in_order(home):
    supervisor, url = started(home)
    before = pids(home)
    assert set(before) == set(PARTS)

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: set(pids(home)) == set(PARTS) and not set(pids(home).values()) & set(before.values()))
    wait_until(lambda: answers(url))

    supervisor.send_signal(signal.SIGTERM)
    _, said = supervisor.communicate(timeout=90)
    assert supervisor.returncode == 0, said
    assert "web has died" in said
    assert "postgres had died" in said
    assert pids(home) == {}
    assert [pid for name in PARTS for pid in marked(f"{name}:{home}")] == []


@pytest.mark.crash
def test_after_the_supervisor_is_killed_the_next_start_replaces_what_it_left(home):
    killed, _url = started(home)
    left = pids(home)
    killed.kill()
    killed.communicate()

    supervisor, url = started(home)
    now = pids(home)

    assert answers(url)
    assert {name: now[name] for name in ("postgres", "redis")} == {name: left[name] for name in ("postgres", "redis")}
    assert not any(processes.command_line(left[name]) for name in ("worker", "beat", "web"))
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=90)
    assert pids(home) == {}


@pytest.mark.crash
def test_the_sample_services_are_served_beside_the_site_at_one_address_and_come_again_when_killed(home):
    def label(services):
        try:
            with urllib.request.urlopen(f"{services}/", timeout=10) as answer:
                return answer.headers["X-Sample-Data"]
        except OSError:
            return ""

    supervisor, _url, first = started(home, "samples")
    wait_until(lambda: "Sample data" in label(first))
    [served] = marked(f"samples:{home}")

    os.kill(served, signal.SIGKILL)
    wait_until(lambda: "Sample data" in label(first))
    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate(timeout=90)
    assert label(first) == ""

    supervisor, _url, second = started(home, "samples")
    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate(timeout=90)
    assert second == first
    assert marked(f"samples:{home}") == []


@pytest.mark.crash
def test_a_second_supervisor_of_the_same_home_says_who_is_first(home):
    supervisor, _url = started(home)

    second = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CODE), str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert second.returncode != 0
    assert f"runs already, as process {supervisor.pid}" in second.stderr
    assert set(pids(home)) == set(PARTS)
    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate(timeout=90)


def test_a_program_that_dies_at_once_is_started_again_ever_more_slowly(tmp_path):
    program = Program("web", (), {}, tmp_path, patience=0)

    pauses = []
    for now in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 50.0, 59.0):
        pauses.append(program.note_death(now))
        program.started_at = now

    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30]


def test_a_program_that_ran_for_long_is_started_again_at_once(tmp_path):
    program = Program("web", (), {}, tmp_path, patience=0, deaths=5, started_at=100.0)

    assert program.note_death(161.0) == 0
