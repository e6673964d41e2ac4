"""The rule set: read, its versions, and a new version put in its place."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework import serializers

from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.engine.rules import RuleSetError, from_document, to_document
from allocation.models import RuleSet
from allocation.services import publish_rules
from allocation.working import parsed
from itfm.accounts.models import User
from itfm.api.fields import Anything, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, page_of
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.replies import Reply

TAG = ["Rules"]
NOTHING_YET = '"rules-0"'


class VersionAnswer(Form):
    """A published version."""

    version = serializers.IntegerField()
    sha256 = Text()
    published_at = serializers.DateTimeField()
    published_by = Text(source="published_by.email", default=None, allow_null=True)


class RulesAnswer(VersionAnswer):
    """A version with its document."""

    document = Anything(help_text="The rule set as `itfm rules export` writes it, without driver values.")


class RulesForm(Form):
    """A rule set to publish."""

    document = Anything(
        help_text="Form in the chapter Rules. Values that come with a driver replace those of their days."
    )


class PartsAnswer(Form):
    """A part of the rule set in force, in its order."""

    version = serializers.IntegerField()
    items = serializers.ListField(child=Anything())


class Rules(Resource):
    """The version in force."""

    @operation("rules.read", answers=RulesAnswer, operation_id="read_rules", tags=TAG)
    def get(self, call: Call) -> Reply:  # noqa: ARG002
        """Tell the rule set in force. Its ETag is what a new version must be made from."""
        return _told(_in_force())

    @operation(
        "rules.write", body=RulesForm, answers=RulesAnswer, is_versioned=True, operation_id="put_rules", tags=TAG
    )
    def put(self, call: Call) -> Reply:
        """Publish a rule set in the place of the one in force; the same one again changes nothing."""
        last = RuleSet.objects.select_for_update().order_by("-version").first()
        call.expect(_etag(last))
        rule_set = _rule_set(call.body["document"])
        by = User.objects.filter(pk=call.actor.id).first() if call.actor.id else None
        try:
            with transaction.atomic():
                saved, is_new = publish_rules(
                    rule_set, organization_id=call.organization.id, published_by=by, at=call.at
                )
        except IntegrityError as error:
            raise ProblemError("version_differs", "Somebody published a version just now; read it again.") from error
        if is_new:
            call.record(
                "rules.published",
                target=f"version {saved.version}",
                summary=f"Published version {saved.version} of the rules",
                changes={"version": saved.version, "replaces": last.version if last else None},
            )
        return _told(saved)


class Versions(Resource):
    """All versions."""

    @operation("rules.read", answers=VersionAnswer, is_list=True, operation_id="list_rule_versions", tags=TAG)
    def get(self, call: Call) -> Page[RuleSet]:
        """List the versions, newest first."""
        return page_of(RuleSet.objects.select_related("published_by"), order=("-version",), query=call.query)


class OneVersion(Resource):
    """One version."""

    @operation("rules.read", answers=RulesAnswer, operation_id="read_rule_version", tags=TAG)
    def get(self, call: Call, version: int) -> Reply:  # noqa: ARG002
        """Tell one version."""
        found = RuleSet.objects.select_related("published_by").filter(version=min(version, 2**31 - 1)).first()
        if found is None:
            raise unknown("version")
        return _told(found)


class _Parts(Resource):
    part = ""

    def parts(self) -> dict[str, Any]:
        """Return one list of the document in force."""
        saved = _in_force()
        return {"version": saved.version, "items": to_document(parsed(saved.document)).get(self.part, [])}


class Dimensions(_Parts):
    """Dimensions."""

    part = "dimensions"

    @operation("rules.read", answers=PartsAnswer, operation_id="list_dimensions", tags=TAG)
    def get(self, call: Call) -> dict[str, Any]:  # noqa: ARG002
        """List the dimensions in force, each with its ordered rules."""
        return self.parts()


class Splits(_Parts):
    """Splits."""

    part = "splits"

    @operation("rules.read", answers=PartsAnswer, operation_id="list_splits", tags=TAG)
    def get(self, call: Call) -> dict[str, Any]:  # noqa: ARG002
        """List the splits in force."""
        return self.parts()


class Drivers(_Parts):
    """Drivers."""

    part = "drivers"

    @operation("rules.read", answers=PartsAnswer, operation_id="list_drivers", tags=TAG)
    def get(self, call: Call) -> dict[str, Any]:  # noqa: ARG002
        """List the drivers in force, without their values."""
        return self.parts()


def _in_force() -> RuleSet:
    found = RuleSet.objects.select_related("published_by").order_by("-version").first()
    if found is None:
        raise ProblemError("not_found", f"No rules are published yet. Put the first with If-Match: {NOTHING_YET}.")
    return found


def _told(saved: RuleSet) -> Reply:
    data = {
        "version": saved.version,
        "sha256": saved.sha256,
        "published_at": saved.published_at,
        "published_by": saved.published_by,
        "document": to_document(parsed(saved.document)),
    }
    return Reply(data, headers={"ETag": _etag(saved)})


def _etag(saved: RuleSet | None) -> str:
    return f'"rules-{saved.version}"' if saved else NOTHING_YET


def _rule_set(document: dict[str, Any]) -> EngineRuleSet:
    try:
        rule_set = from_document(_texts(document))
    except RuleSetError as error:
        problems = [_field_problem(problem) for problem in error.problems]
        raise ProblemError("invalid", "The document is not a rule set.", errors=problems) from error
    for number, driver in enumerate(rule_set.drivers):
        if driver.file is not None:
            problem = FieldProblem(
                pointer=f"/document/drivers/{number}/file", detail="Send values; files are not read."
            )
            raise ProblemError("invalid", "A driver names a file, which is not read here.", errors=[problem])
    return rule_set


def _texts(document: Any) -> Any:
    """Return a document as YAML would give it: every number and truth value its text."""
    if isinstance(document, dict):
        return {name: _texts(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_texts(value) for value in document]
    if isinstance(document, bool):
        return "true" if document else "false"
    return f"{document:f}" if isinstance(document, Decimal) else document


def _field_problem(problem: str) -> FieldProblem:
    path, _, detail = problem.partition(": ")
    parts = [] if path == "document" else re.findall(r"[^.\[\]]+", path)
    return FieldProblem(pointer="/".join(["/document", *parts]), detail=detail or problem)
