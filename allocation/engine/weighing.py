"""What a split method is, and what it may ask to find its weights. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from allocation.engine.schema import Model

COSTS: Final = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
"""The four cost columns of a cell, each split by the same weights."""

CostColumn = Literal["billed_cost", "effective_cost", "list_cost", "contracted_cost"]


@dataclass(frozen=True)
class CostBasis:
    """Whose own cost weighs: one cost column, over the charge categories that count."""

    column: CostColumn
    charge_categories: tuple[str, ...]


class Params(Model):
    """The parameters of one method; `kind` is its file name."""

    kind: str

    def cost_basis(self) -> CostBasis | None:
        """Return the receivers' own cost the method needs, None when it needs none."""
        return None

    def driver_key(self) -> str | None:
        """Return the driver the method reads, None when it reads none."""
        return None

    def named_receivers(self) -> tuple[str, ...] | None:
        """Return the receivers when the parameters themselves name them."""
        return None


@dataclass(frozen=True)
class Ask:
    """What is known about the receivers of one pool group within its window; every mapping is by receiver."""

    present: frozenset[str]
    own_cost: Mapping[str, Decimal]
    driver: Mapping[str, Decimal]


@dataclass(frozen=True)
class MethodKind:
    """A split method: its parameters, and the weights they give. A receiver without weight gets nothing."""

    label: str
    params: type[Params]
    weights: Callable[[Any, Ask], Mapping[str, Decimal]]
