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


def command_line(pid: int) -> str:
    """Return the command line of a process, words joined by spaces; '' when it has ended or is a zombie."""
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():
        try:
            words = (proc / str(pid) / "cmdline").read_bytes().split(b"\0")
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
    _reap(pid)


def _wait_for_end(pid: int, *, naming: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_running(pid, naming=naming) and time.monotonic() < deadline:
        time.sleep(0.02)


def _reap(pid: int) -> None:
    """Collect the process if it was our child, so that no zombie stays."""
    if child := _children.pop(pid, None):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)
