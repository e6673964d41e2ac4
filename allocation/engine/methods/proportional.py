"""Shares by the receiver's own direct cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field

from allocation.engine import weighing
from allocation.engine.schema import Text


class Params(weighing.Params):
    """Which cost weighs. Only usage counts unless said otherwise, so that credits and tax do not distort."""

    kind: Literal["proportional"] = "proportional"
    cost: weighing.CostColumn = "effective_cost"
    charge_categories: tuple[Text, ...] = Field(default=("Usage",), min_length=1)

    def cost_basis(self) -> weighing.CostBasis:
        return weighing.CostBasis(column=self.cost, charge_categories=self.charge_categories)


def weights(_params: Params, ask: weighing.Ask) -> Mapping[str, Decimal]:
    """Return each receiver's own cost in the window, in the pool's currency."""
    return ask.own_cost


KIND = weighing.MethodKind(label="Proportional to own cost", params=Params, weights=weights)
