"""What the Explore pages show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from itfm.core.money import CONTEXT
from itfm.web.components import ChartCard, Choice, Empty, FilterBar, Link, Pagination, Query, Tab, Table
from itfm.web.explore.drill import Crumb
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class Check:
    """That the lines of a table add up to the ledger's total, which is asked for on its own."""

    lines_total: Decimal
    ledger_total: Decimal
    line_count: int

    @property
    def difference(self) -> Decimal:
        """Lines less ledger: exactly zero, or something is wrong."""
        return CONTEXT.subtract(self.lines_total, self.ledger_total)

    @property
    def agrees(self) -> bool:
        """Whether not even the last digit differs."""
        return self.difference == 0


@dataclass(frozen=True, kw_only=True)
class CurrencyPart:
    """The answer in one currency."""

    currency: str
    unit: str
    """The currency; empty for quantities, which are in the units of their charges."""
    total: Decimal
    comparison: Decimal | None
    chart: ChartCard
    table: Table
    check: Check
    lines_url: str

    @property
    def change(self) -> Decimal | None:
        """How much more than in the periods compared with."""
        return None if self.comparison is None else CONTEXT.subtract(self.total, self.comparison)

    @property
    def change_percent(self) -> Decimal | None:
        """The change in percent of the size of what is compared with."""
        if self.change is None or not self.comparison:
            return None
        return CONTEXT.divide(CONTEXT.multiply(self.change, Decimal(100)), self.comparison.copy_abs())


@dataclass(frozen=True, kw_only=True)
class Form:
    """The choices of the form that asks; what it does not change goes along as `query`."""

    periods_first: tuple[Choice, ...]
    periods_last: tuple[Choice, ...]
    measures: tuple[Choice, ...]
    groups: tuple[tuple[Choice, ...], ...]
    granularities: tuple[Choice, ...]
    comparisons: tuple[Choice, ...]
    query: Query


@dataclass(frozen=True, kw_only=True)
class ViewLink:
    """A saved view and the way to it."""

    id: UUID
    name: str
    url: str
    owner: str
    is_shared: bool
    is_current: bool = False
    deleted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ViewMenu:
    """The saved views beside a question, the one that asks the same named, and where to save it."""

    own: tuple[ViewLink, ...] = ()
    shared: tuple[ViewLink, ...] = ()
    save_url: str = ""
    """Empty where one may not save."""

    @property
    def current(self) -> str:
        """What the question on the page is called; empty when no view asks it."""
        return next((one.name for one in (*self.own, *self.shared) if one.is_current), "")


@dataclass(frozen=True, kw_only=True)
class ViewsPage:
    """All the views that a member may open, with what she can do to her own."""

    shell: Shell
    own: tuple[ViewLink, ...]
    shared: tuple[ViewLink, ...]
    deleted: tuple[ViewLink, ...]
    may_write: bool
    empty: Empty | None


@dataclass(frozen=True, kw_only=True)
class ExplorePage:
    """An answer with the question beside it."""

    shell: Shell
    measure: str
    periods: str
    compared: str
    group_names: str
    first: date | None = None
    last: date | None = None
    """First days of the first and last billing period that it is over."""
    lenses: tuple[Tab, ...] = ()
    views: ViewMenu = ViewMenu()
    form: Form | None = None
    filters: FilterBar | None = None
    trail: tuple[Crumb, ...] = ()
    parts: tuple[CurrencyPart, ...] = ()
    missing: str = ""
    """Periods without a ledger, in words."""
    empty: Empty | None = None
    is_scoped: bool = False


@dataclass(frozen=True, kw_only=True)
class LinesPage:
    """The resources or bill lines under a figure."""

    shell: Shell
    title: str
    periods: str
    measure: str
    currency: str
    levels: tuple[Tab, ...]
    trail: tuple[Crumb, ...]
    table: Table | None = None
    check: Check | None = None
    split_cost: Decimal | None = None
    """What splits moved in or out under the same figure; it has no bill lines of its own."""
    split_links: tuple[Link, ...] = ()
    pagination: Pagination | None = None
    empty: Empty | None = None
    only: OneResource | None = None
    """In place of the check where the lines are those of one resource: the ledger holds none."""


@dataclass(frozen=True, kw_only=True)
class OneResource:
    """The resource that a page is narrowed to, what its lines add up to, and the way back to all."""

    name: str
    line_count: int
    total: Decimal
    all_url: str


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """A question that cannot be asked: which part of the address is wrong, and how to go on."""

    shell: Shell
    parameter: str
    problem: str
    url: str = "/explore"
