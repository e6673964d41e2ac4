"""What every command of ours has in common: `--json`, exit codes, errors on standard error."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from itfm.accounts.models import Organization
from itfm.core.tenancy import system

USAGE = 1
REFUSED = 2


@dataclass(frozen=True)
class Answer:
    """What a command found: one JSON object, the same in words, and how it went."""

    data: dict[str, Any]
    text: str
    exit_code: int = 0


class _Parser(CommandParser):
    """Exits with 1 on wrong usage; argparse's own 2 means `rejected` here."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


class Command(BaseCommand):
    """A command that prints one answer."""

    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:  # noqa: ARG002
        """Return a parser with `--json`."""
        parser = _Parser(prog=f"itfm {subcommand}", description=self.help or None, **kwargs)
        self.add_base_argument(parser, "--traceback", action="store_true", help="Show where an error came from.")
        for name in ("verbosity", "settings", "pythonpath", "no_color", "force_color", "skip_checks"):
            parser.set_defaults(**{name: 1 if name == "verbosity" else None})
        self.add_arguments(parser)
        return parser

    def add_json(self, parser: CommandParser) -> None:
        """Let the caller ask for JSON."""
        parser.add_argument("--json", action="store_true", help="Print one JSON object on standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer and exit as it says."""
        answer = self.answer(*args, **options)
        self.stdout.write(json.dumps(answer.data) if options.get("json") else answer.text)
        if answer.exit_code:
            sys.exit(answer.exit_code)

    @abstractmethod
    def answer(self, *args: Any, **options: Any) -> Answer:
        """Do the work."""


def organization(slug: str) -> Organization:
    """Return the organization of that slug.

    :raises CommandError: there is none.
    """
    with system():
        found = Organization.objects.filter(slug=slug).first()
        known = sorted(Organization.objects.values_list("slug", flat=True)) if found is None else []
    if found is None:
        names = f" Known: {', '.join(known)}." if known else " There is none yet; create it with --create-organization."
        raise CommandError(f"There is no organization '{slug}'.{names}")
    if found.closed_at is not None:
        raise CommandError(f"'{slug}' is closed since {found.closed_at:%Y-%m-%d}. An owner restores it on the site.")
    return found


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as aligned text; the first row is the heading."""
    widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
