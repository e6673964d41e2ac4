"""What the pages on services and on regions show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.forms import Form

from itfm.web.bills.page import BILL_STATES
from itfm.web.components import State
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class Words:
    """How the pages speak of what bills leave unknown, and the names of their addresses.

    `lacking` is what it lacks and is told of it, as in "a category".
    """

    one: str
    many: str
    lacking: str
    question: str
    nobody: str
    """In place of a provider where charges name none."""
    never_overruled: str
    has_categories: bool
    list_url: str
    map_url: str
    unmap_url: str

    @property
    def title(self) -> str:
        """The name of the list."""
        return self.many.capitalize()

    def query(self, provider: str, called: str) -> str:
        """Return how an address names one of them."""
        return urlencode({"provider": provider, self.one: called})


SERVICES: Final = Words(
    one="service",
    many="services",
    lacking="a category",
    question="Is every service known for what it is?",
    nobody="No provider named",
    never_overruled="a category that the bill itself gives is never overruled",
    has_categories=True,
    list_url="services",
    map_url="service_map",
    unmap_url="service_unmap",
)
REGIONS: Final = Words(
    one="region",
    many="regions",
    lacking="a name",
    question="Has every region a name?",
    nobody="No host named",
    never_overruled="a name that the bill itself gives is never overruled",
    has_categories=False,
    list_url="regions",
    map_url="region_map",
    unmap_url="region_unmap",
)


@dataclass(frozen=True, kw_only=True)
class CurrencyCost:
    """Billed cost in one currency."""

    currency: str
    billed_cost: Decimal


@dataclass(frozen=True, kw_only=True)
class UnknownRow:
    """A service without a category, or a region without a name; `query` is how an address names it."""

    provider: str
    called: str
    costs: tuple[CurrencyCost, ...]
    charge_count: int
    bill_count: int
    first_seen: date
    last_seen: date
    query: str


@dataclass(frozen=True, kw_only=True)
class MappingRow:
    """What a service or region is said to be, by whom and since when; a region is of no category."""

    id: UUID
    provider: str
    called: str
    name: str
    category: str
    subcategory: str
    mapped_by: str
    mapped_at: datetime
    query: str


@dataclass(frozen=True, kw_only=True)
class OutdatedRow:
    """A bill that would have other services or regions if it were read again."""

    bill_id: UUID
    source_name: str
    billing_period: date
    state: State | None
    """How final its total is."""

    @property
    def is_open(self) -> bool:
        """Whether no invoice has come for it yet."""
        return self.state == BILL_STATES["estimated"]


@dataclass(frozen=True, kw_only=True)
class CatalogPage:
    """What bills leave unknown, what is said of the rest, and the bills that came in before."""

    shell: Shell
    words: Words
    unknown: tuple[UnknownRow, ...]
    """The dearest first."""
    hidden_unknown_count: int
    mappings: tuple[MappingRow, ...]
    outdated: tuple[OutdatedRow, ...]
    """Newest billing period first."""
    has_bills: bool
    may_write: bool
    may_pull: bool


@dataclass(frozen=True, kw_only=True)
class MappingPage:
    """What one service or region is; `unknown` tells of its charges, None where it has none that are unknown."""

    shell: Shell
    words: Words
    form: Form
    provider: str
    called: str
    unknown: UnknownRow | None
    is_mapped: bool
