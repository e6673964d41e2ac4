"""`itfm charges export`: the charges of a billing period as one FOCUS file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from django.core.management.base import CommandError, CommandParser

from ingestion.exports import NothingToExportError, export_charges
from ingestion.focus.versions import LATEST, Version
from itfm.cli.command import Answer, Command, organization
from itfm.core.periods import PeriodError, parse_period


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
        try:
            period = parse_period(options["period"])
            rows = export_charges(owner.id, period=period, to=target, version=options["focus"])
        except (PeriodError, NothingToExportError) as error:
            raise CommandError(str(error)) from error
        return Answer(data={"file": str(target), "rows": rows}, text=f"{rows:,} charges written to {target}")
