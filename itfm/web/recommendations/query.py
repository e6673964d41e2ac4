"""What a reader of recommendations asks for, by its address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

SORTS: Final = {
    "resource": "resource_id",
    "action": "action",
    "account": "sub_account_name",
    "effort": "implementation_effort",
    "source": "source_name",
    "cost": "estimated_monthly_cost",
    "savings": "estimated_monthly_savings",
}
"""Key of a column of the table -> column of a list."""
DEFAULT_SORT: Final = "-savings"
CHOSEN: Final = {"action": "action", "type": "resource_type", "region": "region_id"}
"""Parameter of the address -> column of a list whose value it names."""
MOST_DIGITS: Final = 6
_LONGEST: Final = 200


@dataclass(frozen=True, kw_only=True)
class RecommendationQuery:
    """Which recommendations to show, in which order, and which part of them; '' is not asked."""

    search: str = ""
    source_id: UUID | None = None
    chosen: tuple[tuple[str, str], ...] = ()
    """Parameters of `CHOSEN` with their values."""
    currency: str = ""
    sort: str = DEFAULT_SORT
    page: int = 1

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The question as an address has it, without the page and what is not asked."""
        told = (
            ("q", self.search),
            ("source", str(self.source_id or "")),
            *self.chosen,
            ("currency", self.currency),
            ("sort", "" if self.sort == DEFAULT_SORT else self.sort),
        )
        return tuple((name, value) for name, value in told if value)

    @property
    def address(self) -> str:
        """The same, written out."""
        return urlencode(self.pairs)

    @property
    def filters(self) -> dict[str, str]:
        """Column of a list -> the value that is asked for, in all currencies."""
        return {CHOSEN[name]: value for name, value in self.chosen}

    @property
    def is_narrowed(self) -> bool:
        """Whether it may leave recommendations out."""
        return bool(self.search or self.source_id or self.chosen)


def parse_query(parameters: Mapping[str, str]) -> RecommendationQuery:
    """Return what an address asks for; what makes no sense counts as not asked."""
    sort, page = parameters.get("sort", ""), parameters.get("page", "")
    named = ((name, parameters.get(name, "")[:_LONGEST]) for name in CHOSEN)
    is_whole = page.isascii() and page.isdigit() and len(page) <= MOST_DIGITS
    return RecommendationQuery(
        search=parameters.get("q", "").strip()[:_LONGEST],
        source_id=_id(parameters.get("source", "")),
        chosen=tuple((name, value) for name, value in named if value),
        currency=parameters.get("currency", "")[:_LONGEST],
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        page=(int(page) or 1) if is_whole else 1,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
