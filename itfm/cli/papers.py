"""What the commands on invoices and purchase orders share: who enters them, and taking in a file of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from django.core.management.base import CommandError, CommandParser

from ingestion.services.kept import Planned, TakenIn, counted
from ingestion.services.payable_files import RefusedFileError
from itfm.audit.services import Actor
from itfm.cli.command import REFUSED, Answer

COMMAND: Final = Actor(id=None, name="command line")
CHUNK: Final = 1 << 20


class Look(Protocol):
    """Tells what taking in a file would do."""

    def __call__(self, chunks: Iterable[bytes], *, name: str) -> Sequence[Planned[Any, Any]]: ...


class Take(Protocol):
    """Takes in a file."""

    def __call__(self, chunks: Iterable[bytes], *, name: str) -> TakenIn: ...


def add_file(parser: CommandParser, *, help_text: str) -> None:
    """Declare the arguments of `take_in`."""
    parser.add_argument("file", help=help_text)
    parser.add_argument("--dry-run", action="store_true", help="Only tell what the file would do.")


def take_in(options: dict[str, Any], *, look: Look, take: Take) -> Answer:
    """Take in a file, whole or not at all, or only look at it.

    :raises CommandError: there is no such file.
    """
    path, is_dry = Path(options["file"]), options["dry_run"]
    try:
        with path.open("rb") as stream:
            chunks = iter(partial(stream.read, CHUNK), b"")
            found = counted(look(chunks, name=path.name)) if is_dry else take(chunks, name=path.name)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except RefusedFileError as error:
        told = {"code": "invalid_file", "message": str(error), "problems": list(error.problems)}
        return Answer(
            data={"status": "rejected", "added": 0, "changed": 0, "unchanged": 0, "error": told},
            text="\n".join([f"rejected: {path.name}", *error.problems]),
            exit_code=REFUSED,
        )
    counts = {"added": found.added, "changed": found.changed, "unchanged": found.unchanged}
    status = "unchanged" if not (found.added or found.changed) else "would_import" if is_dry else "imported"
    return Answer(
        data={"status": status, **counts, "error": None},
        text=f"{status.replace('_', ' ')}: {', '.join(f'{count:,} {deed}' for deed, count in counts.items())}",
    )


def day_of(text: str | None) -> date | None:
    """Return the day that was typed; None without.

    :raises CommandError: it is no day.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"'{text[:20]}' is no day; write it as YYYY-MM-DD.") from error
