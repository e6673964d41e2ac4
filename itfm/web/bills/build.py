"""From sources, bills and runs to the Bills pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count

from ingestion.coverage import CoveredMonth, coverage, months_shown
from ingestion.models import Bill, BillSource, Finding, ImportRun
from ingestion.payables.bill_states import BillState
from ingestion.selectors import (
    SourceStatus,
    bills,
    current_revisions,
    drafts,
    first_findings,
    recent_imports,
    removed_sources,
    running_imports,
    source_statuses,
)
from ingestion.services import KINDS
from ingestion.tie_out import bill_states
from itfm.accounts.models import Membership
from itfm.web.bills.page import (
    BILL_STATES,
    BillRow,
    BillsPage,
    CoveragePart,
    CoverageRow,
    CurrencyTotals,
    FindingRow,
    MonthCell,
    RunningPart,
    RunRow,
    SourceName,
    SourceRow,
)
from itfm.web.components import Paging
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50
RECENT: Final = 20
FINDINGS_PER_RUN: Final = 10


def bills_page(*, shell: Shell, membership: Membership, part: int, at: datetime) -> BillsPage:
    """Return where bills come from, what has arrived, `PER_PAGE` bills of it at a time, and what runs."""
    statuses = source_statuses(at=at)
    listed = Paginator(bills(), PER_PAGE).get_page(part)
    in_force = [one.current_revision_id for one in listed if one.current_revision_id]
    states = bill_states(current_revisions().filter(id__in=in_force), at=at)
    findings = Finding.objects.filter(revision_id__in=in_force)
    found = dict(findings.values_list("revision_id").annotate(count=Count("id")))
    return BillsPage(
        shell=shell,
        sources=tuple(source_row(status) for status in statuses),
        drafts=tuple(
            SourceName(id=source.id, name=source.name, kind_name=KINDS[source.kind].label) for source in drafts()
        ),
        removed=tuple(
            SourceName(id=source.id, name=source.name, kind_name=KINDS[source.kind].label, removed_at=source.removed_at)
            for source in removed_sources()
        ),
        coverage=coverage_part([status.source for status in statuses], at=at),
        bills=tuple(_bill_row(bill, found, state=states.get(bill.id)) for bill in listed),
        paging=Paging(number=listed.number, count=listed.paginator.count, per_page=PER_PAGE),
        running=running_part().runs,
        recent=tuple(run_row(run) for run in recent_imports(RECENT)),
        may_pull=membership.may("bills.pull"),
        may_write=membership.may("sources.write"),
    )


def coverage_part(sources: Sequence[BillSource], *, at: datetime) -> CoveragePart:
    """Return which months each source has delivered."""
    covered = coverage(sources, at=at)
    return CoveragePart(
        months=months_shown(at),
        rows=tuple(
            CoverageRow(
                source_id=source.id,
                source_name=source.name,
                months=tuple(month_cell(month) for month in covered[source.id]),
            )
            for source in sources
        ),
    )


def month_cell(month: CoveredMonth) -> MonthCell:
    """Return a month of a source as it is shown."""
    return MonthCell(period=month.period, state=month.state, reason=month.reason, bill_id=month.bill_id)


def running_part() -> RunningPart:
    """Return the imports that wait or run."""
    return RunningPart(runs=tuple(run_row(run) for run in running_imports()))


def source_row(status: SourceStatus) -> SourceRow:
    """Return a source and how it does."""
    source, run = status.source, status.last_run
    return SourceRow(
        id=source.id,
        name=source.name,
        kind_name=KINDS[source.kind].label,
        health=status.health,
        schedule=_schedule(source),
        last_pull_at=status.last_pull_at,
        next_pull_at=None if source.is_paused else source.next_pull_at,
        data_through=status.data_through,
        message=run.error_message if run is not None and status.health == "failing" else "",
        is_uploaded=source.is_uploaded,
    )


def _schedule(source: BillSource) -> str:
    if source.is_uploaded:
        return "By upload"
    return f"Daily at {source.pull_time:%H:%M}, {source.time_zone}" if source.pull_time else "By hand"


def _bill_row(bill: Bill, findings: Mapping[UUID, int], *, state: BillState | None) -> BillRow:
    revision = bill.current_revision
    return BillRow(
        id=bill.id,
        source_name=bill.source.name,
        billing_period=bill.billing_period,
        revision_number=revision.number if revision else None,
        revision_count=cast("int", getattr(bill, "revision_count", 0)),
        row_count=revision.row_count if revision else None,
        totals=total_rows(revision.totals) if revision else (),
        imported_at=revision.imported_at if revision else None,
        finding_count=findings.get(revision.id, 0) if revision else 0,
        state=BILL_STATES[state] if state else None,
    )


def total_rows(totals: Mapping[str, Mapping[str, str | Decimal | None]]) -> tuple[CurrencyTotals, ...]:
    """Return exact sums by currency."""
    return tuple(
        CurrencyTotals(
            currency=currency,
            **{column: None if text is None else Decimal(text) for column, text in columns.items()},  # type: ignore[arg-type]
        )
        for currency, columns in sorted(totals.items())
    )


def run_row(run: ImportRun) -> RunRow:
    """Return an import with the first of what it found."""
    findings = run.findings.all()
    return RunRow(
        id=run.id,
        source_name=run.source.name,
        state=run.state,  # type: ignore[arg-type]
        trigger=run.trigger,  # type: ignore[arg-type]
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        step=run.step,
        progress_ratio=run.progress_ratio,
        attempts=run.attempts,
        not_before=run.not_before if run.state == ImportRun.State.QUEUED and run.attempts else None,
        error_message=run.error_message,
        findings=tuple(finding_row(one) for one in first_findings(findings, FINDINGS_PER_RUN)),
        finding_count=findings.count(),
    )


def finding_row(finding: Finding) -> FindingRow:
    """Return a finding as it is listed."""
    return FindingRow(
        severity=finding.severity,  # type: ignore[arg-type]
        code=finding.code,
        message=finding.message,
        file=finding.file,
        row=finding.row,
        column=finding.column,
    )
