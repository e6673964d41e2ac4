"""Where a figure comes from: own cost, what splits brought and took, the rules, and the bill lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from rest_framework import serializers

from allocation.costs.query import Filter, QueryError
from allocation.engine.weighing import CostColumn
from allocation.explain.answer import Explanation
from allocation.explain.selectors import NothingToExplainError, explain
from allocation.explain.slices import Slice, SliceError
from itfm.api.fields import PLAIN, Anything, Choice, Day, Exact, Form, Period, Query, Text, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.api.problems import ProblemError


class ExplainQuery(Query):
    """Which figure."""

    period = Period(help_text="Billing period.")
    currency = Text(max_length=20, validators=[PLAIN])
    cost = Choice(choices=get_args(CostColumn), default="effective_cost")
    run = serializers.UUIDField(required=False, help_text="An earlier run; by default the one in force.")
    first_day = Day(required=False)
    last_day = Day(required=False)
    # `is` is a word of Python, so it cannot be written as the others are.
    vars()["is"] = TextList(
        required=False, max_length=20, help_text="`team:Payments` keeps a value, `team` what no rule caught."
    )


class ExplanationAnswer(Form):
    """A figure with everything it is made of; `figure` = `direct` + `received` + `handed_on`."""

    figure = Exact()
    direct = Exact(help_text="The slice's own cost.")
    difference = Exact(help_text="Figure less its parts: zero.")
    is_exact = serializers.BooleanField()
    charge_count = serializers.IntegerField()
    run = Anything(help_text="The run, its rules' version and its proof.")
    received = serializers.ListField(child=Anything(), help_text="What splits brought, with driver and share.")
    handed_on = serializers.ListField(child=Anything(), help_text="What splits took.")
    classifications = serializers.ListField(child=Anything(), help_text="Which rules caught the own cost.")
    lines = serializers.ListField(child=Anything(), allow_null=True, help_text="The largest bill lines.")


class Explain(Resource):
    """Explanations."""

    @operation("costs.read", query=ExplainQuery, answers=ExplanationAnswer, operation_id="explain_cost", tags=["Costs"])
    def get(self, call: Call) -> dict[str, Any]:
        """Explain a figure of a billing period, as far as the caller sees it."""
        asked = call.query
        try:
            wanted = Slice(
                period=asked["period"],
                currency=asked["currency"],
                cost=asked["cost"],
                filters=_filters(asked.get("is", [])),
                first_day=asked.get("first_day"),
                last_day=asked.get("last_day"),
            )
            found = explain(wanted, visibility=call.visibility, run_id=asked.get("run"))
        except (SliceError, QueryError) as error:
            raise ProblemError("invalid_query", str(error)) from error
        except NothingToExplainError as error:
            raise ProblemError("not_allocated", str(error)) from error
        return _told(found)


def _filters(texts: list[str]) -> tuple[Filter, ...]:
    values: dict[str, list[str | None]] = {}
    for text in texts:
        name, colon, value = text.partition(":")
        values.setdefault(name, []).append(value if colon else None)
    return tuple(Filter(name=name, values=tuple(dict.fromkeys(named))) for name, named in values.items())


def _told(found: Explanation) -> dict[str, Any]:
    told = _plain(dataclasses.asdict(found))
    return {
        **told,
        "figure": found.figure,
        "direct": found.direct,
        "difference": found.difference,
        "is_exact": found.is_exact,
    }


def _plain(value: Any) -> Any:
    """Return what JSON can hold, amounts as exact texts."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
