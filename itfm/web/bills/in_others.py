"""Postings of a bill that other sources have too, as its page shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ingestion.ledger.elsewhere import Match
from itfm.web.components import State

LEFT_OUT: Final = State(label="Count there only", tone="good")
COUNTED_TWICE: Final = State(label="Count in both", tone="caution", icon="alert")
MATCHES: Final[dict[Match, str]] = {
    "same": "by their ids",
    "different": "same id, another day, account or amount",
    "alike": "alike, without ids that tell",
}


@dataclass(frozen=True, kw_only=True)
class InOtherSourceRow:
    """Postings that another source has too, in one currency."""

    source_name: str
    match: Match
    is_left_out: bool
    currency: str
    count: int
    amount: Decimal

    @property
    def state(self) -> State:
        """What became of them here."""
        return LEFT_OUT if self.is_left_out else COUNTED_TWICE

    @property
    def reason(self) -> str:
        """How they are the same."""
        return MATCHES[self.match]
