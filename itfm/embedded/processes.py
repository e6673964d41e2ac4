"""Processes that outlive the command that started them, known by what stands in their command line. No Django."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from itfm.embedded.accounts import Account, child_user

PROC: Final = Path("/proc")
_children: Final[dict[int, subprocess.Popen[bytes]]] = {}
"""What this process started; kept so that ended children are collected."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    account: Account | None = None,
    folder: Path = Path("/"),
    environment: Mapping[str, str] | None = None,
) -> int:
    """Start a child in a session of its own, for Ctrl-C is for the command, and return its process id."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
            **child_user(account),
        )
    _children[child.pid] = child
    return child.pid


def plain_environment() -> dict[str, str]:
    """Return what a server needs; ours may hold PGDATA, PGPORT or a locale that the machine lacks."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def command_line(pid: int) -> str:
    """Return the command line of a process, words joined by spaces; '' when it has ended or is a zombie."""
    collect_ended_children()
    if PROC.is_dir():
        try:
            words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return ""
        return os.fsdecode(b" ".join(words)).strip()
    # macOS has no /proc; a zombie shows up there as `(name)`.
    found = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if found.stdout.startswith("(") else found.stdout.strip()


def is_running(pid: int, *, naming: str) -> bool:
    """Whether the process lives and is ours: its command line holds `naming`, a path only we would give."""
    return pid > 0 and naming in command_line(pid)


def has_ended(pid: int) -> bool:
    """Whether a process has ended. Of a child this is certain; right after its start it has no command line yet."""
    if child := _children.get(pid):
        return child.poll() is not None
    return not command_line(pid)


def recorded_number(file: Path) -> int:
    """Return the number on the first line of a file; 0 when there is none."""
    try:
        return int(file.read_text(encoding="ascii").split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def stop(pid: int, *, naming: str, first: signal.Signals = signal.SIGTERM, seconds: float = 30) -> None:
    """Ask a process of ours to end, and kill it when it has not ended after `seconds`."""
    for how, patience in ((first, seconds), (signal.SIGKILL, 10.0)):
        if not is_running(pid, naming=naming):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        _wait_for_end(pid, naming=naming, seconds=patience)
    collect_ended_children()


def _wait_for_end(pid: int, *, naming: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_running(pid, naming=naming) and time.monotonic() < deadline:
        time.sleep(0.02)


def collect_ended_children() -> None:
    """Let no ended child stay a zombie, whose number looks taken to others: Postgres would refuse to start."""
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            del _children[pid]


def number_is_taken(pid: int) -> bool:
    """Whether any process, be it a zombie or a stranger, has this number."""
    collect_ended_children()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


def working_in(folder: Path) -> list[int]:
    """Return the processes whose working folder this is; none where the system does not tell."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
    return found
