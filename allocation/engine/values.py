"""What a rule gives: a fixed text, or one taken from a charge through transforms. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from allocation.engine.conditions import Subject, pattern
from allocation.engine.schema import Model, Text


class Place(Model):
    """One column or tag key of a charge."""

    column: Text | None = None
    tag: Text | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Place:
        if (self.column is None) == (self.tag is None):
            raise ValueError("name exactly one of column or tag")
        return self

    @property
    def subject(self) -> Subject:
        return Subject("column", self.column) if self.column else Subject("tag", self.tag or "")


class Regex(Model):
    """The pattern's first group, the whole match when it has none; no match gives no value."""

    regex: Text

    @field_validator("regex")
    @classmethod
    def _compiles(cls, given: str) -> str:
        return pattern(given)


class Lookup(Model):
    """The entry of a table. A text the table lacks stays itself, or gives no value with `otherwise: none`."""

    lookup: Text
    otherwise: Literal["keep", "none"] = "keep"


class Prefix(Model):
    """The text with another before it."""

    prefix: Text


_FORMS: Final[dict[type, str]] = {Regex: "#regex", Lookup: "#lookup", Prefix: "#prefix"}


def _transform(given: Any) -> str:
    if isinstance(given, dict):
        return next((f"#{name}" for name in ("regex", "lookup", "prefix") if name in given), "#word")
    return _FORMS.get(type(given), "#word")


Transform = Annotated[
    Annotated[Regex, Tag("#regex")]
    | Annotated[Lookup, Tag("#lookup")]
    | Annotated[Prefix, Tag("#prefix")]
    | Annotated[Literal["trim", "lower"], Tag("#word")],
    Discriminator(_transform),
]


class Taken(Model):
    """The first present of some places, then its transforms in order. An empty result is no value."""

    column: Text | None = None
    tag: Text | None = None
    first_of: tuple[Place, ...] | None = Field(default=None, min_length=1)
    transforms: tuple[Transform, ...] = ()

    @model_validator(mode="after")
    def _names_one(self) -> Taken:
        if [self.column, self.tag, self.first_of].count(None) != 2:
            raise ValueError("name exactly one of column, tag or first_of")
        return self

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Where to look, in order."""
        if self.first_of:
            return tuple(place.subject for place in self.first_of)
        return (Subject("column", self.column) if self.column else Subject("tag", self.tag or ""),)


def _value(given: Any) -> str:
    return "#taken" if isinstance(given, (dict, Taken)) else "#fixed"


Value = Annotated[Annotated[Text, Tag("#fixed")] | Annotated[Taken, Tag("#taken")], Discriminator(_value)]
