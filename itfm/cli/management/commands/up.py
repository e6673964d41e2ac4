"""`itfm up`: the whole site in one command, on an embedded Postgres and Redis where none are named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from itfm.embedded.supervisor import Site, SupervisorError, run


class Command(BaseCommand):
    """Serves the site until Ctrl-C."""

    help = "Start Postgres, Redis, a worker and the web server, and serve the site until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--demo", action="store_true", help="Set up a made-up company with 13 months of bills.")
        parser.add_argument("--charges", type=int, default=None, help="With --demo: charges of the newest month.")
        parser.add_argument("--port", type=int, default=None, help="By default the first free one from 8000.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve."""

        def ready(site: Site) -> None:
            if options["demo"]:
                self._demo(site, charges=options["charges"])
            else:
                self.stdout.write(f"\n  {site.url}/account/signup/ to begin, Ctrl-C to stop\n")

        try:
            home = Path(settings.HOME)
            # A company that was set up before goes on being billed.
            has_samples = options["demo"] or (home / "demo").is_dir()
            run(home, port=options["port"], on_ready=ready, has_samples=has_samples)
        except SupervisorError as error:
            raise CommandError(str(error)) from error

    def _demo(self, site: Site, *, charges: int | None) -> None:
        self.stdout.write(f"The site is up at {site.url}; the sample company comes in now.")
        self.stdout.flush()
        sized = [] if charges is None else ["--charges", str(charges)]
        command = [sys.executable, "-m", "itfm.cli", "demo", "--site", site.url, *sized]
        environment = {**site.environment, "ITFM_LOG_LEVEL": "ERROR"}
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode:
            raise SupervisorError(f"The sample company could not be set up; the logs are in {settings.HOME}/logs.")
        self.stdout.write("  Ctrl-C to stop")
        self.stdout.flush()
