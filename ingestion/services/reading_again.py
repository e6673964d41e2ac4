"""Reading archived files once more, for what an organization has said of its services and regions since.

Money never changes by it: a bill whose sums would be others is left as it is, but for kinds of which a charge may stand
in two sources, and is counted by the other or by this one as that one comes and goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from ingestion.delivery import ArchivedFile
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.models import BillRevision, BillSource, ImportRun
from ingestion.normalize import NormalizedBill
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.region_names import with_region_names
from ingestion.revisions import revision_folder
from ingestion.selectors import delivered_revision
from ingestion.services import registers
from ingestion.services.beside import Beside, OthersMovedError, read_beside
from ingestion.services.deliveries import (
    DeliveryOutcome,
    limits,
    publish_bill,
    steps,
    told_totals,
)
from ingestion.services.kept_findings import save_findings
from ingestion.services.mappings import mapped_regions, mapped_services
from ingestion.services.queue import request_import
from ingestion.services.secrets import opened_settings
from itfm.audit.services import Actor, record
from itfm.core import lake
from itfm.core.events import BillImported, publish
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

State = ImportRun.State
Report = Callable[[str, Decimal], None]


def request_reading_again(
    revisions: Sequence[BillRevision], *, organization_id: UUID, by: Actor, at: datetime
) -> tuple[list[ImportRun], list[BillSource]]:
    """Queue the archived files of revisions to be read again, in one import for each source.

    Returns the imports, and the sources that are busy with another one, whose bills must be asked for again.
    """
    by_source: dict[BillSource, list[BillRevision]] = {}
    for revision in revisions:
        by_source.setdefault(revision.bill.source, []).append(revision)
    runs, busy = [], []
    for source, asked in by_source.items():
        run, is_new = request_import(source, trigger="person", at=at, read_again=asked)
        if not is_new:
            busy.append(source)
            continue
        runs.append(run)
        months = sorted(period_name(revision.bill.billing_period) for revision in asked)
        record(
            "bills.read_again",
            organization_id=organization_id,
            actor_id=by.id,
            actor_name=by.name,
            target=source.name,
            summary=f"Asked to read again {', '.join(months)}",
        )
    return runs, busy


def read_again(run: ImportRun, *, connector: ConnectorKind, report: Report) -> list[DeliveryOutcome]:
    """Read the files of the run's revisions that are still in force, those of one delivery at once."""
    with tenant(run.organization_id):
        wanted = BillRevision.objects.filter(
            id__in=run.read_again, bill__source_id=run.source_id, bill__current_revision=F("id")
        )
        revisions = list(wanted.select_related("bill", "run").order_by("bill__billing_period"))
    deliveries: dict[tuple[UUID, str], list[BillRevision]] = {}
    for revision in revisions:
        deliveries.setdefault((revision.run_id, revision.fingerprint), []).append(revision)
    return [_read_until_still(run, of_one, connector=connector, report=report) for of_one in deliveries.values()] or [
        DeliveryOutcome(state=State.UNCHANGED)
    ]


def _read_until_still(
    run: ImportRun, revisions: Sequence[BillRevision], *, connector: ConnectorKind, report: Report
) -> DeliveryOutcome:
    while True:
        try:
            return _read(run, revisions, connector=connector, report=report)
        except OthersMovedError:
            report("Reading once more, for another source changed", Decimal(0))


def _read(
    run: ImportRun, revisions: Sequence[BillRevision], *, connector: ConnectorKind, report: Report
) -> DeliveryOutcome:
    first, in_force = revisions[0], {one.bill.billing_period: one for one in revisions}
    settings = opened_settings(run.source, _settings(first), connector=connector)
    others = read_beside(run.organization_id, source_id=run.source_id, kind=run.source.kind, settings=settings)
    with lake.scratch(run.organization_id) as scratch:
        try:
            normalized = connector.normalize(
                _archived(first),
                settings=others.settings,
                output=scratch / "bills",
                limits=limits(scratch),
                tag_keys=None,
                progress=steps(report, name=period_name(first.bill.billing_period)),
                mapped_services=mapped_services(run.organization_id),
            )
            normalized = with_region_names(normalized, mapped_regions(run.organization_id), limits=limits(scratch))
            bills = [bill for bill in normalized.bills if bill.billing_period in in_force]
            _check(bills, revisions, may_move=others.is_looked_at)
        except RejectedBillError as error:
            save_findings(run, error.findings)
            return DeliveryOutcome(state=State.REJECTED, error_code=error.code, error_message=str(error))
        pairs = [(in_force[bill.billing_period], bill) for bill in bills]
        changed = [(before, bill) for before, bill in pairs if not _is_kept(bill, before, others=others)]
        _publish(run, changed, findings=normalized.findings, others=others)
    return DeliveryOutcome(state=State.IMPORTED if changed else State.UNCHANGED)


def _settings(revision: BillRevision) -> dict[str, Any]:
    """Return the settings that the files of a revision were fetched with."""
    with tenant(revision.organization_id):
        return dict(delivered_revision(revision).run.settings)


def _archived(revision: BillRevision) -> list[ArchivedFile]:
    """Return the delivered files of a revision, from the archive.

    :raises RejectedBillError: one is not there.
    """
    raw = lake.organization_folder(revision.organization_id) / "raw"
    files = [
        ArchivedFile(
            name=file["name"],
            path=raw / file["sha256"][:2] / file["sha256"],
            sha256=file["sha256"],
            size=file["size"],
            # Bills that came in before this was kept have none, and need none but those of Oracle, whose sums tell.
            dataset=file.get("dataset", ""),
        )
        for file in revision.files
    ]
    gone = [file.name for file in files if not file.path.is_file()]
    if gone:
        message = f"{gone[0]} is not in the archive any more, so its bill was left as it is. Pull the source instead."
        raise RejectedBillError([Finding(code="archive_gap", severity="error", file=gone[0], message=message)])
    return files


def _check(bills: Sequence[NormalizedBill], revisions: Sequence[BillRevision], *, may_move: bool) -> None:
    """Hold what is read now to what was read before.

    :param may_move: whether sums may be others, for what other sources count is not counted here.
    :raises RejectedBillError: a bill is gone, or has other sums or another number of charges.
    """
    read = {bill.billing_period: (told_totals(bill), bill.row_count) for bill in bills}
    for revision in revisions:
        period = revision.bill.billing_period
        totals, count = read.get(period, ({}, None))
        if count != revision.row_count or (totals != revision.totals and not may_move):
            message = (
                f"Read again, the files of {period_name(period)} come to other sums than in revision {revision.number},"
                " so the bill was left as it is. Pull the source instead."
            )
            raise RejectedBillError([Finding(code="sums_changed", severity="error", message=message)])


def _is_kept(bill: NormalizedBill, revision: BillRevision, *, others: Beside) -> bool:
    """Return whether a bill says what it said before; then it keeps its revision, which was now read with these."""
    if not registers.says_the_same(bill.folder, revision_folder(revision)):
        return False
    revision.mapped_services = [one.fields() for one in bill.mapped_services]
    revision.mapped_regions = [one.fields() for one in bill.mapped_regions]
    with tenant(revision.organization_id):
        revision.read_beside = others.kept(bill)
        revision.save(update_fields=["mapped_services", "mapped_regions", "read_beside"])
    return True


def _publish(
    run: ImportRun,
    bills: Sequence[tuple[BillRevision, NormalizedBill]],
    *,
    findings: Sequence[Finding],
    others: Beside,
) -> None:
    """Make what was read of revisions those in force, all in one transaction, on the same files as before."""
    now = timezone.now()
    with tenant(run.organization_id):
        revisions = [
            publish_bill(
                run,
                bill,
                delivery=before.delivery,
                fingerprint=before.fingerprint,
                files=before.files,
                at=now,
                others=others,
                delivered_as=before.delivered_as or before.number,
            )
            for before, bill in bills
        ]
        if revisions:
            save_findings(run, findings, revision=revisions[0] if len(revisions) == 1 else None)
        for revision in revisions:
            publish(BillImported(organization_id=run.organization_id, billing_period=revision.bill.billing_period))
