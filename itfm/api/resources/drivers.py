"""Driver values: read, and put in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rest_framework import serializers

from allocation.engine.drivers import DriverValue as EngineDriverValue
from allocation.models import DriverValue
from allocation.services.driver_values import Intake, put_driver_values
from itfm.api.fields import PLAIN, Day, Exact, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.resources.rules import driver_keys

TAG = ["Rules"]
MOST_ROWS: Final = 10_000


class ValueForm(Form):
    """How much of a driver one dimension value used on one day."""

    date = Day()
    value = Text(max_length=300, validators=[PLAIN], help_text="A value of the driver's dimension.")
    quantity = Exact()


class ValuesForm(Form):
    """Values to put in the place of those known for the same day and value."""

    values = serializers.ListField(child=ValueForm(), min_length=1, max_length=MOST_ROWS)


class ValuesQuery(PageQuery):
    """Which values."""

    first_day = Day(required=False, help_text="Only this day and later.")
    last_day = Day(required=False, help_text="Only this day and earlier.")


class IntakeAnswer(Form):
    """What became of the values that were sent."""

    received = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class DriverValues(Resource):
    """The values of a driver."""

    @operation(
        "rules.read",
        query=ValuesQuery,
        answers=ValueForm,
        is_list=True,
        operation_id="list_driver_values",
        tags=TAG,
    )
    def get(self, call: Call, driver: str) -> Page[DriverValue]:
        """List the values of a driver by day and value."""
        _check(driver)
        values = DriverValue.objects.filter(driver=driver)
        if "first_day" in call.query:
            values = values.filter(date__gte=call.query["first_day"])
        if "last_day" in call.query:
            values = values.filter(date__lte=call.query["last_day"])
        return page_of(values, order=("date", "value"), query=call.query)

    @operation("rules.write", body=ValuesForm, answers=IntakeAnswer, operation_id="put_driver_values", tags=TAG)
    def put(self, call: Call, driver: str) -> Intake:
        """Put up to 10,000 values, all or none, and have the periods they touch allocated anew."""
        _check(driver)
        rows = call.body["values"]
        _refuse_twice(rows)
        values = [EngineDriverValue.model_construct(**row) for row in rows]
        intake = put_driver_values(driver, values, organization_id=call.organization.id)
        if intake.new or intake.changed:
            call.record(
                "driver_values.put",
                target=driver,
                summary=f"Put {intake.received} values: {intake.new} new, {intake.changed} changed",
            )
        return intake


def _check(driver: str) -> None:
    if driver not in driver_keys():
        raise unknown("driver in the rules in force")


def _refuse_twice(rows: Sequence[Mapping[str, Any]]) -> None:
    seen: dict[tuple[object, object], int] = {}
    problems = []
    for number, row in enumerate(rows):
        first = seen.setdefault((row["date"], row["value"]), number)
        if first != number:
            detail = f"This day and value stand in row {first} already."
            problems.append(FieldProblem(pointer=f"/values/{number}", detail=detail))
    if problems:
        raise ProblemError("invalid", "A day and value stand twice.", errors=problems)
