"""The whole site in one command: Postgres, Redis, worker, beat and web, restarted when they die. No Django.

The programs are children; nothing of Django is loaded here. Whatever is killed, Postgres holds what is due, so the next
start goes on where the last one was cut off.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Final

from itfm.embedded.home import Say, open_home
from itfm.embedded.ports import is_free, usual_port
from itfm.embedded.postgres import PostgresError
from itfm.embedded.program import Program
from itfm.embedded.redis import RedisError
from itfm.embedded.stack import Stack, say_to_terminal

FIRST_PORT: Final = 8000
PORTS_TRIED: Final = 200
SECONDS_TO_SERVE: Final = 120
SAMPLES: Final = "ITFM_SAMPLE_SERVICES"
LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the children."""


class SupervisorError(Exception):
    """The site cannot be started; the message says why."""


@dataclass(frozen=True)
class Site:
    """A running site, as `on_ready` gets it."""

    url: str
    environment: Mapping[str, str]
    """What a child process needs in order to run commands on it."""


class Supervisor:
    """Starts the parts of one home, keeps them alive until asked to stop, and stops them in order."""

    def __init__(
        self, home: Path, *, port: int | None = None, has_samples: bool = False, say: Say = say_to_terminal
    ) -> None:
        self.home = open_home(home, say=say)
        self.stack = Stack(self.home, say=say)
        self._port = port
        self._has_samples = has_samples
        self._say = say
        self._stopping = threading.Event()
        self._failed: list[BaseException] = []
        self._programs: list[Program] = []

    def run(self, on_ready: Callable[[Site], None]) -> None:
        """Serve until Ctrl-C, SIGTERM or `stop()`; `on_ready` runs in a thread beside, and its error ends the site.

        :raises SupervisorError: the site runs already, a part does not start, or the port is taken.
        """
        with self._alone(), self._signals(), self.stack as variables:
            environment = {**os.environ, **variables}
            self._migrate(environment)
            folder = self.home.folder
            for program in [samples(folder, environment, port=0), *programs(folder, environment, port=0)]:
                program.stop_leftovers()
            port = self._port if self._port is not None else _free_port()
            if not is_free(port):
                raise SupervisorError(f"Port {port} is in use: choose another one with --port.")
            url = f"http://127.0.0.1:{port}"
            environment.setdefault("ITFM_SITE_URL", url)
            beside = self._samples(environment)
            self._programs = beside + programs(folder, environment, port=port)
            try:
                for program in self._programs:
                    program.start()
                self._wait_until_served(url)
                if not self._stopping.is_set():
                    threading.Thread(target=self._tell, args=(on_ready, Site(url, environment)), daemon=True).start()
                self._keep_alive()
            finally:
                self._stop_programs()
        if self._failed:
            raise self._failed[0]

    def stop(self) -> None:
        """Ask `run` to stop everything and return; from any thread."""
        self._stopping.set()

    def pids(self) -> dict[str, int]:
        """Return the process id of every part by name; 0 for one that does not run."""
        return {**self.stack.pids(), **{p.name: p.pid if p.is_alive() else 0 for p in self._programs}}

    def _migrate(self, environment: Mapping[str, str]) -> None:
        """Bring the schema up to date, as its owner."""
        self._say("Preparing the database ...")
        log = self.home.logs / "migrate.log"
        with log.open("ab") as output:
            done = subprocess.run(
                [sys.executable, "-m", "django", "migrate", "--database", "owner", "--no-input"],
                env={**environment, "DJANGO_SETTINGS_MODULE": "itfm.settings"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
        if done.returncode:
            raise SupervisorError(f"The database could not be prepared: see {log}")

    def _samples(self, environment: dict[str, str]) -> list[Program]:
        """Return the server of the sample company's services, where it is wanted, and tell the others its address."""
        if not self._has_samples:
            return []
        record = self.home.run / "samples.port"
        port = usual_port(record)
        record.write_text(f"{port}\n", encoding="ascii")
        environment[SAMPLES] = f"http://127.0.0.1:{port}"
        return [samples(self.home.folder, environment, port=port)]

    def _wait_until_served(self, url: str) -> None:
        deadline = time.monotonic() + SECONDS_TO_SERVE
        while not self._stopping.is_set():
            if _answers(f"{url}/readyz"):
                return
            if time.monotonic() > deadline:
                raise SupervisorError(f"The site does not answer: see the logs in {self.home.logs}")
            self._look()
            self._stopping.wait(0.1)

    def _tell(self, on_ready: Callable[[Site], None], site: Site) -> None:
        try:
            on_ready(site)
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self._failed.append(error)
            self.stop()

    def _keep_alive(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            self._look()

    def _look(self) -> None:
        """Start again what has died."""
        try:
            for name in self.stack.ensure():
                self._say(f"{name} had died and runs again.")
        except (PostgresError, RedisError) as error:
            self._say(f"{error}; trying again.")
            return
        now = time.monotonic()
        for program in self._programs:
            if program.pid and not program.is_alive():
                pause = program.note_death(now)
                when = f"in {pause:.0f} seconds" if pause else "now"
                self._say(f"{program.name} has died and starts again {when}; its log is {program.log}")
            if not program.pid and now >= program.restart_at:
                program.start()

    def _stop_programs(self) -> None:
        """Stop first what brings work, then what does it; a second Ctrl-C cuts the waiting short."""
        self._stopping.clear()
        for program in reversed(self._programs):
            program.stop(is_urgent=self._stopping.is_set)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only supervisor of this home."""
        file: IO[str]
        with (self.home.run / "supervisor.pid").open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise SupervisorError(
                    f"The site of {self.home.folder} runs already, as process {file.read().strip()}"
                ) from error
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield
            file.truncate(0)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Take Ctrl-C and requests to end as a wish to stop in order."""

        def ask(_number: int, _frame: FrameType | None) -> None:
            self._stopping.set()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(
    home: Path,
    *,
    port: int | None,
    on_ready: Callable[[Site], None],
    has_samples: bool = False,
    say: Say = say_to_terminal,
) -> None:
    """Run the site of a home until it is asked to stop, with the sample company's services or not.

    See `Supervisor.run`.
    """
    Supervisor(home, port=port, has_samples=has_samples, say=say).run(on_ready)


def programs(home: Path, environment: Mapping[str, str], *, port: int) -> list[Program]:
    """Return the programs of a site in the order in which they start."""
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "itfm.settings", "PYTHONUNBUFFERED": "1"}
    celery = [sys.executable, "-m", "celery", "-A", "itfm.celery"]
    # Two homes on one machine must not take each other's workers for their own.
    name = f"itfm-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}@%h"
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    web += ["--workers", "1", "--blocking-threads", "4", "--respawn-failed-workers", "itfm.wsgi:application"]
    return [
        Program(
            "worker",
            [*celery, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--hostname", name],
            environment,
            home,
            patience=20,
        ),
        Program("beat", [*celery, "beat", "--loglevel", "INFO", "--pidfile="], environment, home, patience=5),
        Program("web", web, environment, home, patience=10),
    ]


def samples(home: Path, environment: Mapping[str, str], *, port: int) -> Program:
    """Return the program that serves the sample company's services, from the data in its folder."""
    command = [sys.executable, "-m", "itfm.demo.services", str(home / "demo"), str(port)]
    return Program("samples", command, environment, home, patience=2)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _free_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if is_free(port):
            return port
    raise SupervisorError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} is free.")
