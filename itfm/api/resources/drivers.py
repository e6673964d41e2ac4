"""Driver values: read, and put in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rest_framework import serializers

from allocation.engine.drivers import Driver
from allocation.engine.drivers import DriverValue as EngineDriverValue
from allocation.engine.rules import RuleSet
from allocation.models import DriverValue
from allocation.selectors import current_rule_set
from allocation.services.driver_values import put_driver_values
from allocation.services.drivers import reception
from allocation.working import parsed
from itfm.api.fields import PLAIN, Day, Exact, Form, Text, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import FieldProblem, ProblemError, unknown

TAG = ["Rules"]
MOST_ROWS: Final = 10_000
MOST_NAMED: Final = 20
"""How many values that match nothing an answer names."""


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

    received = serializers.IntegerField(help_text="`matched` and `unmatched` add up to it, and so do the other three.")
    matched = serializers.IntegerField(help_text="Rows that name a value of the driver's dimension.")
    unmatched = serializers.IntegerField(help_text="Rows that name a value no charge and no rule has; they are kept.")
    unmatched_values = TextList(max_length=MOST_NAMED, help_text=f"The first {MOST_NAMED} values that match nothing.")
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
        _driver(driver)
        values = DriverValue.objects.filter(driver=driver)
        if "first_day" in call.query:
            values = values.filter(date__gte=call.query["first_day"])
        if "last_day" in call.query:
            values = values.filter(date__lte=call.query["last_day"])
        return page_of(values, order=("date", "value"), query=call.query)

    @operation("drivers.write", body=ValuesForm, answers=IntakeAnswer, operation_id="put_driver_values", tags=TAG)
    def put(self, call: Call, driver: str) -> dict[str, Any]:
        """Put up to 10,000 values, all or none, and have the periods they touch allocated anew."""
        known, rules = _driver(driver)
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
        said = reception(known, values, rules=rules)
        return {
            "received": intake.received,
            "matched": said.matched,
            "unmatched": said.unmatched,
            "unmatched_values": said.unmatched_values[:MOST_NAMED],
            "new": intake.new,
            "changed": intake.changed,
            "unchanged": intake.unchanged,
        }


def _driver(key: str) -> tuple[Driver, RuleSet]:
    """Return a driver of the rules in force, and these rules."""
    saved = current_rule_set()
    rules = parsed(saved.document) if saved else None
    found = next((driver for driver in rules.drivers if driver.key == key), None) if rules else None
    if rules is None or found is None:
        raise unknown("driver in the rules in force")
    return found, rules


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
