"""An explained figure: the parts it is the sum of, and what each part stands on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from allocation.engine.account_tags import Inherited
from allocation.explain.slices import Slice
from itfm.core import money


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one receiver got by one weight: so much of a driver, out of so much, between two days."""

    receiver: str
    quantity: Decimal
    total: Decimal
    fallback: str | None
    """The fallback that gave the weights, when the method itself gave none."""
    first_day: date
    last_day: date
    pool_amount: Decimal
    """What was in the pool."""
    amount: Decimal

    @property
    def calculated(self) -> Decimal:
        """Pool times quantity by total, cut to 18 decimals."""
        units = money.units_of(self.pool_amount.copy_abs()) * money.units_of(self.quantity)
        cut = money.decimal_of(units // money.units_of(self.total))
        return cut.copy_negate() if self.pool_amount < 0 else cut

    @property
    def rounding(self) -> Decimal:
        """What the receiver got beside it, so that all parts of the pool sum to the pool."""
        return money.CONTEXT.subtract(self.amount, self.calculated)

    @property
    def percent(self) -> Decimal:
        """The share in percent."""
        return money.CONTEXT.divide(money.CONTEXT.multiply(self.quantity, Decimal(100)), self.total)


@dataclass(frozen=True, kw_only=True)
class SplitFacts:
    """A split as the run's own rules have it."""

    key: str
    name: str
    stage: int
    method: str
    """`By driver`."""
    weight: str
    """What the driver values count: `Ingested log volume, GB`."""
    window: str
    """The days whose weights count: `the billing period`."""
    dimension: str
    """The name of the dimension whose values receive."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """Cost that a split moved into the slice."""

    split: SplitFacts
    amount: Decimal
    pools: tuple[str, ...]
    """Values of the dimension that it came from; empty text for what had none."""
    shares: tuple[Share, ...]
    """The largest ones."""
    other_share_count: int
    other_amount: Decimal
    """What the shares that are not listed amount to."""

    @property
    def share_count(self) -> int:
        """How many there are, listed or not: one by receiver and weight."""
        return len(self.shares) + self.other_share_count


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Who got what was handed on."""

    name: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class HandedOn:
    """Cost that a split moved out of the slice: the opposite of what its receivers got."""

    split: SplitFacts
    amount: Decimal
    kept: Decimal
    """What the method left in the pool; below zero when the receivers got more than was in it."""
    kept_words: str
    """`unused capacity`; empty when nothing was kept."""
    receiver_count: int
    receivers: tuple[Receiver, ...]
    """The largest ones; none for somebody who sees only part of the organization."""

    @property
    def pool_amount(self) -> Decimal:
        """What was in the pool: what was handed on, and what was kept."""
        return money.CONTEXT.subtract(self.kept, self.amount)

    @property
    def other_receiver_count(self) -> int:
        """How many receivers are not listed."""
        return self.receiver_count - len(self.receivers)

    @property
    def other_amount(self) -> Decimal:
        """What the receivers that are not listed got."""
        listed = money.total(one.amount for one in self.receivers)
        return money.CONTEXT.subtract(self.amount.copy_negate(), listed)


@dataclass(frozen=True, kw_only=True)
class CaughtCost:
    """What one rule of a dimension caught of the slice's own cost; no number: what no rule caught."""

    rule_number: int | None
    """Its place in the dimension, from 1."""
    rule_name: str
    condition: str
    value: str
    """What it gives, in words."""
    owner: str
    cost: Decimal
    charge_count: int


@dataclass(frozen=True, kw_only=True)
class Classification:
    """How the rules of one dimension caught the slice's own cost, largest first."""

    dimension: str
    caught: tuple[CaughtCost, ...]

    @property
    def total(self) -> Decimal:
        """The sum over the rules."""
        return money.total(one.cost for one in self.caught)


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """One charge as delivered: the file it came in, and its row there, counted from 1."""

    source_name: str
    file_name: str
    row_number: int
    charge_date: date
    service: str
    description: str
    resource: str
    cost: Decimal
    inherited: tuple[Inherited, ...] = ()
    """The tags that it has from its account."""


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """The run that a figure comes from, and its proof in the slice's currency and cost column."""

    id: UUID
    is_in_force: bool
    allocated_at: datetime
    rule_version: int | None
    published_at: datetime | None
    published_by: str
    proof_holds: bool
    bill_total: Decimal
    ledger_total: Decimal


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A figure with everything it is made of."""

    slice: Slice
    run: RunFacts
    figure: Decimal
    """As pages show it: summed from the mart, or for a run no longer in force from its ledger."""
    direct: Decimal
    charge_count: int
    """How many bill lines the slice's own cost is the sum of."""
    received: tuple[Received, ...]
    handed_on: tuple[HandedOn, ...]
    classifications: tuple[Classification, ...]
    lines: tuple[BillLine, ...] | None
    """The largest bill lines; None when the bill's lines are not kept."""
    row_count: int
    """Rows of the ledger in the slice."""

    @property
    def parts_total(self) -> Decimal:
        """Own cost, with what splits brought and less what they took."""
        received = (part.amount for part in self.received)
        return money.total((self.direct, *received, *(part.amount for part in self.handed_on)))

    @property
    def difference(self) -> Decimal:
        """Figure less parts: exactly zero, or something is wrong."""
        return money.CONTEXT.subtract(self.figure, self.parts_total)

    @property
    def is_exact(self) -> bool:
        """Whether the parts sum to the figure, and the rules to the own cost, to the last digit."""
        return self.difference == 0 and all(one.total == self.direct for one in self.classifications)

    @property
    def is_empty(self) -> bool:
        """Whether the ledger has no row in the slice."""
        return self.row_count == 0
