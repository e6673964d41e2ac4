"""Many billing periods allocated again as one piece of work."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers

from allocation.models import AllocationRun, Reallocation
from allocation.services.reallocations import ReallocationError, cancel_reallocation, request_reallocation
from itfm.api.fields import Choice, Form, Period, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.api.replies import Reply

TAG = ["Runs"]


class ReallocationAnswer(Form):
    """Many billing periods that somebody wants allocated again."""

    id = serializers.UUIDField()
    first_period = Period()
    last_period = Period()
    asked_at = serializers.DateTimeField()
    canceled_at = serializers.DateTimeField(allow_null=True)


class MonthAnswer(Form):
    """How one of its billing periods stands."""

    billing_period = Period()
    run = serializers.UUIDField(source="id")
    state = Choice(choices=AllocationRun.State.values)
    step = Text(help_text="What a running one is at, in words.")
    error = Text()
    finished_at = serializers.DateTimeField(allow_null=True)


class ReallocationWithMonthsAnswer(ReallocationAnswer):
    """A re-allocation and how far it is."""

    is_over = serializers.BooleanField(help_text="Whether nothing waits or runs.")
    months = MonthAnswer(many=True)


class ReallocationForm(Form):
    """The billing periods to allocate again, both inclusive; left out: as far as bills go."""

    first_period = Period(required=False)
    last_period = Period(required=False)


class Reallocations(Resource):
    """All re-allocations."""

    @operation(
        "rules.read",
        query=PageQuery,
        answers=ReallocationAnswer,
        is_list=True,
        operation_id="list_reallocations",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[Reallocation]:
        """List re-allocations, newest first."""
        return page_of(Reallocation.objects.all(), order=("-asked_at", "id"), query=call.query)

    @operation(
        "rules.write",
        body=ReallocationForm,
        answers=ReallocationWithMonthsAnswer,
        status=202,
        operation_id="request_reallocation",
        tags=TAG,
    )
    def post(self, call: Call) -> Reply:
        """Put every billed period of a span in line to be allocated again."""
        try:
            made = request_reallocation(
                call.body.get("first_period"),
                last=call.body.get("last_period"),
                organization_id=call.organization.id,
                by=call.actor,
                at=call.at,
            )
        except ReallocationError as error:
            raise ProblemError("conflict", str(error)) from error
        return Reply(told_of(made), status=202, headers={"Location": f"/api/v1/reallocations/{made.id}"})


class OneReallocation(Resource):
    """One re-allocation."""

    @operation("rules.read", answers=ReallocationWithMonthsAnswer, operation_id="read_reallocation", tags=TAG)
    def get(self, call: Call, reallocation_id: UUID) -> dict[str, object]:  # noqa: ARG002
        """Tell how far one re-allocation is, by billing period."""
        found = Reallocation.objects.filter(pk=reallocation_id).first()
        if found is None:
            raise unknown("re-allocation")
        return told_of(found)


class Cancellations(Resource):
    """Taking a re-allocation back."""

    @operation("rules.write", answers=ReallocationWithMonthsAnswer, operation_id="cancel_reallocation", tags=TAG)
    def post(self, call: Call, reallocation_id: UUID) -> dict[str, object]:
        """Take back the periods that wait; those that run stop at their next step.

        What is done stays, and what is over is left as it is.
        """
        try:
            cancel_reallocation(reallocation_id, by=call.actor, at=call.at)
        except Reallocation.DoesNotExist as error:
            raise unknown("re-allocation") from error
        return told_of(Reallocation.objects.get(pk=reallocation_id))


def told_of(reallocation: Reallocation) -> dict[str, object]:
    """Return a re-allocation with its periods, oldest first."""
    months = list(reallocation.runs.defer("proof", "revisions").order_by("billing_period", "started_at"))
    return {
        "id": reallocation.id,
        "first_period": reallocation.first_period,
        "last_period": reallocation.last_period,
        "asked_at": reallocation.asked_at,
        "canceled_at": reallocation.canceled_at,
        "is_over": not any(month.state in AllocationRun.UNDER_WAY for month in months),
        "months": months,
    }
