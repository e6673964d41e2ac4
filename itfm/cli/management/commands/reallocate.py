"""`itfm reallocate`: put many billing periods in line for the workers, follow them, take them back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from allocation.models import AllocationRun, Reallocation
from allocation.services.reallocations import (
    ReallocationError,
    cancel_reallocation,
    reallocation_under_way,
    request_reallocation,
)
from itfm.audit.services import Actor
from itfm.cli.command import Answer, Command, columns, organization
from itfm.core.periods import PeriodError, parse_period, period_name
from itfm.core.tenancy import tenant

COMMAND = Actor(id=None, name="command line")


class Command(Command):  # type: ignore[no-redef]
    """Allocates many billing periods again, in the background."""

    help = "Allocate many billing periods again, by the workers; follow the latest time, or cancel it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        starting = actions.add_parser("start", help="Put every billed period of a span in line.")
        starting.add_argument("--from", dest="first", metavar="YYYY-MM", help="By default the first with a bill.")
        starting.add_argument("--to", dest="last", metavar="YYYY-MM", help="By default the last with a bill.")
        for action in (
            starting,
            actions.add_parser("status", help="Tell how far the latest is."),
            actions.add_parser("cancel", help="Take back what waits of the latest, and stop what runs."),
        ):
            action.add_argument("--organization", required=True, metavar="SLUG")
            self.add_json(action)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Start, tell or cancel."""
        owner = organization(options["organization"])
        with tenant(owner.id):
            try:
                if options["action"] == "start":
                    first, last = (_period(options[name]) for name in ("first", "last"))
                    request_reallocation(first, last=last, organization_id=owner.id, by=COMMAND, at=timezone.now())
            except (PeriodError, ReallocationError) as error:
                raise CommandError(str(error)) from error
            latest = Reallocation.objects.order_by("-asked_at").first()
            if latest is None:
                raise CommandError("Nothing was allocated again yet. Begin with `itfm reallocate start`.")
            if options["action"] == "cancel":
                if reallocation_under_way() is None:
                    raise CommandError("Nothing is under way: the latest is over, and its months keep their ledgers.")
                cancel_reallocation(latest.id, by=COMMAND, at=timezone.now())
            return _told(list(latest.runs.order_by("billing_period", "started_at")))


def _period(text: str | None) -> date | None:
    return parse_period(text) if text else None


def _told(runs: list[AllocationRun]) -> Answer:
    months = [
        {"billing_period": period_name(run.billing_period), "state": run.state, "error": run.error} for run in runs
    ]
    rows = [("billing period", "state", "")]
    rows += [(month["billing_period"], month["state"], month["error"]) for month in months]
    return Answer(data={"months": months}, text=columns(rows))
