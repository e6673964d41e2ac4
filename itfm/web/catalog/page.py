"""What the pages on services show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.forms import Form

from itfm.web.bills.page import BILL_STATES
from itfm.web.components import State
from itfm.web.shell.page import Shell


def service_query(provider: str, called: str) -> str:
    """Return how an address names a service."""
    return urlencode({"provider": provider, "service": called})


@dataclass(frozen=True, kw_only=True)
class CurrencyCost:
    """Billed cost in one currency."""

    currency: str
    billed_cost: Decimal


@dataclass(frozen=True, kw_only=True)
class UnknownRow:
    """A service without a category."""

    provider: str
    called: str
    costs: tuple[CurrencyCost, ...]
    charge_count: int
    bill_count: int
    first_seen: date
    last_seen: date

    @property
    def query(self) -> str:
        """The service as an address names it."""
        return service_query(self.provider, self.called)


@dataclass(frozen=True, kw_only=True)
class MappingRow:
    """What a service is said to be, by whom and since when."""

    id: UUID
    provider: str
    called: str
    name: str
    category: str
    subcategory: str
    mapped_by: str
    mapped_at: datetime

    @property
    def query(self) -> str:
        """The service as an address names it."""
        return service_query(self.provider, self.called)


@dataclass(frozen=True, kw_only=True)
class OutdatedRow:
    """A bill that would have other services if it were read again."""

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
class ServicesPage:
    """Which services have no category, what others are said to be, and the bills that came in before."""

    shell: Shell
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
class ServicePage:
    """What one service is; `unknown` tells of its charges, None where it has none without a category."""

    shell: Shell
    form: Form
    provider: str
    called: str
    unknown: UnknownRow | None
    is_mapped: bool
