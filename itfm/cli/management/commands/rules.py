"""`itfm rules apply`, `diff` and `export`: the whole rule set as one YAML document."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from allocation.engine.rules import RuleSet, RuleSetError, dump, parse, to_document
from allocation.selectors import current_rule_set
from allocation.services import DriverFileError, exported, publish_rules
from allocation.services.rules import with_driver_files
from itfm.accounts.models import Organization
from itfm.accounts.selectors import organization_ids
from itfm.audit.services import record
from itfm.cli.command import REFUSED, Answer, Command, organization
from itfm.core.tenancy import system, tenant
from itfm.web.allocation.differences import differences
from itfm.web.allocation.page import ChangeLine
from showback.branches import branches
from showback.services import replace_cost_centers


class Command(Command):  # type: ignore[no-redef]
    """Applies, compares and exports rules."""

    help = "Apply, compare or export dimensions, rules, splits and drivers as one YAML document."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        applying = actions.add_parser("apply", help="Publish a document as the new version.")
        applying.add_argument("file", help="A YAML file; - for standard input.")
        comparing = actions.add_parser("diff", help="Say what a document would change in the version in force.")
        comparing.add_argument("file", help="A YAML file; - for standard input.")
        exporting = actions.add_parser("export", help="Write the version in force.")
        exporting.add_argument("--to", default="-", metavar="FILE", help="Where to; by default standard output.")
        for action in (applying, comparing, exporting):
            action.add_argument("--organization", default="", metavar="SLUG", help="May be left out when there is one.")
            self.add_json(action)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Apply, compare or export."""
        owner = organization(options["organization"] or _only_slug())
        if options["action"] == "export":
            return _export(owner, options["to"])
        rule_set = _read(options["file"])
        if isinstance(rule_set, Answer):
            return rule_set
        return _apply(owner, rule_set) if options["action"] == "apply" else _diff(owner, rule_set)


def _only_slug() -> str:
    if len(organization_ids()) != 1:
        raise CommandError("There is more than one organization, or none; name one with --organization.")
    with system():
        return Organization.objects.values_list("slug", flat=True).get()


def _read(file: str) -> RuleSet | Answer:
    """Return the rule set in a file, or why there is none."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        folder = Path.cwd() if file == "-" else Path(file).resolve().parent
        return with_driver_files(parse(text), folder=folder)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except (RuleSetError, DriverFileError, UnicodeDecodeError) as error:
        problems = error.problems if isinstance(error, RuleSetError) else [str(error)]
        data: dict[str, Any] = {
            "status": "rejected",
            "error": {"code": "invalid_rules", "message": str(error), "problems": problems},
        }
        return Answer(data=data, text="\n".join([f"rejected: {file}", *problems]), exit_code=REFUSED)


def _diff(owner: Organization, rule_set: RuleSet) -> Answer:
    with tenant(owner.id):
        saved = current_rule_set()
    changes = differences(parse(saved.document) if saved else RuleSet(version=1), rule_set)
    lines = [line for change in changes for line in _change_words(change)]
    listed = [
        {"sign": one.sign, "place": one.place, "before": one.before or None, "after": one.after or None}
        for one in changes
    ]
    return Answer(
        data={"version": saved.version if saved else None, "changes": listed},
        text="\n".join(lines) or "Nothing differs.",
    )


def _change_words(change: ChangeLine) -> list[str]:
    texts = [f"  - {change.before}"] if change.before else []
    return [f"{change.sign}: {change.place}", *texts, *([f"  + {change.after}"] if change.after else [])]


def _apply(owner: Organization, rule_set: RuleSet) -> Answer:
    with tenant(owner.id), transaction.atomic():
        saved, is_new = publish_rules(rule_set, organization_id=owner.id, published_by=None, at=timezone.now())
        count = replace_cost_centers(branches(rule_set.cost_centers), organization_id=owner.id)
        if is_new:
            record(
                "rules.published",
                organization_id=owner.id,
                actor_id=None,
                actor_name="command line",
                target=f"version {saved.version}",
            )
    status = "published" if is_new else "unchanged"
    published: dict[str, Any] = {
        "status": status,
        "version": saved.version,
        "cost_centers": count,
        **_counts(rule_set),
        "error": None,
    }
    return Answer(data=published, text=f"{status}: version {saved.version}, {count} cost centers, {_counts(rule_set)}")


def _counts(rule_set: RuleSet) -> dict[str, int]:
    return {
        "dimensions": len(rule_set.dimensions),
        "rules": sum(len(dimension.rules) for dimension in rule_set.dimensions),
        "splits": len(rule_set.splits),
        "drivers": len(rule_set.drivers),
    }


def _export(owner: Organization, to: str) -> Answer:
    with tenant(owner.id):
        saved = current_rule_set()
        if saved is None:
            raise CommandError("No rules are published yet.")
        rule_set = exported(saved)
    text = dump(rule_set)
    if to != "-":
        Path(to).write_text(text, encoding="utf-8")
    return Answer(
        data={"version": saved.version, "document": to_document(rule_set)},
        text=text.rstrip() if to == "-" else f"version {saved.version} written to {to}",
    )
