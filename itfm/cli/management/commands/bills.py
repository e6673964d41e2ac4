"""`itfm bills import`: bring in a bill from a file or folder, now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.text import slugify
from pydantic import ValidationError

from ingestion.models import BillRevision, BillSource, Finding, ImportRun
from ingestion.services import KINDS, change_source, create_source, request_import, run_import
from ingestion.services.imports import findings_of, revisions_in_force
from itfm.accounts.models import Organization
from itfm.accounts.services import create_organization
from itfm.cli.command import REFUSED, Answer, Command, organization
from itfm.core.periods import period_name
from itfm.core.tenancy import system, tenant

SETTLED = {ImportRun.State.IMPORTED, ImportRun.State.UNCHANGED, ImportRun.State.WAITING}


class Command(Command):  # type: ignore[no-redef]
    """Imports bills."""

    help = "Import bills."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        importing = actions.add_parser(
            "import", help="Import a file, a folder laid out as the provider delivers it, or what a service tells."
        )
        importing.add_argument("path", nargs="?", help="A file or folder; left out, the source's settings say where.")
        importing.add_argument(
            "--settings-file",
            metavar="FILE",
            help="YAML or JSON of the settings of a new source, its keys among them; - for standard input.",
        )
        importing.add_argument("--organization", required=True, metavar="SLUG")
        importing.add_argument("--kind", required=True, choices=list(KINDS))
        importing.add_argument("--source", default="", help="Key of the source; by default the kind. Made when absent.")
        importing.add_argument("--create-organization", action="store_true", help="Make the organization when absent.")
        self.add_json(importing)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Import and report."""
        told = _told_settings(options["path"], options["settings_file"])
        owner = _organization(options["organization"], creates=options["create_organization"])
        key = slugify(options["source"] or options["kind"])
        with tenant(owner.id):
            source = _source(owner, key=key, kind=options["kind"], told=told)
            path = {"path": told["path"]} if "path" in told else {}
            run, is_new = request_import(
                source, trigger="command", at=timezone.now(), settings={**source.settings, **path}
            )
        if not is_new:
            raise CommandError(f"'{source.name}' is being imported already; wait until that is over.")
        return _report(run_import(owner.id, run_id=run.id, retries=False))


def _organization(slug: str, *, creates: bool) -> Organization:
    with system():
        is_known = Organization.objects.filter(slug=slug).exists()
    if not is_known and creates:
        if slug != slugify(slug):
            raise CommandError(f"'{slug}' cannot be a slug; use small letters, digits and hyphens.")
        return create_organization(slug.replace("-", " ").title(), slug=slug)
    return organization(slug)


def _told_settings(path: str | None, settings_file: str | None) -> dict[str, Any]:
    """Return the settings named on the command line; keys stand in a file, as other users see what is typed here."""
    told: dict[str, Any] = {}
    if settings_file:
        try:
            text = sys.stdin.read() if settings_file == "-" else Path(settings_file).read_text("utf-8")
            read = yaml.safe_load(text)
        except OSError as error:
            raise CommandError(f"The settings in {settings_file} cannot be read: {error.strerror}.") from error
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise CommandError(f"The settings in {settings_file} cannot be read: {error}") from error
        if not isinstance(read, dict):
            raise CommandError(f"{settings_file} holds no settings: write one 'name: value' in each line.")
        told.update(read)
    if path:
        place = Path(path).resolve()
        if not place.exists():
            raise CommandError(f"There is nothing at {place}.")
        told["path"] = str(place)
    return told


def _source(owner: Organization, *, key: str, kind: str, told: dict[str, Any]) -> BillSource:
    found = BillSource.objects.filter(key=key).first()
    if found is not None and found.kind != kind:
        raise CommandError(f"The source '{key}' is of kind {found.kind}; name another with --source.")
    is_changed = bool(told.keys() - {"path"})
    if found is None or is_changed:
        _check_settings(kind, told)
    if found is None:
        name = KINDS[kind].label if key == slugify(kind) else key
        return create_source(organization_id=owner.id, key=key, name=name, kind=kind, settings=told, at=timezone.now())
    if is_changed:
        change_source(found, name=found.name, settings=told)
    return found


def _problem(kind: str, message: str) -> str:
    return "there is no such setting" if kind == "extra_forbidden" else message.removeprefix("Value error, ")


def _check_settings(kind: str, told: dict[str, Any]) -> None:
    try:
        KINDS[kind].params.model_validate(told)
    except ValidationError as error:
        problems = [
            ": ".join(filter(None, [".".join(map(str, one["loc"])), _problem(one["type"], one["msg"])]))
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise CommandError(f"These settings do not fit the kind {kind}: {'; '.join(problems)}") from error


def _report(run: ImportRun) -> Answer:
    bills = [_bill(revision) for revision in revisions_in_force(run)]
    findings = [_finding(finding) for finding in findings_of(run)]
    status = run.state if run.state in SETTLED else "rejected"
    error = {"code": run.error_code, "message": run.error_message} if run.error_code else None
    lines = [f"{status}: {len(bills)} bills"]
    for bill in bills:
        for currency, totals in bill["totals"].items():
            lines.append(
                f"  {bill['billing_period']}  {bill['rows']:>12,} rows  billed {totals['billed_cost']} {currency}"
            )
    lines += [f"  {finding['severity']}: {finding['message']}" for finding in findings]
    if error:
        lines.append(f"  {error['code']}: {error['message']}")
    return Answer(
        data={"status": status, "bills": bills, "findings": findings, "error": error},
        text="\n".join(lines),
        exit_code=0 if run.state in SETTLED else REFUSED,
    )


def _bill(revision: BillRevision) -> dict[str, Any]:
    return {
        "billing_period": period_name(revision.bill.billing_period),
        "revision": str(revision.id),
        "rows": revision.row_count,
        "totals": revision.totals,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("code", "severity", "file", "row", "column", "message")
    return {name: getattr(finding, name) for name in names}
