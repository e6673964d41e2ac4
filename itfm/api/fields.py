"""The fields of questions and answers, each strict about the one form it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.validators import RegexValidator
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from itfm.core.money import AmountError, amount
from itfm.core.periods import PeriodError, parse_period, period_name

AMOUNT_PATTERN: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
PERIOD_PATTERN: Final = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST: Final = Decimal(10) ** 20
_FINEST: Final = -18

PLAIN: Final = RegexValidator(r"^\S(.*\S)?$", "A text must not begin or end with a space, nor hold line breaks.")
"""For names: something to read, in one line."""


class Form(serializers.Serializer[Any]):
    """Fields of a body or an answer. A body with any other field is refused."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields."""
        if isinstance(data, Mapping):
            errors = {name: ["This field is not known here."] for name in data if name not in self._writable()}
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _writable(self) -> set[str]:
        return {name for name, field in self.fields.items() if not field.read_only}


class Query(Form):
    """Parameters of an address. Any other is refused, and so is one that stands twice without being a list."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated parameters."""
        if isinstance(data, QueryDict):
            lists = {name for name, field in self.fields.items() if isinstance(field, serializers.ListField)}
            twice = {
                name: ["This parameter stands twice."]
                for name, values in data.lists()
                if len(values) > 1 and name not in lists
            }
            if twice:
                raise serializers.ValidationError(twice)
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A text as it was sent; numbers and truth values are not taken for one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of several words; a number that reads alike is not taken for one."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the word."""
        if not isinstance(data, str) or not data:
            self.fail("invalid_choice", input=str(data)[:60])
        return super().to_internal_value(data)


class TextList(serializers.ListField):
    """A list of texts; in an address the parameter is repeated."""

    def __init__(self, *, max_length: int, child: serializers.Field[Any, Any, Any, Any] | None = None, **more: Any):
        super().__init__(child=child or Text(max_length=300), max_length=max_length, **more)


@extend_schema_field(
    {"type": "string", "pattern": AMOUNT_PATTERN, "maxLength": 100, "examples": ["41280.002500000000"]}
)
class Exact(serializers.Field[Decimal, Any, str, Any]):
    """An exact number, written as text so that no reader rounds it."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number; at most 20 digits before and 18 after the point."""
        if not isinstance(data, str):
            raise serializers.ValidationError('Write the number as a text, for example "1234.56".')
        try:
            number = amount(data)
        except AmountError as error:
            raise serializers.ValidationError(str(error)) from error
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < _FINEST or number.copy_abs() >= _MOST:
            raise serializers.ValidationError("A number has at most 20 digits before and 18 after the point.")
        return number

    def to_representation(self, value: Decimal) -> str:
        """Return all digits, without an exponent."""
        return f"{value:f}"


@extend_schema_field({"type": "string", "pattern": PERIOD_PATTERN, "examples": ["2026-10"]})
class Period(serializers.Field[date, Any, str, Any]):
    """A billing period, written `2026-10`."""

    def to_internal_value(self, data: Any) -> date:
        """Return the first day."""
        try:
            return parse_period(data if isinstance(data, str) else "")
        except PeriodError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: date) -> str:
        """Return `2026-10`."""
        return period_name(value)


@extend_schema_field({"type": "string", "format": "date", "examples": ["2026-10-31"]})
class Day(serializers.Field[date, Any, str, Any]):
    """A date, written `2026-10-31`."""

    def to_internal_value(self, data: Any) -> date:
        """Return the date."""
        if isinstance(data, str) and _DAY.fullmatch(data):
            try:
                return date.fromisoformat(data)
            except ValueError:
                pass
        raise serializers.ValidationError("Write a date as YYYY-MM-DD.")

    def to_representation(self, value: date) -> str:
        """Return `2026-10-31`."""
        return value.isoformat()


@extend_schema_field(
    {
        "type": "object",
        "description": "Currency -> cost column -> exact sum as text.",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
    }
)
class Totals(serializers.Field[Any, Any, Any, Any]):
    """Sums by currency and cost column, as they are stored: exact texts."""

    def to_representation(self, value: Any) -> Any:
        """Return them as they are."""
        return value


@extend_schema_field({"type": "object", "additionalProperties": True})
class Anything(serializers.Field[Any, Any, Any, Any]):
    """An object whose form is told elsewhere."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("Send an object.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Return it as it is."""
        return value
