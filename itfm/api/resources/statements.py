"""What a cost center cost in a billing period, as its page and its monthly letter tell it."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

from rest_framework import serializers

from allocation.selectors import run_in_force
from itfm.api.fields import Choice, Day, Exact, Form, Period, Query, Text, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.api.problems import ProblemError, unknown
from itfm.api.resources.cost_centers import MOST, TAG
from itfm.core.periods import period_name
from showback.centers import visible_center
from showback.models import CostCenter
from showback.statement import LineKind, Statement
from showback.statements import statement


class StatementQuery(Query):
    """Of which month."""

    period = Period(help_text="Billing period.")


class MonthsAnswer(Form):
    """An amount in the period, the month before and on average of the three before; null without a ledger."""

    now = Exact()
    before = Exact(allow_null=True)
    average = Exact(allow_null=True)
    change = Exact(allow_null=True)


class PartAnswer(Form):
    """A part of the total: direct cost, what one split moved in or out, or credits."""

    kind = Choice(choices=get_args(LineKind))
    key = Text(help_text="Of the split; empty for direct cost and credits.")
    name = Text()
    months = MonthsAnswer()
    share_percent = Exact(allow_null=True, help_text="Which share of its pool it is.")
    shared_by = Text(help_text="By what its pool was shared.")


class MoverAnswer(Form):
    """A service or a pool whose cost changed."""

    kind = Choice(choices=get_args(LineKind))
    key = Text(help_text="The service as the bill has it, or the split's key.")
    name = Text()
    before = Exact()
    now = Exact()
    change = Exact()


class CurrencyStatementAnswer(Form):
    """The figures in one currency: the parts add up to the total, the changes of all movers to its change."""

    currency = Text()
    parts = PartAnswer(many=True, source="lines")
    total = MonthsAnswer()
    movers = MoverAnswer(many=True)


class ActionAnswer(Form):
    """What a provider recommends for a resource, and what that cost its cost center directly in the period."""

    code = Text(help_text="Of the cost center whose resource it is.")
    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]  # the metaclass takes it away
    source_name = Text()
    told_on = Day(help_text="The day of the estimate.")
    recommendation_id = Text()
    action = Text()
    resource_id = Text(source="resource")
    resource_type = Text()
    sub_account_id = Text(source="account")
    sub_account_name = Text(source="account_name")
    current_summary = Text()
    recommended_summary = Text()
    currency = Text()
    estimated_monthly_savings = Exact()
    cost = Exact(allow_null=True, help_text="Null where no bill has the resource in this currency.")


class CenterStatementAnswer(Form):
    """A cost center with all below it in a billing period, from the ledger in force."""

    code = Text()
    name = Text()
    codes = TextList(max_length=MOST, help_text="Its own and of all below.")
    period = Period()
    is_final = serializers.BooleanField(source="completeness.is_final")
    data_through = Day(source="completeness.data_through", allow_null=True)
    rules_version = serializers.IntegerField(source="rules.version", allow_null=True)
    currencies = CurrencyStatementAnswer(many=True)
    actions = ActionAnswer(many=True, help_text="The few that would save the most.")


class CenterStatement(Resource):
    """The statement of a cost center."""

    @operation(
        "showback.read",
        query=StatementQuery,
        answers=CenterStatementAnswer,
        operation_id="read_cost_center_statement",
        tags=TAG,
    )
    def get(self, call: Call, center_id: UUID) -> Statement:
        """Tell what a cost center cost in a billing period and why, as its page and its letter do."""
        try:
            center = visible_center(str(center_id), visibility=call.visibility)
        except CostCenter.DoesNotExist as error:
            raise unknown("cost center") from error
        period = call.query["period"]
        if run_in_force(period) is None:
            raise ProblemError("not_allocated", f"{period_name(period)} is not allocated.")
        return statement(center, period=period, visibility=call.visibility)
