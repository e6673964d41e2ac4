"""`itfm charges export`: the charges of a billing period as one FOCUS file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from allocation.costs.answer import runs_in_force
from allocation.costs.focus_files import export_costs
from allocation.costs.query import QueryError, parse
from ingestion.exports import NothingToExportError, export_charges
from ingestion.focus.versions import LATEST, Version
from itfm.cli.command import Answer, Command, organization
from itfm.core.periods import PeriodError, parse_period
from itfm.core.tenancy import tenant


class Command(Command):  # type: ignore[no-redef]
    """Exports charges."""

    help = "Export charges in FOCUS columns."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        exporting = actions.add_parser("export", help="Write the bills in force of a billing period to a file.")
        exporting.add_argument("--organization", required=True, metavar="SLUG")
        exporting.add_argument("--period", required=True, metavar="YYYY-MM")
        exporting.add_argument("--to", required=True, metavar="FILE.parquet|FILE.csv")
        exporting.add_argument(
            "--allocated", action="store_true", help="The ledger instead: who bears the costs, and by which split."
        )
        for name, what in (("is", "Keep"), ("not", "Leave out")):
            exporting.add_argument(
                f"--{name}", action="append", default=[], metavar="NAME:VALUE",
                help=f"{what} what has a value of a column or dimension; may be repeated, with --allocated.",
            )  # fmt: skip
        exporting.add_argument("--focus", choices=get_args(Version), default=LATEST, help="Version of the columns.")
        self.add_json(exporting)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Export and report."""
        owner = organization(options["organization"])
        target = Path(options["to"]).resolve()
        if target.suffix not in {".parquet", ".csv"}:
            raise CommandError("The file's name must end in .parquet or .csv.")
        if not target.parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.")
        filters = {name: options[name] for name in ("is", "not") if options[name]}
        if filters and not options["allocated"]:
            raise CommandError("--is and --not choose rows of the ledger; add --allocated.")
        try:
            period = parse_period(options["period"])
            if options["allocated"]:
                rows = _export_ledger(owner.id, period, filters, to=target, version=options["focus"])
            else:
                rows = export_charges(owner.id, period=period, to=target, version=options["focus"])
        except (PeriodError, QueryError, NothingToExportError) as error:
            raise CommandError(str(error)) from error
        what = "rows of the ledger" if options["allocated"] else "charges"
        return Answer(data={"file": str(target), "rows": rows}, text=f"{rows:,} {what} written to {target}")


def _export_ledger(
    organization_id: UUID, period: date, filters: Mapping[str, Sequence[str]], *, to: Path, version: Version
) -> int:
    with tenant(organization_id):
        runs = runs_in_force([period])
    query = parse(filters, rule_set=runs.rule_set, default=period)
    return export_costs(organization_id, query, runs=runs, to=to, version=version)
