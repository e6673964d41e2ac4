"""Allocated costs: the question of the Explore page, and a billing period's statement as `itfm costs` prints it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from allocation.costs.answer import CostAnswer, CostLine, answer, runs_in_force
from allocation.costs.focus_files import check_length, export_costs
from allocation.costs.query import (
    DEFAULT_LIMIT,
    MOST_GROUPS,
    MOST_ROWS,
    MOST_VALUES,
    Comparison,
    CostQuery,
    Granularity,
    Measure,
    QueryError,
    parse,
)
from allocation.selectors import CostRow, UnknownGroupingError, cost_rows, names_of, run_in_force
from ingestion.exports import NothingToExportError
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.versions import LATEST, Version
from itfm.api.fields import AMOUNT_PATTERN, Choice, Day, Exact, Form, Period, Query, Text, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.api.problems import FieldProblem, ProblemError
from itfm.api.resources.charges import MEDIA_TYPES, streamed
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

TAG = ["Costs"]
_ROW: Final = {
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


class StatementQuery(Query):
    """What to sum up."""

    period = Period(help_text="Billing period.")
    by = TextList(required=False, default=list, max_length=5, help_text="A column or dimension to group by; repeat it.")


class StatementAnswer(Form):
    """Costs of a billing period."""

    run = serializers.UUIDField(help_text="The allocation run the figures come from.")
    by = TextList(max_length=5)
    rows = serializers.ListField(child=_Row())


class _PartQuery(Query):
    """Which part of the costs, in the words of the Explore page's address."""

    first = Period(help_text="First billing period.")
    last = Period(required=False, help_text="Last billing period; by default the first.")
    currency = Text(required=False, max_length=20)
    # `is` and `not` are words of Python, so they cannot be written as the others are.
    vars()["is"] = TextList(
        required=False, max_length=MOST_VALUES, help_text="`team:Payments` keeps a value, `team` what no rule caught."
    )
    vars()["not"] = TextList(required=False, max_length=MOST_VALUES, help_text="As `is`, but leaves it out.")


class CostsQuery(_PartQuery):
    """The question, in the words of the Explore page's address."""

    measure = Choice(choices=get_args(Measure), required=False)
    by = TextList(required=False, max_length=MOST_GROUPS, help_text="A column or dimension to group by; repeat it.")
    granularity = Choice(choices=get_args(Granularity), required=False)
    compare = Choice(choices=get_args(Comparison), required=False)
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_ROWS, help_text=f"Rows told apart; by default {DEFAULT_LIMIT}."
    )


class FocusQuery(_PartQuery):
    """Which part of the ledger, and how the file is written."""

    focus = Choice(choices=get_args(Version), default=LATEST, help_text="Version of FOCUS.")
    format = Choice(choices=list(MEDIA_TYPES), default="csv")


class LineAnswer(Form):
    """What one combination of groups cost."""

    groups = serializers.ListField(child=Text(allow_null=True), help_text="One value for each `by`.")
    costs = serializers.ListField(child=Exact(), help_text="One amount for each bucket.")
    total = Exact()
    comparison = Exact(allow_null=True)
    count = serializers.IntegerField(help_text="How many combinations it sums up.")


class CurrencyAnswer(Form):
    """The costs in one currency; `lines` and `rest` add up to `total`."""

    currency = Text()
    lines = LineAnswer(many=True)
    rest = LineAnswer(allow_null=True)
    total = LineAnswer()


class CostsAnswer(Form):
    """Costs by group and bucket of time."""

    by = TextList(max_length=MOST_GROUPS)
    measure = Text()
    buckets = serializers.ListField(child=Day(), help_text="First day of each bucket.")
    currencies = CurrencyAnswer(many=True)
    runs = serializers.ListField(child=serializers.UUIDField(), help_text="The runs that were summed up.")
    missing_periods = serializers.ListField(child=Period(), help_text="Periods that no run has allocated.")


class Costs(Resource):
    """Allocated costs."""

    @operation("costs.read", query=CostsQuery, answers=CostsAnswer, operation_id="read_costs", tags=TAG)
    def get(self, call: Call) -> dict[str, Any]:
        """Tell allocated costs by group and time, as far as the caller sees them: the question of the Explore page."""
        try:
            return _told(answer(_query(call), visibility=call.visibility))
        except QueryError as error:
            raise _refused(error) from error


class CostsFile(Resource):
    """The ledger as FOCUS has it."""

    @operation(
        "costs.read",
        query=FocusQuery,
        files=tuple(MEDIA_TYPES.values()),
        reads_lake=True,
        operation_id="download_costs",
        tags=TAG,
    )
    def get(self, call: Call) -> StreamingHttpResponse:
        """Stream the ledger, filtered as the costs are and as far as the caller sees it, with what each split moved."""
        try:
            with tenant(call.organization.id):
                query, visibility = _query(call), call.visibility
                runs = runs_in_force(query.periods)
            check_length(query)

            def write(file: Path) -> None:
                version = call.query["focus"]
                export_costs(call.organization.id, query, runs=runs, to=file, version=version, visibility=visibility)

            name = f"costs-{period_name(query.first)}-{period_name(query.last)}.{call.query['format']}"
            return streamed(call, write, name=name)
        except QueryError as error:
            raise _refused(error) from error
        except NothingToExportError as error:
            raise ProblemError("not_allocated", str(error)) from error


class Statement(Resource):
    """The statement of a billing period."""

    @operation("costs.read", query=StatementQuery, answers=StatementAnswer, operation_id="read_statement", tags=TAG)
    def get(self, call: Call) -> dict[str, Any]:
        """Tell the four costs of a billing period, grouped, as `itfm costs --json` does."""
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


def _refused(error: QueryError) -> ProblemError:
    problem = FieldProblem(pointer=f"/{error.parameter}", detail=str(error))
    return ProblemError("invalid_query", str(error), errors=[problem])


def _query(call: Call) -> CostQuery:
    asked = call.query
    first = asked["first"]
    periods = CostQuery(first=first, last=asked.get("last", first), granularity="month").periods
    params = {
        name: [_text(one) for one in (value if isinstance(value, list) else [value])] for name, value in asked.items()
    }
    return parse(params, rule_set=runs_in_force(periods).rule_set, default=first)


def _text(value: object) -> str:
    return period_name(value) if isinstance(value, date) else str(value)


def _told(found: CostAnswer) -> dict[str, Any]:
    return {
        "by": list(found.query.by),
        "measure": found.query.measure,
        "buckets": found.buckets,
        "currencies": [
            {
                "currency": one.currency,
                "lines": [_line(line) for line in one.lines],
                "rest": _line(one.rest) if one.rest else None,
                "total": _line(one.total),
            }
            for one in found.currencies
        ],
        "runs": found.run_ids,
        "missing_periods": found.missing_periods,
    }


def _line(line: CostLine) -> dict[str, Any]:
    return {
        "groups": line.groups,
        "costs": line.costs,
        "total": line.total,
        "comparison": line.comparison,
        "count": line.count,
    }
