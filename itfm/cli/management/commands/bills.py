"""`itfm bills import`: bring in a bill from a file or folder, now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.text import slugify

from ingestion.models import BillRevision, BillSource, Finding, ImportRun
from ingestion.services import KINDS, create_source, request_import, run_import
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
            "import", help="Import a file, or a folder laid out as the provider delivers it."
        )
        importing.add_argument("path", help="A file or folder.")
        importing.add_argument("--organization", required=True, metavar="SLUG")
        importing.add_argument("--kind", required=True, choices=list(KINDS))
        importing.add_argument("--source", default="", help="Key of the source; by default the kind. Made when absent.")
        importing.add_argument("--create-organization", action="store_true", help="Make the organization when absent.")
        self.add_json(importing)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Import and report."""
        path = Path(options["path"]).resolve()
        if not path.exists():
            raise CommandError(f"There is nothing at {path}.")
        owner = _organization(options["organization"], creates=options["create_organization"])
        key = slugify(options["source"] or options["kind"])
        with tenant(owner.id):
            source = _source(owner, key=key, kind=options["kind"], path=path)
            run, is_new = request_import(
                source, trigger="command", at=timezone.now(), settings={**source.settings, "path": str(path)}
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


def _source(owner: Organization, *, key: str, kind: str, path: Path) -> BillSource:
    found = BillSource.objects.filter(key=key).first()
    if found is None:
        name = KINDS[kind].label if key == slugify(kind) else key
        return create_source(
            organization_id=owner.id, key=key, name=name, kind=kind, settings={"path": str(path)}, at=timezone.now()
        )
    if found.kind != kind:
        raise CommandError(f"The source '{key}' is of kind {found.kind}; name another with --source.")
    return found


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
