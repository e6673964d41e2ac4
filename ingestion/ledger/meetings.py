"""What becomes of postings that other sources have too, and what is said about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ingestion.amortization.charges import amount_text
from ingestion.focus.findings import Finding, Severity
from ingestion.ledger.elsewhere import Match, Met

OF_OTHERS: Final = ("x_other_source", "x_other_source_match", "x_left_out_amount")
"""On the charge of a posting that another source has: its key, how it is the same, and what is not counted here."""
_ADVICE: Final = "Both count. Deliver the same export to both, or name the book of each source where they are of two."
_IF_ALIKE: Final = "Both count. If they are, have this source leave out postings that are alike; if not, name its book."
_SAID: Final[dict[tuple[Match, bool], tuple[str, Severity, str]]] = {
    ("same", True): (
        "postings_elsewhere",
        "info",
        "stand in the source {source} as well, by their ids, and were not counted a second time.",
    ),
    ("different", False): (
        "postings_differ_elsewhere",
        "warning",
        "have ids of postings that the source {source} counts with another day, account or amount. " + _ADVICE,
    ),
    ("alike", False): (
        "postings_alike_elsewhere",
        "warning",
        "are like those that the source {source} counts, and no ids tell whether they are the same. " + _IF_ALIKE,
    ),
    ("alike", True): (
        "postings_alike_left_out",
        "info",
        "are like those that the source {source} counts, and were left out, as this source says.",
    ),
}


@dataclass(kw_only=True)
class Meetings:
    """How many postings other sources have too, with their sum, by source, match and currency."""

    leaves_out_alike: bool
    sums: dict[tuple[str, Match, str], list[int]] = field(default_factory=dict)

    def is_left_out(self, met: Met | None) -> bool:
        """Return whether a posting does not count here."""
        return met is not None and self._leaves_out(met.match)

    def note(self, met: Met | None, *, amount: int, currency: str) -> None:
        """Add up a posting."""
        if met is not None:
            sums = self.sums.setdefault((met.bill.name, met.match, currency), [0, 0])
            sums[0] += 1
            sums[1] += amount

    def facts(self, met: Met | None, *, amount: int) -> dict[str, str | None]:
        """Return what the charge of a posting keeps of it."""
        if met is None:
            return {}
        left_out = amount_text(amount) if self.is_left_out(met) else None
        return dict(zip(OF_OTHERS, (met.bill.source, met.match, left_out), strict=True))

    def findings(self) -> Iterator[Finding]:
        """Return what other sources have too, a finding for each source, match and currency."""
        for (source, match, currency), (count, amount) in sorted(self.sums.items()):
            code, severity, words = _SAID[match, self._leaves_out(match)]
            message = f"{count:,} postings of {amount_text(amount)} {currency} {words.format(source=source)}"
            yield Finding(code=code, severity=severity, message=message)

    def _leaves_out(self, match: Match) -> bool:
        return match == "same" or (match == "alike" and self.leaves_out_alike)
