"""What a split method is, and what it may ask to find its weights. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from allocation.engine.schema import Model
from allocation.engine.streams import Stream

COSTS: Final = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
"""The four cost columns of a cell, each split by the same weights."""

CostColumn = Literal["billed_cost", "effective_cost", "list_cost", "contracted_cost"]

KEPT: Final = ""
"""Among receivers, the pool itself: what a method leaves there. No value of a dimension is an empty text."""


@dataclass(frozen=True)
class CostBasis:
    """Whose own cost weighs: one cost column, over the charge categories that count."""

    column: CostColumn
    charge_categories: tuple[str, ...]


@dataclass(frozen=True)
class Reads:
    """A driver that a method reads, and the parameter that names it.

    `quantity` is measured day by day for receivers, `capacity` day by day for the pool; a `price` of a receiver holds
    until the next.
    """

    parameter: str
    driver: str
    role: Literal["quantity", "capacity", "price"] = "quantity"


class Params(Model):
    """The parameters of one method; `kind` is its file name."""

    kind: str

    def cost_basis(self) -> CostBasis | None:
        """Return the receivers' own cost the method needs, None when it needs none."""
        return None

    def driver_key(self) -> str | None:
        """Return the driver whose quantities weigh, None when none does."""
        return None

    def reads(self) -> tuple[Reads, ...]:
        """Return every driver the method reads."""
        key = self.driver_key()
        return () if key is None else (Reads("driver", key),)

    def named_receivers(self) -> tuple[str, ...] | None:
        """Return the receivers when the parameters themselves name them."""
        return None

    def counts_presence(self) -> bool:
        """Return whether it matters who has cost outside of the pool."""
        return False

    def pool_cost(self) -> CostColumn | None:
        """Return the cost column in which the weights depend on what is in the pool, None when they do not."""
        return None

    def can_be_partitioned(self) -> bool:
        """Return whether the method can share within each partition by itself."""
        return self.named_receivers() is None


@dataclass(frozen=True)
class Ask:
    """What is known about the receivers of one pool group within its window; every mapping is by receiver."""

    present: frozenset[str]
    own_cost: Mapping[str, Decimal]
    driver: Mapping[str, Decimal]
    """Quantities in the window of who may receive; empty when nobody was measured."""
    may_receive: frozenset[str] = frozenset()
    days: tuple[date, ...] = ()
    """The days of the window."""
    streams: Mapping[str, Stream] = field(default_factory=dict)
    """What the method reads, by driver."""
    period: str = ""
    currency: str = ""
    pool: Decimal = Decimal(0)
    """What is in the pool within the window, in the method's cost column."""

    @property
    def has_negative_use(self) -> bool:
        """Whether a quantity is below zero, which stops the split."""
        return any(quantity < 0 for quantity in self.driver.values())


@dataclass(frozen=True)
class Weighed:
    """Weights with what they leave in the pool, all parts of one sum, and codes of findings on the way.

    `kept` is below zero when the receivers get more than the pool has.
    """

    weights: Mapping[str, Decimal | Fraction]
    kept: Decimal | Fraction = Decimal(0)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Why there are no weights: the code of a finding, and what it names."""

    reason: str
    values: tuple[str, ...] = ()


Weights = Mapping[str, Decimal] | Weighed | Refused


@dataclass(frozen=True)
class MethodKind:
    """A split method: its parameters, and the weights they give. A receiver without weight gets nothing.

    `kept` are the codes of findings for what the method leaves in the pool: more than nothing, and less.
    """

    label: str
    params: type[Params]
    weights: Callable[[Any, Ask], Weights]
    kept: tuple[str, str] | None = None
