"""Postgres and Redis for as long as somebody needs them, shared by every command of one home. No Django.

Each user holds a shared lock on `run/users` for its life; whoever leaves and finds no other user stops the servers.
The operating system drops the lock of a killed process, so the count is never wrong. Servers left behind by a kill are
found again and used by the next command.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from itfm.embedded.home import Home, Say, default_folder, open_home
from itfm.embedded.postgres import APPLICATION, OWNER, Postgres
from itfm.embedded.redis import Redis


class Stack:
    """A context manager that yields the environment of a running Postgres and Redis.

    What the environment of this process names already (`DATABASE_URL`, `REDIS_URL`) is used as it is.
    """

    def __init__(self, home: Home, *, durable: bool = True, say: Say) -> None:
        self.home = home
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(home, durable=durable)
        self.redis = None if os.environ.get("REDIS_URL") else Redis(home, durable=durable)
        self._say = say
        self._users: IO[bytes] | None = None

    @classmethod
    def for_home(cls, folder: Path | None = None, *, quiet: bool = False) -> Self:
        """Return the stack of a folder, by default `ITFM_HOME` or `.itfm` in the current folder."""
        say = say_nothing if quiet else say_to_terminal
        return cls(open_home(folder or default_folder(), say=say), say=say)

    def __enter__(self) -> dict[str, str]:
        with self._changing():
            self._users = (self.home.run / "users").open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._start_missing()
            except BaseException:
                self._leave()
                raise
        return self.environment()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changing():
            self._leave()

    def ensure(self) -> list[str]:
        """Start again what has died, and return its names; call it while the stack is entered."""
        if all(self.pids().values()):
            return []
        with self._changing():
            return self._start_missing()

    def pids(self) -> dict[str, int]:
        """Return the process id of each server of ours by name; 0 for one that does not run."""
        return {name: server.pid() for name, server in self._servers().items()}

    def environment(self) -> dict[str, str]:
        """Return the variables that `itfm.settings` reads; what is set already is not among them."""
        wanted = {"ITFM_HOME": str(self.home.folder), "ITFM_SECRET_KEY": self.home.secrets.secret_key}
        if self.postgres:
            # A database on a socket of this machine only: the site is tried out here, not served to others.
            wanted |= {
                "ITFM_HTTPS": "0",
                "ITFM_SERVE_SOURCES": "1",
                "ITFM_EMAIL_BACKEND": "itfm.notify.sink.SinkBackend",
            }
        found = {name: value for name, value in wanted.items() if not os.environ.get(name)}
        found["ITFM_HOME"] = str(self.home.folder)
        if self.postgres:
            found |= {"DATABASE_URL": self.postgres.url(APPLICATION), "DATABASE_OWNER_URL": self.postgres.url(OWNER)}
        if self.redis:
            found["REDIS_URL"] = self.redis.url()
        return found

    def _servers(self) -> dict[str, Postgres | Redis]:
        servers: dict[str, Postgres | Redis | None] = {"postgres": self.postgres, "redis": self.redis}
        return {name: server for name, server in servers.items() if server}

    def _start_missing(self) -> list[str]:
        started = []
        for name, server in self._servers().items():
            if not server.pid():
                if not server.data.exists():
                    self._say(f"Setting up {name} in {server.data} ...")
                started.append(name)
            server.start()
        return started

    def _leave(self) -> None:
        """Give up our share, and stop the servers when nobody else has one."""
        if not self._users:
            return
        with self._users as users:
            self._users = None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for server in reversed(self._servers().values()):
                server.stop()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Let one process at a time start or stop servers."""
        with (self.home.run / "changing").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class HomeInUseError(Exception):
    """Somebody uses the servers of a home."""


@contextmanager
def temporary(folder: Path | None = None) -> Iterator[dict[str, str]]:
    """Yield the environment of a fast stack for tests, which a power cut may spoil; it is gone afterwards.

    `folder` must be new or empty; without it the system's folder for temporary files is used.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="itfm-"))
    try:
        with Stack(open_home(place, say=say_nothing), durable=False, say=say_nothing) as environment:
            yield environment
    finally:
        remove(place)


def remove(folder: Path) -> None:
    """Delete a home with all its data, wherever its servers keep it.

    :raises HomeInUseError: somebody uses it.
    """
    if not (folder / "run").is_dir():
        return
    home = open_home(folder, say=say_nothing)
    with (home.run / "users").open("ab") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeInUseError(f"{folder} is in use: stop what runs there first.") from error
        # A killed command leaves its servers behind.
        Postgres(home).stop()
        Redis(home).stop()
        for place in (Postgres(home).sockets, home.servers, home.folder):
            shutil.rmtree(place, ignore_errors=True)


def say_to_terminal(line: str) -> None:
    """Print one line for the person; standard output is for answers."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def say_nothing(line: str) -> None:
    """Keep it to ourselves."""
    del line
