"""`itfm audit verify`: whether the audit log is what was written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from itfm.accounts.models import Organization
from itfm.accounts.selectors import organization_ids
from itfm.audit.selectors import verify
from itfm.cli.command import REFUSED, Answer, Command, organization
from itfm.core.tenancy import system, tenant


class Command(Command):  # type: ignore[no-redef]
    """Verifies audit logs."""

    help = "Verify the audit log: every event, and that it follows the one before it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        verifying = actions.add_parser("verify", help="Find events that were altered, removed, added or moved.")
        verifying.add_argument("--organization", default="", metavar="SLUG", help="By default all of them.")
        verifying.add_argument(
            "--expect",
            default="",
            metavar="SHA256",
            help="The last link as noted elsewhere; tells a log that was rewritten as a whole.",
        )
        self.add_json(verifying)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Verify and say where something is wrong."""
        if options["expect"] and not options["organization"]:
            raise CommandError("--expect is about one organization; name it with --organization.")
        owners = [organization(options["organization"])] if options["organization"] else _all()
        logs = [_verified(owner, expected=options["expect"]) for owner in owners]
        is_whole = not any(log["problems"] for log in logs)
        lines = [line for log in logs for line in _lines(log)]
        data = {"status": "whole" if is_whole else "broken", "organizations": logs}
        return Answer(data=data, text="\n".join(lines) or "No organization.", exit_code=0 if is_whole else REFUSED)


def _all() -> list[Organization]:
    with system():
        return list(Organization.objects.filter(id__in=organization_ids()).order_by("slug"))


def _verified(owner: Organization, *, expected: str) -> dict[str, Any]:
    with tenant(owner.id):
        chain = verify(owner.id)
    problems: list[dict[str, Any]] = [
        {"kind": problem.kind, "first": problem.first, "last": problem.last, "message": str(problem)}
        if problem.kind in {"missing", "cut_off"}
        else {"kind": problem.kind, "first": problem.sequence, "last": problem.sequence, "message": str(problem)}
        for problem in chain.problems
    ]
    if expected and expected != chain.sha256:
        message = f"The last link is {chain.sha256}, not the one expected."
        problems.append({"kind": "unexpected", "first": None, "last": None, "message": message})
    return {"organization": owner.slug, "events": chain.count, "sha256": chain.sha256, "problems": problems}


def _lines(log: dict[str, Any]) -> list[str]:
    state = "broken" if log["problems"] else "whole"
    head = f"{log['organization']}: {state}, {log['events']} events, last link {log['sha256'] or 'none yet'}"
    return [head, *(f"  {problem['message']}" for problem in log["problems"])]
