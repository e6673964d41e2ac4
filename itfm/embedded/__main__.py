"""`python -m itfm.embedded`: run one command beside an embedded Postgres and Redis, or remove their data."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from itfm.embedded.home import default_folder
from itfm.embedded.stack import HomeInUseError, Stack, remove, temporary


def main(arguments: list[str]) -> int:
    """Carry out `run`, `check` or `remove`, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m itfm.embedded", description=__doc__)
    parser.add_argument("--home", type=Path, default=default_folder())
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="run a command with the environment of the running parts")
    run.add_argument("--throwaway", action="store_true", help="parts of its own, fast and gone afterwards")
    run.add_argument("command", nargs="+")
    actions.add_parser("check", help="start the parts once, say which processes they are, stop them")
    actions.add_parser("remove", help="delete the home and all its data")
    given = parser.parse_args(arguments)
    if given.action == "remove":
        return _remove(given.home)
    if given.action == "check":
        return _check(given.home)
    with temporary() if given.throwaway else Stack.for_home(given.home) as environment:
        return _run(given.command, environment)


def _remove(folder: Path) -> int:
    try:
        remove(folder)
    except HomeInUseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _check(folder: Path) -> int:
    stack = Stack.for_home(folder)
    with stack:
        for name, pid in stack.pids().items():
            sys.stdout.write(f"{name} answers as process {pid}, data in {stack.home.servers / name}\n")
    return 0


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end; Ctrl-C reaches it directly, and a request to end is handed on."""
    child = subprocess.Popen(command, env={**os.environ, **environment})
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
