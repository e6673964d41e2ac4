"""The `itfm` command line; `python manage.py` is the same thing.

Without `DATABASE_URL` a command uses the embedded Postgres and Redis of its home folder, and runs them for its own
duration when they are not running.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

NEEDS_NO_DATABASE: Final = frozenset(
    {"check", "collectstatic", "compilemessages", "help", "makemessages", "makemigrations", "up", "version", "--help"}
)


def main(argv: list[str] | None = None) -> None:
    """Run one command, with the parts it needs."""
    arguments = list(sys.argv if argv is None else argv)
    home = _take_home(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itfm.settings")
    if home:
        os.environ["ITFM_HOME"] = str(home)
    command = arguments[1] if len(arguments) > 1 else "help"
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL") and command not in NEEDS_NO_DATABASE and "--help" not in arguments:
            _embedded(stack, quiet="--json" in arguments, migrates=command != "migrate")
        from django.core.management import execute_from_command_line

        execute_from_command_line([arguments[0], *(arguments[1:] or ["help"])])


def _take_home(arguments: list[str]) -> Path | None:
    """Remove `--home DIR` wherever it stands, for it decides where everything else is found."""
    for number, argument in enumerate(arguments):
        if argument == "--home" and number + 1 < len(arguments):
            home = arguments[number + 1]
            del arguments[number : number + 2]
            return Path(home).resolve()
        if argument.startswith("--home="):
            del arguments[number]
            return Path(argument.removeprefix("--home=")).resolve()
    return None


def _embedded(stack: ExitStack, *, quiet: bool, migrates: bool) -> None:
    from itfm.embedded.stack import Stack

    running = stack.enter_context(Stack.for_home(quiet=quiet))
    os.environ.update(running)
    if migrates:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", database="owner", verbosity=0)
