"""Conditions of rules, pools and receivers, as data: trees of all, any and not over tests. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Final, Literal, NamedTuple

import re2
from pydantic import Discriminator, Field, StringConstraints, Tag, field_validator, model_validator

from allocation.engine.schema import Flag, Model, Text
from itfm.core import money

MAX_PATTERN_LENGTH: Final = 512
OPERATORS: Final = (
    "equals", "one_of", "starts_with", "ends_with", "contains", "matches", "exists", "gt", "gte", "lt", "lte",
)  # fmt: skip
_OPERATORS: Final = frozenset(OPERATORS)
SUBJECTS: Final = ("column", "tag", "dimension", "source", "value")

_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.ASCII)


class Subject(NamedTuple):
    """What a test looks at: one column, tag key or dimension of a charge, its source, or a receiver's value."""

    kind: Literal["column", "tag", "dimension", "source", "value"]
    key: str = ""


def pattern(text: str) -> str:
    """Return a regular expression after RE2 has accepted it.

    :raises ValueError: it is longer than 512 characters or not RE2 syntax.
    """
    if len(text) > MAX_PATTERN_LENGTH:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN_LENGTH} characters")
    try:
        re2.compile(text, _quiet())
    except re2.error as error:
        raise ValueError(f"'{text[:60]}' is not an RE2 pattern: {_reason(error)}") from error
    return text


def comparable(text: str) -> date | Decimal | None:
    """Return the date or number a text writes, None when it is neither. A time of day is left out."""
    found = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(found[1]) if found else money.amount(text)
    except ValueError:
        return None


class Test(Model):
    """One question about one attribute. An absent attribute answers no to all but `exists: false`."""

    __test__ = False

    column: Text | None = None
    tag: Text | None = None
    dimension: Text | None = None
    source: Flag = False
    value: Flag = False

    equals: Text | None = None
    one_of: tuple[Text, ...] | None = Field(default=None, min_length=1)
    starts_with: Text | None = None
    ends_with: Text | None = None
    contains: Text | None = None
    matches: Text | None = None
    exists: Flag | None = None
    gt: Text | None = None
    gte: Text | None = None
    lt: Text | None = None
    lte: Text | None = None

    ignore_case: Flag = False
    trim: Flag = False
    loose: Flag = False

    @field_validator("matches")
    @classmethod
    def _compiles(cls, given: str | None) -> str | None:
        return None if given is None else pattern(given)

    @field_validator("gt", "gte", "lt", "lte")
    @classmethod
    def _compares(cls, given: str | None) -> str | None:
        if given is not None and comparable(given) is None:
            raise ValueError(f"'{given}' is neither a number nor a date (YYYY-MM-DD)")
        return given

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Test:
        subjects = [name for name in SUBJECTS if getattr(self, name)]
        if len(subjects) != 1:
            raise ValueError("name exactly one of column, tag, dimension, source: true or value: true")
        operators = [name for name in OPERATORS if getattr(self, name) is not None]
        if len(operators) != 1:
            raise ValueError(f"name exactly one of {', '.join(OPERATORS)}")
        if self.loose and self.matches is not None:
            raise ValueError("loose does not go with matches; write the pattern for all three signs")
        return self

    @cached_property
    def subject(self) -> Subject:
        if self.source:
            return Subject("source")
        if self.value:
            return Subject("value")
        if self.column:
            return Subject("column", self.column)
        return Subject("tag", self.tag) if self.tag else Subject("dimension", self.dimension or "")

    @property
    def operator(self) -> str:
        # The fields that were named are few, the operators many.
        return next(name for name in self.model_fields_set if name in _OPERATORS and getattr(self, name) is not None)


class All(Model):
    """Every condition holds."""

    all: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(Model):
    """At least one condition holds."""

    any: tuple[Condition, ...] = Field(min_length=1)


class Not(Model):
    """The condition does not hold."""

    negated: Condition = Field(alias="not")


def _form(given: Any) -> str:
    if isinstance(given, dict):
        return next((f"#{name}" for name in ("all", "any", "not") if name in given), "#test")
    return _FORMS.get(type(given), "#test")


Condition = Annotated[
    Annotated[All, Tag("#all")]
    | Annotated[AnyOf, Tag("#any")]
    | Annotated[Not, Tag("#not")]
    | Annotated[Test, Tag("#test")],
    Discriminator(_form),
]
"""A tree of tests. The tags start with # so that error paths can leave them out."""

Pattern = Annotated[str, StringConstraints(min_length=1)]

_FORMS: Final[dict[type, str]] = {All: "#all", AnyOf: "#any", Not: "#not"}

for _model in (All, AnyOf, Not):
    _model.model_rebuild()


def tests(condition: All | AnyOf | Not | Test) -> Iterator[Test]:
    """Yield every test of a condition, in document order."""
    waiting: list[All | AnyOf | Not | Test] = [condition]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Test):
            yield one
        elif isinstance(one, Not):
            waiting.append(one.negated)
        else:
            waiting.extend(reversed(one.all if isinstance(one, All) else one.any))


def subjects(condition: All | AnyOf | Not | Test) -> set[Subject]:
    """Return everything a condition looks at."""
    if isinstance(condition, Test):
        return {condition.subject}
    return {test.subject for test in tests(condition)}


def _quiet() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
