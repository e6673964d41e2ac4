"""Given percentages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from allocation.engine import weighing
from allocation.engine.schema import Quantity, Text
from itfm.core import money


class Params(weighing.Params):
    """Percentages by receiver that total 100, or less with a receiver of the remainder."""

    kind: Literal["fixed"] = "fixed"
    shares: dict[Text, Quantity] = Field(min_length=1)
    remainder: Text | None = None

    @model_validator(mode="after")
    def _totals_100(self) -> Params:
        total = money.total(self.shares.values())
        if any(share < 0 for share in self.shares.values()):
            raise ValueError("a share is below zero")
        if self.remainder is None and total != 100:
            raise ValueError(f"the shares total {total:f}, not 100; name the remainder's receiver with remainder")
        if self.remainder is not None and (total > 100 or self.remainder in self.shares):
            raise ValueError(f"the shares total {total:f} and '{self.remainder}' takes the rest up to 100, once")
        return self

    def named_receivers(self) -> tuple[str, ...]:
        rest = () if self.remainder is None else (self.remainder,)
        return tuple(sorted({*self.shares, *rest}))


def weights(params: Params, _ask: weighing.Ask) -> Mapping[str, Decimal]:
    """Return the percentages, the remainder's receiver included."""
    if params.remainder is None:
        return params.shares
    return {
        **params.shares,
        params.remainder: money.CONTEXT.subtract(Decimal(100), money.total(params.shares.values())),
    }


KIND = weighing.MethodKind(label="Fixed percentages", params=Params, weights=weights)
