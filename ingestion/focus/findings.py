"""What a reader of a bill should know, and the refusal of a bill that must not be stored. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "info"]
MOST_PER_CODE: Final = 100


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One observation about a bill.

    `row` is the 1-based data row of `file`; 0 is the header row, None the file as a whole. `column` is the name as the
    provider writes it. The message says what is wrong, where, and what to do about it.
    """

    code: str
    severity: Severity
    message: str
    file: str = ""
    row: int | None = None
    column: str = ""


class RejectedBillError(Exception):
    """The delivery is refused whole; the findings say why, the most important first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        self.code = first.code
        super().__init__(first.message)


def shortened(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the first `MOST_PER_CODE` findings of each code, then one per code that says how many were left out."""
    kept: list[Finding] = []
    counts: dict[str, int] = {}
    severities: dict[str, Severity] = {}
    for finding in findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
        severities.setdefault(finding.code, finding.severity)
        if counts[finding.code] <= MOST_PER_CODE:
            kept.append(finding)
    for code, count in counts.items():
        if count > MOST_PER_CODE:
            message = f"There are {count - MOST_PER_CODE:,} more findings of this kind, {count:,} in all."
            kept.append(Finding(code=code, severity=severities[code], message=message))
    return tuple(kept)
