"""What the Overview shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from itfm.core.money import CONTEXT
from itfm.web.charts import DailyCosts
from itfm.web.shell.page import Health, PeriodChoice, Shell


def percent_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return `part` in percent of `whole`; None when either is unknown or there is nothing to divide by."""
    return CONTEXT.divide(CONTEXT.multiply(part, Decimal(100)), whole) if part is not None and whole else None


@dataclass(frozen=True, kw_only=True)
class ValueCost:
    """What one value of the dimension cost in the period, and in the one before (None: no data then)."""

    name: str
    cost: Decimal
    previous_cost: Decimal | None
    total: Decimal
    is_unallocated: bool = False
    query: str = ""
    """The slice it is the sum of, as it stands in an address."""

    @property
    def share_percent(self) -> Decimal | None:
        """Its part of the period's total."""
        return percent_of(self.cost, self.total)

    @property
    def change(self) -> Decimal | None:
        """How much more than in the period before."""
        return None if self.previous_cost is None else CONTEXT.subtract(self.cost, self.previous_cost)

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of the size of the period before."""
        return percent_of(self.change, None if self.previous_cost is None else self.previous_cost.copy_abs())


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """The proof that what was handed out is what was billed, in the cost column the page shows."""

    bill_total: Decimal
    allocated: Decimal
    unallocated: Decimal
    rule_version: int | None
    allocated_at: datetime

    @property
    def ledger_total(self) -> Decimal:
        """What the ledger holds, allocated or not."""
        return CONTEXT.add(self.allocated, self.unallocated)

    @property
    def difference(self) -> Decimal:
        """Bill less ledger: exactly zero, or something is wrong."""
        return CONTEXT.subtract(self.bill_total, self.ledger_total)

    @property
    def is_exact(self) -> bool:
        """Whether not even the last digit differs."""
        return self.difference == 0


@dataclass(frozen=True, kw_only=True)
class CurrencyOverview:
    """The month in one currency: amounts in different currencies are never added."""

    currency: str
    total: Decimal
    previous_total: Decimal | None
    values: tuple[ValueCost, ...]
    """Highest cost first, the unallocated row last; includes values with cost only in the period before."""
    daily: DailyCosts
    reconciliation: Reconciliation
    query: str = ""
    """The slice that the total is the sum of, as it stands in an address."""

    @property
    def unallocated_query(self) -> str:
        """The slice that the unallocated cost is the sum of."""
        return next((value.query for value in self.values if value.is_unallocated), "")

    @property
    def change(self) -> Decimal | None:
        """How much more than in the period before."""
        return None if self.previous_total is None else CONTEXT.subtract(self.total, self.previous_total)

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of the size of the period before."""
        return percent_of(self.change, None if self.previous_total is None else self.previous_total.copy_abs())

    @property
    def allocated_percent(self) -> Decimal | None:
        """How much of the total has an owner."""
        return percent_of(self.reconciliation.allocated, self.total)

    @property
    def unallocated_percent(self) -> Decimal | None:
        """How much of the total has no owner."""
        return percent_of(self.reconciliation.unallocated, self.total)


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How far one source's data reaches."""

    source_name: str
    health: Health
    last_pull_at: datetime | None
    data_through: date | None


EmptyReason = Literal["no_source", "no_bill", "not_allocated", "other_period"]


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """Where the money of one billing period went."""

    shell: Shell
    period: PeriodChoice
    dimension_name: str
    """`Team`: the dimension that the page groups by; empty when no rules are published."""
    cost_name: str
    """`Effective cost`: which cost column all figures are in."""
    currencies: tuple[CurrencyOverview, ...]
    """Largest first; empty when there is nothing to show, see `empty_reason`."""
    freshness: tuple[Freshness, ...]
    """Empty as well when the role may not read bills."""
    empty_reason: EmptyReason | None = None
    is_scoped: bool = False
    """Whether the member sees only part of the organization; totals are then of that part, and there is no proof."""

    @property
    def group_name(self) -> str:
        """What the page groups by, in a word that also fits when there are no rules."""
        return self.dimension_name or "Owner"
