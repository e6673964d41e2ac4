"""One Redis of our own on a loopback port behind a password: started, found again and stopped. No Django."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import redis

from itfm.embedded import processes
from itfm.embedded.binaries import redis_program, within_reach
from itfm.embedded.home import Home, private_folder, write_private
from itfm.embedded.ports import usual_port

SECONDS_TO_START: Final = 60
ATTEMPTS: Final = 5


class RedisError(Exception):
    """Redis could not be started; the message ends with where its log is."""


@dataclass(frozen=True)
class Redis:
    """The Redis of one home. `durable` is false only for tests: a crash then loses the queue."""

    home: Home
    durable: bool = True

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.home.servers / "redis"

    @property
    def log(self) -> Path:
        """Return the log file."""
        return self.home.logs / "redis.log"

    @property
    def _settings_file(self) -> Path:
        return self.data / "redis.conf"

    def pid(self) -> int:
        """Return the process id of the running server; 0 when none runs."""
        pid = processes.recorded_number(self.data / "redis.pid")
        return pid if processes.is_running(pid, naming=str(self._settings_file)) else 0

    def url(self) -> str:
        """Return the address, password included."""
        port = processes.recorded_number(self.data / "port")
        return f"redis://:{quote(self.home.secrets.redis_password, safe='')}@127.0.0.1:{port}/0"

    def start(self) -> None:
        """Start the server unless it runs, on the port of last time when that is free.

        :raises RedisError: it does not answer.
        :raises NoProgramError: Redis is not installed.
        """
        if self.pid():
            self._answers_within(SECONDS_TO_START, pid=self.pid())
            return
        private_folder(self.data, self.home.account)
        for _ in range(ATTEMPTS):
            port = usual_port(self.data / "port")
            write_private(self.data / "port", f"{port}\n", self.home.account)
            if self._answers_within(SECONDS_TO_START, pid=self._spawn(port)):
                return
        raise RedisError(f"Redis does not answer: see {self.log}")

    def stop(self) -> None:
        """Stop the server; what is queued is on disk."""
        if pid := self.pid():
            processes.stop(pid, naming=str(self._settings_file))

    def _spawn(self, port: int) -> int:
        (self.data / "redis.pid").unlink(missing_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": _quoted(self.home.secrets.redis_password),
            "dir": _quoted(str(self.data)),
            "pidfile": _quoted(str(self.data / "redis.pid")),
            "daemonize": "no",
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
            # The command line keeps the path of the settings, by which `pid` knows that the process is ours.
            "set-proc-title": "no",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_private(self._settings_file, text, self.home.account)
        program = redis_program()
        program = within_reach(
            program, root=program.parent, copies=self.home.servers / "programs", account=self.home.account
        )
        return processes.spawn(
            [program, self._settings_file],
            log=self.log,
            account=self.home.account,
            environment=processes.plain_environment(),
        )

    def _answers_within(self, seconds: float, *, pid: int) -> bool:
        """Whether the server answers in time; false at once when the process has ended."""
        deadline = time.monotonic() + seconds
        with redis.Redis.from_url(self.url(), socket_timeout=5) as client:
            while time.monotonic() < deadline:
                try:
                    if client.ping():
                        return True
                except redis.RedisError:
                    if processes.has_ended(pid):
                        return False
                time.sleep(0.05)
        return False


def _quoted(text: str) -> str:
    """Return text as one word of Redis' settings."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
