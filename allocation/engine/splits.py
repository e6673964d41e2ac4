"""Splits as data: pool, receivers, method, window and fallback. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationError, model_validator

from allocation.engine import methods
from allocation.engine.conditions import Condition
from allocation.engine.schema import Flag, Key, Model, Text
from allocation.engine.streams import FILLS, MOST_CARRIED_DAYS, MOST_PRICE_DAYS, Missing
from allocation.engine.weighing import MethodKind, Params, Reads
from itfm.core.kinds import Registry

METHODS: Final[Registry[MethodKind]] = Registry(methods)
"""The split methods by the name of their file."""

CELL_COLUMNS: Final = (
    "billing_account_id", "sub_account_id", "service_provider_name", "service_name", "service_category",
    "region_id", "charge_category", "pricing_category", "commitment_discount_status",
)  # fmt: skip
"""The columns that stay on every cell and mart row, in their order."""


class Receivers(Model):
    """Values of one dimension: listed, chosen by a condition on `value`, or all but the pool's."""

    dimension: Key
    one_of: tuple[Text, ...] | None = Field(default=None, min_length=1)
    where: Condition | None = None

    @model_validator(mode="after")
    def _chooses_one_way(self) -> Receivers:
        if self.one_of is not None and self.where is not None:
            raise ValueError("name one_of or where, not both")
        return self


class Window(Model):
    """The days whose weights count: the charge's own day, the whole bill, or the `days` up to the charge's day."""

    kind: Literal["day", "billing_period", "trailing"] = "billing_period"
    days: Annotated[int, Field(ge=1, le=366)] | None = None

    @model_validator(mode="after")
    def _has_days_when_trailing(self) -> Window:
        if (self.days is not None) != (self.kind == "trailing"):
            raise ValueError("days goes with kind: trailing, and only with it")
        return self


class Hold(Model):
    """Leave the amount in its pool."""

    kind: Literal["hold"] = "hold"


class Previous(Model):
    """Share as in the billing period before; hold when its shares are not known."""

    kind: Literal["previous"]


def _method(given: Any) -> Any:
    """Return the parameters of the method that `kind` names."""
    if isinstance(given, Params):
        return given
    if not isinstance(given, Mapping) or not isinstance(given.get("kind"), str) or given["kind"] not in list(METHODS):
        raise ValueError(f"kind must be one of {', '.join(METHODS)}")
    return _validated(METHODS[given["kind"]].params, given)


def _validated(form: type[Model], given: Mapping[str, Any]) -> Model:
    """Return the form filled in; its problems become one message at the place where it stands."""
    try:
        return form.model_validate(dict(given))
    except ValidationError as error:
        found = [(".".join(map(str, p["loc"])), p["msg"].removeprefix("Value error, ")) for p in error.errors()]
        raise ValueError("; ".join(f"{place}: {message}" if place else message for place, message in found)) from error


def _fallback(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    kind, own = given.get("kind"), {"hold": Hold, "previous": Previous}
    if kind in own:
        return _validated(own[str(kind)], given)
    if kind not in list(METHODS):
        raise ValueError(f"kind must be one of {', '.join([*own, *METHODS])}")
    return _method(given)


StageNumber = Annotated[int, Field(ge=1, le=1000)]
Method = Annotated[SerializeAsAny[Params], BeforeValidator(_method)]
Fallback = Annotated[Hold | Previous | SerializeAsAny[Params], BeforeValidator(_fallback)]


class Split(Model):
    """Moves the cost of a pool to receivers. Stages run in order; within one, no split sees another's result."""

    key: Key
    name: Text
    stage: StageNumber
    pool: Condition
    receivers: Receivers
    partition_by: tuple[Text, ...] = ()
    method: Method
    window: Window = Window()
    missing: Missing = "zero"
    fallback: Fallback = Hold()

    @model_validator(mode="after")
    def _partitions_where_it_can(self) -> Split:
        if not self.partition_by:
            return self
        if self.method.named_receivers() is not None:
            raise ValueError("partition_by has no meaning with fixed shares: the percentages name who receives")
        for one in self.methods():
            if not one.can_be_partitioned() and one.named_receivers() is None:
                raise ValueError(
                    f"partition_by has no meaning with {one.kind}: its driver is not measured by partition"
                )
        return self

    def methods(self) -> tuple[Params, ...]:
        """Return the method, and the one it falls back on."""
        return (self.method, self.fallback) if isinstance(self.fallback, Params) else (self.method,)

    def reads(self) -> tuple[Reads, ...]:
        """Return every driver that is read, once for each part it has."""
        return tuple(dict.fromkeys(one for method in self.methods() for one in method.reads()))

    def days_back(self) -> int:
        """Return how many days before the billing period the split can look at drivers."""
        carried = MOST_CARRIED_DAYS if self.missing in FILLS else 0
        priced = MOST_PRICE_DAYS if any(one.role == "price" for one in self.reads()) else 0
        return (self.window.days or 0) + max(carried, priced)


class StageRule(Model):
    """What is said of a stage as a whole. In a reciprocal one the pools serve each other."""

    number: StageNumber
    reciprocal: Flag = False
