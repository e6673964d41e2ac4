"""Allocation runs, with their proofs."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers

from allocation.models import AllocationRun
from allocation.services import request_allocation
from ingestion.selectors import billed_periods
from itfm.api.fields import Anything, Choice, Form, Period, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.api.replies import Reply
from itfm.core.periods import period_name

TAG = ["Runs"]


class RunAnswer(Form):
    """One application of the rules to the bills of a billing period."""

    id = serializers.UUIDField()
    billing_period = Period()
    state = Choice(choices=AllocationRun.State.values)
    rules_version = serializers.IntegerField(source="rule_set.version", default=None, allow_null=True)
    inputs_sha256 = Text(help_text="Over revisions, rules and driver values: the same inputs give the same ledger.")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = Text()


class RunWithProofAnswer(RunAnswer):
    """A run with what it stood on and its proof."""

    revisions = Anything(help_text="Source id -> id of the bill revision.")
    proof = Anything(help_text="Sums of every step by currency and cost column, what was found, and the verdict.")


class RunsQuery(PageQuery):
    """Which runs."""

    period = Period(required=False)
    state = Choice(choices=AllocationRun.State.values, required=False)


class RunForm(Form):
    """A run to ask for."""

    billing_period = Period()


class Runs(Resource):
    """All runs."""

    @operation("rules.read", query=RunsQuery, answers=RunAnswer, is_list=True, operation_id="list_runs", tags=TAG)
    def get(self, call: Call) -> Page[AllocationRun]:
        """List runs, newest first."""
        runs = AllocationRun.objects.select_related("rule_set").defer("proof", "revisions")
        if "period" in call.query:
            runs = runs.filter(billing_period=call.query["period"])
        if "state" in call.query:
            runs = runs.filter(state=call.query["state"])
        return page_of(runs, order=("-started_at", "id"), query=call.query)

    @operation("rules.write", body=RunForm, answers=RunAnswer, status=202, operation_id="request_run", tags=TAG)
    def post(self, call: Call) -> Reply:
        """Put a billing period in line to be allocated.

        A run that waits or runs already is answered in its place.
        """
        period = call.body["billing_period"]
        if period not in billed_periods():
            detail = f"No bill of {period_name(period)} is in force. Bring one in before asking for its run."
            raise ProblemError("conflict", detail)
        run, _ = request_allocation(period, organization_id=call.organization.id, by=call.actor)
        return Reply(run, status=202, headers={"Location": f"/api/v1/runs/{run.id}"})


class OneRun(Resource):
    """One run."""

    @operation("rules.read", answers=RunWithProofAnswer, operation_id="read_run", tags=TAG)
    def get(self, call: Call, run_id: UUID) -> AllocationRun:  # noqa: ARG002
        """Tell of one run, with its proof."""
        return run_of(run_id)


def run_of(run_id: UUID) -> AllocationRun:
    """Return a run of the caller's organization.

    :raises ProblemError: there is none.
    """
    found = AllocationRun.objects.select_related("rule_set").filter(pk=run_id).first()
    if found is None:
        raise unknown("run")
    return found
