"""What the page of recommendations shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ingestion.recommendations import Savings
from itfm.web.components import Choice, Pagination, Tab, Table
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """The newest list of a source."""

    source_id: UUID
    source_name: str
    told_on: date
    fetched_at: datetime
    count: int


@dataclass(frozen=True, kw_only=True)
class Select:
    """A field to choose one value from."""

    name: str
    label: str
    nothing: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class RecommendationsPage:
    """Recommendations in one currency, with the totals of all."""

    shell: Shell
    lists: tuple[ListRow, ...]
    savings: tuple[Savings, ...]
    """Of those that are asked for."""
    currencies: tuple[Tab, ...]
    """Those to look at, where there are several."""
    search: str
    selects: tuple[Select, ...]
    kept: tuple[tuple[str, str], ...]
    """What the form sends along, so that the address keeps the rest of its state."""
    is_narrowed: bool
    table: Table
    pagination: Pagination | None
    actions: Table | None = None
    """What those that are asked for add up to by action, in the currency that is shown."""
    month: date | None = None
    """The month of the costs that the table tells from the bills."""
    costs_note: str = ""
    """Why the table does not tell what resources cost, where it could."""

    @property
    def shared_count(self) -> int:
        """How many are for a resource that another one is for as well."""
        return sum(one.shared_count for one in self.savings)
