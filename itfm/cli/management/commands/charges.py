"""`itfm charges export`: the charges of a billing period as one FOCUS Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ingestion.exports import NothingToExportError, export_charges
from itfm.cli.command import Answer, Command, organization
from itfm.core.periods import PeriodError, parse_period


class Command(Command):  # type: ignore[no-redef]
    """Exports charges."""

    help = "Export charges in FOCUS 1.4 columns."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        exporting = actions.add_parser("export", help="Write the bills in force of a billing period to a Parquet file.")
        exporting.add_argument("--organization", required=True, metavar="SLUG")
        exporting.add_argument("--period", required=True, metavar="YYYY-MM")
        exporting.add_argument("--to", required=True, metavar="FILE.parquet")
        self.add_json(exporting)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Export and report."""
        owner = organization(options["organization"])
        target = Path(options["to"]).resolve()
        if target.suffix != ".parquet":
            raise CommandError("The file's name must end in .parquet.")
        if not target.parent.is_dir():
            raise CommandError(f"There is no folder {target.parent}.")
        try:
            rows = export_charges(owner.id, period=parse_period(options["period"]), to=target)
        except (PeriodError, NothingToExportError) as error:
            raise CommandError(str(error)) from error
        return Answer(data={"file": str(target), "rows": rows}, text=f"{rows:,} charges written to {target}")
