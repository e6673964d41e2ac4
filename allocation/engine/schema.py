"""The bricks of the rule document: frozen models that refuse unknown keys, texts, exact numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints

from itfm.core import money

_NOT_STORABLE: Final = re.compile("[\0\ud800-\udfff]")


class Model(BaseModel):
    """A part of the rule document."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, changed as `update` says, that works out anew what this one has worked out of itself."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(copied).model_fields.keys():
            del copied.__dict__[name]
        return copied


def _exact(given: object) -> Decimal:
    if isinstance(given, Decimal):
        return given
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise ValueError(f"{given!r} is not an exact number; write it as text, for example '12.5'")  # noqa: TRY004
    return money.amount(str(given))


def _flag(given: object) -> bool:
    if given in ("true", "false"):
        return given == "true"
    if isinstance(given, bool):
        return given
    raise ValueError("write true or false")


def _storable(given: str) -> str:
    if _NOT_STORABLE.search(given):
        raise ValueError("the text has a character that no database can store; type it again")
    return given


Quantity = Annotated[Decimal, BeforeValidator(_exact), PlainSerializer(lambda number: f"{number:f}", return_type=str)]
"""An exact number; floats are refused."""

Flag = Annotated[bool, BeforeValidator(_flag)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_storable)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Currency = Annotated[str, StringConstraints(pattern=r"^\S{1,20}$")]
"""A billing currency as bills write it, `USD`."""
Period = Annotated[str, StringConstraints(pattern=r"^20[0-9][0-9]-(0[1-9]|1[0-2])$")]
"""A billing period, `2026-10`; its text sorts like its month."""
