"""`itfm costs`: allocated cost by columns and dimensions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from allocation.costs.query import COLUMNS
from allocation.selectors import CostRow, UnknownGroupingError, cost_rows, names_of, run_in_force
from ingestion.focus.attributes import COST_COLUMNS
from itfm.api.resources.costs import as_object
from itfm.cli.command import Answer, Command, columns, organization
from itfm.core.periods import PeriodError, parse_period
from itfm.core.tenancy import tenant


class Command(Command):  # type: ignore[no-redef]
    """Shows costs."""

    help = "Show allocated cost by columns of the bill and dimensions of the rules."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--period", required=True, metavar="YYYY-MM")
        parser.add_argument(
            "--by", action="append", default=[], metavar="NAME", help="A column or dimension; may be repeated."
        )
        self.add_json(parser)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Sum up and report."""
        owner = organization(options["organization"])
        try:
            period = parse_period(options["period"])
            with tenant(owner.id):
                run = run_in_force(period)
                if run is None:
                    raise CommandError(f"{options['period']} is not allocated yet; run itfm allocate.")
                rows = cost_rows(period, by=options["by"], rule_set=names_of(run.rule_set))
        except (PeriodError, UnknownGroupingError) as error:
            raise CommandError(str(error)) from error
        data = {"run": str(run.id), "by": options["by"], "rows": [as_object(row, options["by"]) for row in rows]}
        heading = (*options["by"], "currency", *COST_COLUMNS)
        return Answer(data=data, text=columns([heading, *(_cells(row, options["by"]) for row in rows)]))


def _cells(row: CostRow, by: list[str]) -> tuple[str, ...]:
    empty = ("(none)" if name in COLUMNS else "unallocated" for name in by)
    groups = (word if value is None else str(value) for value, word in zip(row.groups, empty, strict=True))
    return (*groups, row.currency, *(f"{getattr(row, name):f}" for name in COST_COLUMNS))
