"""Keeping what an import found."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.focus.findings import Finding as FoundFinding
from ingestion.focus.findings import shortened
from ingestion.models import BillRevision, Finding, ImportRun
from itfm.core.tenancy import tenant


def save_findings(run: ImportRun, found: Iterable[FoundFinding], *, revision: BillRevision | None = None) -> None:
    """Keep what was found, behind what the run has found before."""
    with tenant(run.organization_id):
        first = Finding.objects.filter(run=run).count()
        Finding.objects.bulk_create(
            (
                Finding(
                    organization_id=run.organization_id,
                    run=run,
                    revision=revision,
                    number=first + number,
                    code=finding.code,
                    severity=finding.severity,
                    file=finding.file,
                    row=finding.row,
                    column=finding.column,
                    message=finding.message,
                )
                for number, finding in enumerate(shortened(found))
            ),
            batch_size=1000,
        )
