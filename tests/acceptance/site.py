"""A site whose processes a test may kill: Postgres, Redis and a worker of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path

import psycopg
import pytest

from itfm.embedded.home import open_home
from itfm.embedded.stack import Stack, say_nothing

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 150


class Site:
    """Postgres, Redis and a worker of the test's own, which it may kill."""

    def __init__(self, home: Path) -> None:
        self.stack = Stack(open_home(home, say=say_nothing), say=say_nothing)
        self.environment = {**os.environ, **self.stack.__enter__(), "ITFM_SWEEP_SECONDS": "1"}
        self.log = (home / "worker.log").open("ab")
        self.workers: list[subprocess.Popen] = []

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True, timeout=300,
        ).stdout  # fmt: skip

    @cached_property
    def organization(self) -> str:
        """The only organization's id. Finding it takes seconds: do so before starting what is to be caught at work."""
        found = self.manage(
            "shell", "-v", "0", "-c", "from itfm.accounts.selectors import *; print(organization_ids()[0])"
        )
        return found.split()[-1]

    def told(self, script: str) -> dict:
        """Return the JSON that a script prints last."""
        return json.loads(self.manage("shell", "-v", "0", "-c", script).splitlines()[-1])

    def script(self, text: str) -> subprocess.Popen:
        """Start a script that talks on its standard output."""
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", text],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip

    def start_worker(
        self, *, app: str = "itfm.celery", concurrency: int = 1, with_beat: bool = True
    ) -> subprocess.Popen:
        beat = ["--beat", "--schedule", str(self.stack.home.folder / "beat")] if with_beat else []
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", app, "worker", *beat, "--concurrency", str(concurrency),
             "--loglevel", "INFO", "--hostname", f"w{len(self.workers)}@%h"],
            cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def kill_worker(self, worker: subprocess.Popen) -> None:
        """Kill a worker with all its processes, at once."""
        self.workers.remove(worker)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def kill(self, name: str) -> None:
        """Kill what is called so and start it again."""
        if name == "worker":
            self.kill_worker(self.workers[0])
            self.start_worker()
        else:
            os.kill(self.stack.pids()[name], signal.SIGKILL)
            time.sleep(0.2)
            self.stack.ensure()

    def wait_for(self, query: str) -> None:
        """Return as soon as a query of an organization's rows finds one; fail when it does not within the time."""
        organization = self.organization
        deadline = time.monotonic() + PATIENCE_SECONDS
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as database:
            database.execute("SELECT set_config('itfm.organization', %s, false)", [organization])
            while not database.execute(query).fetchone():
                if time.monotonic() > deadline:
                    pytest.fail(f"nothing found by: {query}")
                time.sleep(0.02)

    def close(self) -> None:
        for worker in list(self.workers):
            self.kill_worker(worker)
        self.stack.__exit__(None, None, None)
        self.log.close()
