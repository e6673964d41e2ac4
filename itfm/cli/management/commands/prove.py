"""`itfm prove`: add up a run again, independently of what made it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from allocation.services.proofs import prove_run
from itfm.accounts.selectors import organization_ids
from itfm.cli.command import REFUSED, Answer, Command
from itfm.cli.runs import report


class Command(Command):  # type: ignore[no-redef]
    """Proves a run."""

    help = "Recompute the sums of a run from its files and from the mart, and compare."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("run", type=UUID, metavar="RUN")
        self.add_json(parser)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Prove and report."""
        found = (prove_run(organization_id, run_id=options["run"]) for organization_id in organization_ids())
        proved = next((one for one in found if one is not None), None)
        if proved is None:
            raise CommandError(f"There is no published run {options['run']}.")
        return report(proved.run, proved.proof, exit_code=0 if proved.proof.holds else REFUSED)
