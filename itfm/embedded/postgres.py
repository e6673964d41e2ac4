"""One Postgres cluster of our own: made, started, found again and stopped. No Django."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import psycopg

from itfm.embedded import processes, roles
from itfm.embedded.accounts import child_user, give
from itfm.embedded.binaries import postgres_folder, within_reach
from itfm.embedded.home import Home, private_folder, write_private

ADMIN: Final = "itfm_admin"
OWNER: Final = "itfm_owner"
APPLICATION: Final = "itfm_app"
DATABASE: Final = "itfm"
PORT: Final = 5432
"""Only part of the socket's name: nothing listens on the network."""

LONGEST_SOCKET: Final = 103
"""Bytes of a socket's path that every platform takes (Linux 107, macOS 103)."""
PLAIN: Final = re.compile(r"[\w/. -]+", re.ASCII)
"""What every reader of an address takes as it is; a comma, for one, would separate two hosts."""
SECONDS_TO_START: Final = 120
"""Recovery after a crash replays the log first."""
SECONDS_FOR_ORPHANS: Final = 30
ATTEMPTS: Final = 10

ALWAYS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
    "log_destination": "stderr",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
THROWAWAY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


class PostgresError(Exception):
    """Postgres could not be made or started; the message ends with where its log is."""


@dataclass(frozen=True)
class Postgres:
    """The cluster of one home. `durable` is false only for tests: a crash may then lose everything."""

    home: Home
    durable: bool = True

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.home.servers / "postgres"

    @property
    def log(self) -> Path:
        """Return the log file."""
        return self.home.logs / "postgres.log"

    @property
    def sockets(self) -> Path:
        """Return the folder of the socket: beside the data, or a recorded one where that path is too long or odd."""
        record = self.home.servers / "sockets.path"
        if record.exists():
            return Path(record.read_text(encoding="utf-8").strip())
        return self.home.servers / "sockets"

    def pid(self) -> int:
        """Return the process id of the running postmaster; 0 when none runs."""
        pid = processes.recorded_number(self.data / "postmaster.pid")
        return pid if processes.is_running(pid, naming=str(self.data)) else 0

    def url(self, role: str, *, database: str = DATABASE) -> str:
        """Return the address of a database for one of the three roles."""
        place = urlencode({"host": str(self.sockets), "port": PORT}, safe="/", quote_via=quote)
        return f"postgres://{role}:{quote(self._password(role), safe='')}@/{database}?{place}"

    def start(self) -> None:
        """Start the cluster unless it runs, made first where there is none, and see that roles and database exist.

        :raises PostgresError: it does not answer.
        :raises NoProgramError: Postgres is not installed.
        """
        pid = self.pid()
        if not pid:
            if not (self.data / "PG_VERSION").exists():
                self._make()
            self._prepare_sockets()
            pid = self._spawn()
        self._wait_until_ready(pid)
        self._make_roles()

    def stop(self) -> None:
        """Stop the cluster: open transactions are rolled back, everything committed is on disk."""
        if pid := self.pid():
            processes.stop(pid, naming=str(self.data), first=signal.SIGINT, seconds=60)

    def _program(self, name: str, *, major: int | None = None) -> Path:
        folder = postgres_folder(major=major)
        copies = self.home.servers / "programs"
        return within_reach(folder / name, root=folder.parent, copies=copies, account=self.home.account)

    def _password(self, role: str) -> str:
        secrets = self.home.secrets
        return {
            ADMIN: secrets.admin_password,
            OWNER: secrets.owner_password,
            APPLICATION: secrets.application_password,
        }[role]

    def _make(self) -> None:
        """Write a new cluster beside its final name, so that an interrupted attempt leaves nothing half-made.

        Letters and their order are those of C.UTF-8, the same on every machine; plain C where the system has no such
        locale and Postgres is too old to bring its own.
        """
        unfinished = self.data.with_name("postgres.part")
        initdb = self._program("initdb")
        password = self.home.servers / "password"
        write_private(password, self.home.secrets.admin_password, self.home.account)
        try:
            for locale in (
                ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
                ["--locale=C.UTF-8"],
                ["--locale=C"],
            ):
                shutil.rmtree(unfinished, ignore_errors=True)
                private_folder(unfinished, self.home.account)
                if self._run_initdb([initdb, "-D", unfinished, f"--pwfile={password}", *locale]):
                    unfinished.rename(self.data)
                    return
        finally:
            password.unlink()
        raise PostgresError(f"Postgres could not make its data folder: see {self.log}")

    def _run_initdb(self, command: list[str | Path]) -> bool:
        options = ["-U", ADMIN, "--auth=scram-sha-256", "--encoding=UTF8"]
        options += ["--data-checksums"] if self.durable else ["--no-sync"]
        with self.log.open("ab") as log:
            made = subprocess.run(
                [*command, *options],
                env=processes.plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                check=False,
                **child_user(self.home.account),
            )
        return made.returncode == 0

    def _prepare_sockets(self) -> None:
        beside = self.home.servers / "sockets"
        is_short = len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET
        if is_short and PLAIN.fullmatch(str(beside)):
            private_folder(beside, self.home.account)
        elif not self.sockets.is_dir() or self.sockets == beside:
            # $TMPDIR may be long as well.
            short = Path(tempfile.mkdtemp(prefix="itfm-", dir="/tmp"))
            give(short, self.home.account)
            write_private(self.home.servers / "sockets.path", f"{short}\n")

    def _spawn(self) -> int:
        self._clear_left_behind()
        major = int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        folder = '"' + str(self.sockets).replace('"', '""') + '"'
        settings = {**ALWAYS, **({} if self.durable else THROWAWAY), "unix_socket_directories": folder}
        command: list[str | Path] = [self._program("postgres", major=major), "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return processes.spawn(
            command, log=self.log, account=self.home.account, environment=processes.plain_environment()
        )

    def _clear_left_behind(self) -> None:
        """Remove the pid file of a dead server when a zombie or a stranger has its number by now.

        Postgres itself takes care of a free number, and refuses to start when the number is taken. The file is also
        what keeps a second server away from orphaned sessions, so those have to be gone first.
        """
        left_behind = self.data / "postmaster.pid"
        if not processes.number_is_taken(processes.recorded_number(left_behind)):
            return
        deadline = time.monotonic() + SECONDS_FOR_ORPHANS
        while processes.working_in(self.data):
            if time.monotonic() > deadline:
                raise PostgresError(f"Processes of a killed Postgres still work in {self.data}")
            time.sleep(0.05)
        left_behind.unlink(missing_ok=True)

    def _wait_until_ready(self, pid: int) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        attempts = 1
        while True:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or attempts > ATTEMPTS:
                    raise PostgresError(f"Postgres does not answer: see {self.log}") from error
                if processes.has_ended(pid):
                    # After a kill -9 the orphaned sessions need a moment to let go of the data.
                    attempts += 1
                    time.sleep(0.5)
                    pid = self._spawn()
            else:
                return
            time.sleep(0.05)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=ADMIN,
            password=self.home.secrets.admin_password,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def _make_roles(self) -> None:
        """Make the two roles and the database; also those that a start which was cut short has left out."""
        environ = {
            "DATABASE_ADMIN_URL": self.url(ADMIN, database="postgres"),
            "DATABASE_OWNER_URL": self.url(OWNER),
            "DATABASE_URL": self.url(APPLICATION),
        }
        roles.prepare(environ, owner_makes_databases=not self.durable)
