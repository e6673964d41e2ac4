"""One program that the supervisor keeps alive, with all its worker processes. No Django."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from itfm.embedded import processes

MARK: Final = "ITFM_PART"
"""The variable by which processes of a home are known, whoever started them and whoever is left of them."""
LONGEST_PAUSE: Final = 30.0
HEALTHY_AFTER: Final = 60.0
LARGEST_LOG: Final = 20_000_000


@dataclass
class Program:
    """A command, restarted when it ends: at once the first time, then after 1, 2, 4 ... 30 seconds."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    home: Path
    patience: float
    """Seconds it may take to finish what it is doing."""
    started_at: float = 0.0
    restart_at: float = 0.0
    deaths: int = 0
    pid: int = field(default=0)

    @property
    def mark(self) -> str:
        """Return the value of `ITFM_PART` of this program's processes."""
        return f"{self.name}:{self.home}"

    @property
    def log(self) -> Path:
        """Return the log file."""
        return self.home / "logs" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Return where the process id stands, for whoever looks from outside."""
        return self.home / "run" / f"{self.name}.pid"

    def start(self) -> None:
        """Start the command, after whatever an earlier run left of it has been stopped."""
        self.stop_leftovers()
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.pid = processes.spawn(
            self.command, log=self.log, folder=Path.cwd(), environment={**self.environment, MARK: self.mark}
        )
        self.started_at = time.monotonic()
        self.pid_file.write_text(f"{self.pid}\n", encoding="ascii")

    def is_alive(self) -> bool:
        """Whether the process we started still runs."""
        return self.pid > 0 and not processes.has_ended(self.pid)

    def note_death(self, now: float) -> float:
        """Decide when to start again, and return in how many seconds that is."""
        self.deaths = 0 if now - self.started_at > HEALTHY_AFTER else self.deaths + 1
        pause = min(LONGEST_PAUSE, 2.0 ** (self.deaths - 2)) if self.deaths > 1 else 0.0
        self.restart_at = now + pause
        self.pid = 0
        return pause

    def stop(self, *, is_urgent: Callable[[], bool]) -> None:
        """Ask the program to finish, then end what is left of it; wait no longer once it has become urgent."""
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + self.patience
            while self.is_alive() and time.monotonic() < deadline and not is_urgent():
                time.sleep(0.05)
        self.stop_leftovers()
        self.pid = 0
        self.pid_file.unlink(missing_ok=True)

    def stop_leftovers(self) -> None:
        """End every process of this program: those of a killed supervisor, and workers whose leader was killed."""
        deadline = time.monotonic() + 10
        while left := marked(self.mark, recorded=processes.recorded_number(self.pid_file)):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)


def marked(mark: str, *, recorded: int = 0) -> list[int]:
    """Return the living processes that were started with this mark.

    Where the system shows no environments (macOS), it is the recorded process, if its command is one of ours.
    """
    processes.collect_ended_children()
    if not processes.PROC.is_dir():
        return [recorded] if processes.is_running(recorded, naming=" itfm.") else []
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in processes.PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # A zombie has no environment any more.
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
