"""What waits for the reader of the Overview: bills that did not come, runs that were refused, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from allocation.models import AllocationRun
from ingestion.models import BillRevision
from ingestion.selectors import SourceStatus
from itfm.core.policy import Permission
from itfm.web.display import period_text
from itfm.web.overview.page import Action

READS_BILLS: Final[Permission] = "bills.read"
READS_RULES: Final[Permission] = "rules.read"


def bill_actions(statuses: Iterable[SourceStatus], bills: Iterable[tuple[BillRevision, int]]) -> list[Action]:
    """Return what is wrong with sources, and with the bills of the period."""
    found = []
    for status in statuses:
        name = status.source.name
        if status.health == "failing":
            said = status.last_run.error_message if status.last_run else ""
            found.append(
                Action(title=f"{name}: the last import did not succeed", advice=said, tone="bad", address="bills")
            )
        elif status.health == "late":
            found.append(
                Action(title=f"{name}: a bill is overdue", advice="See when it was last pulled.", address="bills")
            )
    found += [
        Action(
            title=f"{revision.bill.source.name}: {count} finding{'s' if count > 1 else ''} in this bill",
            advice="Read what was noticed, and at which rows.",
            address="bill",
            argument=revision.bill_id,
        )
        for revision, count in bills
        if count
    ]
    return found


def run_actions(failed: Iterable[AllocationRun], proof: Mapping[str, Any], *, period: date) -> list[Action]:
    """Return the periods whose newest run was not published, and what the run in force has to say."""
    found = [
        Action(
            title=f"{period_text(run.billing_period)}: the last allocation was not published",
            advice=run.error or "The run before it stays in force.",
            tone="bad",
        )
        for run in failed
    ]
    findings: Sequence[Mapping[str, Any]] = proof.get("findings") or ()
    found += [
        Action(title=f"Split {one['split']}, {period_text(period)}", advice=str(one["message"])) for one in findings
    ]
    return found
