"""What a reader of purchase orders asks for, by its address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from ingestion.payables.drawing import OrderState
from ingestion.payables.facts import issuer_key

LONGEST: Final = 200


@dataclass(frozen=True, kw_only=True)
class OrderQuery:
    """Which orders to show; '' is not asked."""

    search: str = ""
    state: str = ""
    vendor: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The question as an address has it, without what is not asked."""
        told = (("q", self.search), ("state", self.state), ("vendor", self.vendor))
        return tuple((name, value) for name, value in told if value)

    def fits(self, state: str, vendor: str, *texts: str) -> bool:
        """Return whether an order of this state and vendor, which says these texts, is asked for."""
        return (
            self.state in {"", state}
            and self.vendor in {"", issuer_key(vendor)}
            and any(self.search.lower() in text.lower() for text in (vendor, *texts))
        )


def parse_query(parameters: Mapping[str, str]) -> OrderQuery:
    """Return what an address asks for; what makes no sense counts as not asked."""
    state = parameters.get("state", "")
    return OrderQuery(
        search=parameters.get("q", "").strip()[:LONGEST],
        state=state if state in get_args(OrderState) else "",
        vendor=issuer_key(parameters.get("vendor", ""))[:LONGEST],
    )
