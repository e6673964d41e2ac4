"""What the Overview shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from itfm.core.money import CONTEXT
from itfm.core.periods import period_name
from itfm.web.charts import DailyCosts
from itfm.web.components import ChartCard, Tab
from itfm.web.overview.daily import daily_card
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
class Cause:
    """What part of a change one service, or one split of shared cost, makes up."""

    name: str
    change: Decimal
    is_new: bool = False
    """Whether there was no such cost in the month before."""
    has_ended: bool = False
    """Whether there is no such cost any more."""


@dataclass(frozen=True, kw_only=True)
class Mover:
    """A value of the dimension that costs more or less than before, and why: the causes sum to the change."""

    name: str
    change: Decimal
    change_percent: Decimal | None
    causes: tuple[Cause, ...]
    """The largest ones, then `<n> others` when there are more."""
    query: str = ""
    """The slice of this month's cost, as it stands in an address."""
    is_unallocated: bool = False


@dataclass(frozen=True, kw_only=True)
class TrendPoint:
    """What one billing period left unallocated."""

    period: date
    total: Decimal
    unallocated: Decimal

    @property
    def unallocated_percent(self) -> Decimal | None:
        """How much of the total has no owner."""
        return percent_of(self.unallocated, self.total)


@dataclass(frozen=True, kw_only=True)
class DataState:
    """How far a billing period's bills reach."""

    first_day: date
    last_day: date
    through: date | None
    """The latest usage that every bill of the period covers; None when no bill says."""
    is_complete: bool
    """Whether every bill covers the whole period, or came after its end."""

    @property
    def day_count(self) -> int:
        """How many days the costs so far are of."""
        last = self.last_day if self.is_complete or self.through is None else min(self.through, self.last_day)
        return max((last - self.first_day).days + 1, 1)

    @property
    def period_day_count(self) -> int:
        """How many days the period has."""
        return (self.last_day - self.first_day).days + 1

    @property
    def missing_day_count(self) -> int:
        """How many days of the period have no cost yet."""
        return self.period_day_count - self.day_count


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
    movers: tuple[Mover, ...] = ()
    """Largest change first, whatever its direction; empty without a month to compare with."""
    trend: tuple[TrendPoint, ...] = ()
    """Newest first; empty for a member who sees only part of the organization."""
    state: DataState | None = None
    """None when no bill of the period is in this currency."""

    @property
    def daily_rate(self) -> Decimal | None:
        """The total by the number of days it is of."""
        return CONTEXT.divide(self.total, Decimal(self.state.day_count)) if self.state else None

    @property
    def run_rate(self) -> Decimal | None:
        """What the whole period would cost if its other days cost as much as those so far on average."""
        if self.state is None:
            return None
        whole = CONTEXT.multiply(self.total, Decimal(self.state.period_day_count))
        return CONTEXT.divide(whole, Decimal(self.state.day_count))

    @property
    def trend_scale(self) -> Decimal:
        """The longest bar of the trend in percent: bars are compared with each other, not with all that was spent."""
        return max((point.unallocated_percent or Decimal(0) for point in self.trend), default=Decimal(0)) or Decimal(1)

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


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that waits for the reader: what it is, what to do, and where."""

    title: str
    advice: str
    tone: Literal["caution", "bad"] = "caution"
    address: str = ""
    """Name of the page where it is done; empty when there is none."""
    argument: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """A contract whose term ends soon; `url` leads to what it costs."""

    name: str
    about: str
    """`Figma, FIG-3390, 31 of 64 seats in use`."""
    url: str
    ends_on: date
    decision: str
    """`Notice by 1 Dec 2026; renews by itself`."""
    is_late: bool
    """Whether the day by which to decide is over."""
    amounts: tuple[tuple[str, Decimal], ...]
    """Of the whole term, by currency."""


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
    overview: CurrencyOverview | None
    """The currency chosen, the largest by default; None when there is nothing to show, see `empty_reason`."""
    currencies: tuple[str, ...]
    """All there are in the period, largest first."""
    freshness: tuple[Freshness, ...]
    """Empty as well when the role may not read bills."""
    actions: tuple[Action, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    """Empty as well for those who may not read bills, or see only part of the organization."""
    empty_reason: EmptyReason | None = None
    lenses: tuple[Tab, ...] = ()
    """What to look through; choosing one is sent to its address, and kept for the next time."""
    is_scoped: bool = False
    """Whether the member sees only part of the organization; totals are then of that part, and there is no proof."""

    @property
    def currency_tabs(self) -> tuple[Tab, ...]:
        """A link to each currency, where there are several."""
        if len(self.currencies) < 2:
            return ()
        shown = self.overview.currency if self.overview else ""
        period = period_name(self.period.shown)
        return tuple(
            Tab(
                label=currency,
                url="?" + urlencode({"period": period, "currency": currency}),
                is_current=currency == shown,
            )
            for currency in self.currencies
        )

    @property
    def kept_query(self) -> str:
        """What a link to another period keeps of the address."""
        return urlencode({"currency": self.overview.currency}) if self.overview and len(self.currencies) > 1 else ""

    @property
    def daily_card(self) -> ChartCard | None:
        """The cost per day; None where there is nothing to show."""
        return daily_card(self.overview.daily, group_name=self.group_name) if self.overview else None

    @property
    def group_name(self) -> str:
        """What the page groups by, in a word that also fits when there are no rules."""
        return self.dimension_name or "Owner"
