"""Allocated costs, grouped as the pages group them."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from allocation.selectors import CostRow, UnknownGroupingError, cost_rows, names_of, run_in_force
from ingestion.focus.attributes import COST_COLUMNS
from itfm.api.fields import AMOUNT_PATTERN, Form, Period, Query, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.api.problems import FieldProblem, ProblemError
from itfm.core.periods import period_name

_ROW = {
    "type": "object",
    "description": "A value for each `by`, null where no rule caught; `currency`; and the four costs as exact text.",
    "properties": {
        "currency": {"type": "string"},
        **{name: {"type": "string", "pattern": AMOUNT_PATTERN} for name in COST_COLUMNS},
    },
    "required": ["currency", *COST_COLUMNS],
    "additionalProperties": {"type": ["string", "null"]},
}


@extend_schema_field(_ROW)
class _Row(serializers.Field[Any, Any, Any, Any]):
    def to_representation(self, value: Any) -> Any:
        return value


class CostsQuery(Query):
    """What to sum up."""

    period = Period(help_text="Billing period.")
    by = TextList(required=False, default=list, max_length=5, help_text="A column or dimension to group by; repeat it.")


class CostsAnswer(Form):
    """Costs of a billing period."""

    run = serializers.UUIDField(help_text="The allocation run the figures come from.")
    by = TextList(max_length=5)
    rows = serializers.ListField(child=_Row())


class Costs(Resource):
    """Allocated costs."""

    @operation("costs.read", query=CostsQuery, answers=CostsAnswer, operation_id="read_costs", tags=["Costs"])
    def get(self, call: Call) -> dict[str, Any]:
        """Tell the allocated costs of a billing period, grouped, as far as the caller sees them."""
        period, by = call.query["period"], call.query["by"]
        run = run_in_force(period)
        if run is None:
            raise ProblemError("not_allocated", f"{period_name(period)} is not allocated.")
        try:
            rows = cost_rows(period, by=by, rule_set=names_of(run.rule_set), visibility=call.visibility)
        except UnknownGroupingError as error:
            problem = FieldProblem(pointer="/by", detail=str(error))
            raise ProblemError("invalid_query", str(error), errors=[problem]) from error
        return {"run": run.id, "by": by, "rows": [as_object(row, by) for row in rows]}


def as_object(row: CostRow, by: list[str]) -> dict[str, str | None]:
    """Return a row of costs as JSON has it; None is what no rule caught."""
    groups = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in zip(by, row.groups, strict=True)
    }
    return {**groups, "currency": row.currency, **{name: f"{getattr(row, name):f}" for name in COST_COLUMNS}}
