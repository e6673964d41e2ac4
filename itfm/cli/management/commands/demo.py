"""`itfm demo`: set up the sample company and wait until its bills are in and allocated."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from itfm.accounts.models import Organization
from itfm.cli.command import Answer, Command
from itfm.cli.demo import (
    EMAIL,
    Left,
    existing_demo,
    left,
    move_services,
    new_password,
    restate,
    set_up,
    write_demo_letters,
)

POLL_SECONDS: Final = 1.0
DEFAULT_CHARGES: Final = 20_000


def _line(now: Left) -> str:
    if now.imports:
        return now.step
    if now.periods:
        return f"Allocating, {now.periods} billing periods to go"
    return f"Sending, {now.letters} letters to go"


class Command(Command):  # type: ignore[no-redef]
    """Sets up the sample company."""

    help = "Write the bills of a made-up company, import them through the connectors and allocate them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--charges", type=int, default=DEFAULT_CHARGES, help="How many charges the newest month has."
        )
        parser.add_argument("--site", default=settings.SITE_URL, help="Address to print.")
        self.add_json(parser)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Set up what is missing, wait for the workers, and say how to log in."""
        organization = existing_demo()
        if organization is None:
            organization = self._set_up(options["charges"])
        elif settings.SAMPLE_SERVICES:
            move_services(organization.id)
        # Each stands in the outbox once, so a second start writes and sends none again.
        self._say("Writing the letters of the newest month")
        if write_demo_letters(organization.id, at=timezone.now()):
            self._wait(organization)
        password = new_password(organization)
        data = {"organization": organization.slug, "site": options["site"], "email": EMAIL, "password": password}
        text = (
            f"\n  {organization.name} is ready (demo data).\n"
            f"\n    {options['site']}\n    e-mail    {EMAIL}\n    password  {password}\n"
        )
        return Answer(data=data, text=text)

    def _set_up(self, charges: int) -> Organization:
        def wrote(what: str, done: int, total: int) -> None:
            self._say(f"Writing bills {done * 100 // max(total, 1):>3} %  {what}")

        folder = Path(settings.HOME) / "demo"
        organization, company = set_up(folder, charges=charges, at=timezone.now(), progress=wrote)
        self._wait(organization)
        restate(organization.id, company, at=timezone.now())
        self._wait(organization)
        return organization

    def _wait(self, organization: Organization) -> None:
        told = ""
        while not (now := left(organization.id)).is_done:
            if now.errors:
                raise CommandError(" ".join(now.errors))
            line = _line(now)
            if line != told:
                self._say(line)
                told = line
            time.sleep(POLL_SECONDS)

    def _say(self, line: str) -> None:
        """Say what is being done; on a terminal in one line that changes, elsewhere in a line each."""
        width = shutil.get_terminal_size().columns - 1
        is_terminal = self.stderr.isatty()
        self.stderr.write(f"\r{line[:width]:<{width}}" if is_terminal else line, ending="" if is_terminal else "\n")
        self.stderr.flush()
