"""`itfm allocate`: allocate a billing period, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from allocation.engine.proof import Proof
from allocation.services import AllocationRefusedError, allocate
from itfm.cli.command import REFUSED, Answer, Command, organization
from itfm.cli.runs import report
from itfm.core.periods import PeriodError, parse_period


class Command(Command):  # type: ignore[no-redef]
    """Allocates a billing period."""

    help = "Classify and split the charges of a billing period, prove the sums and publish the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--period", required=True, metavar="YYYY-MM")
        self.add_json(parser)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Allocate and report."""
        owner = organization(options["organization"])
        try:
            period = parse_period(options["period"])
            run = allocate(owner.id, period=period, again=True)
        except PeriodError as error:
            raise CommandError(str(error)) from error
        except AllocationRefusedError as error:
            data = {"run": None, "error": {"code": "proof_fails", "message": str(error)}}
            return Answer(data=data, text=str(error), exit_code=REFUSED)
        if run is None:
            raise CommandError(f"There is no bill of {options['period']}, or a worker is allocating it already.")
        return report(run, Proof.model_validate(run.proof))
