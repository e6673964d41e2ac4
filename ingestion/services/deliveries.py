"""One delivery from the store to a bill revision in force: archive, normalize, publish."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.conf import settings as project
from django.db.models import F
from django.utils import timezone

from ingestion.delivery import ArchivedFile, Delivery, SourceSettings, Store, archive
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.focus.findings import Finding as FoundFinding
from ingestion.focus.findings import RejectedBillError
from ingestion.models import Bill, BillRevision, ImportRun
from ingestion.normalize import Limits, NormalizedBill, NormalizedDelivery, Progress, Step, Totals
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.region_names import with_region_names
from ingestion.services import beside, registers
from ingestion.services.kept_findings import save_findings
from ingestion.services.kinds import KINDS
from ingestion.services.mappings import mapped_regions, mapped_services
from itfm.core import lake
from itfm.core.events import BillImported, publish
from itfm.core.money import plain
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

State = ImportRun.State
Report = Callable[[str, Decimal], None]
ARCHIVING: Final = Decimal("0.2")
"""Part of a delivery's progress that fetching counts for."""


@dataclass(frozen=True, kw_only=True)
class DeliveryOutcome:
    """How one delivery ended; what it found is stored with the run."""

    state: str
    error_code: str = ""
    error_message: str = ""


def import_delivery(
    run: ImportRun, delivery: Delivery, *, connector: ConnectorKind, settings: SourceSettings, report: Report
) -> DeliveryOutcome:
    """Bring in one delivery whole, or not at all."""
    while True:
        with suppress(beside.OthersMovedError):
            return _import_delivery(run, delivery, connector=connector, settings=settings, report=report)


def _import_delivery(
    run: ImportRun, delivery: Delivery, *, connector: ConnectorKind, settings: SourceSettings, report: Report
) -> DeliveryOutcome:
    if not delivery.is_complete:
        save_findings(run, delivery.findings)
        message = f"{delivery.name} names files that are not there yet: {', '.join(delivery.missing[:5])}."
        return DeliveryOutcome(state=State.WAITING, error_code="files_missing", error_message=message)
    delivery = _with_files_as_before(run, delivery)
    basis = connector.basis(settings)
    is_out_of_date = beside.is_out_of_date(run)
    if not is_out_of_date and _is_as_fetched(run, delivery, basis=basis):
        save_findings(run, delivery.refusals)
        return DeliveryOutcome(state=State.UNCHANGED)
    kept = _fetched_before(run) if connector.reuses_files or connector.tells_months_again else {}
    files = _archived(run, delivery, store=connector.open(settings), kept=kept, report=report)
    fingerprint = _fingerprint((file.sha256 for file in files), basis=basis)
    if not is_out_of_date and _is_in_force(run, fingerprint, is_register=connector.is_register):
        _note_versions(run, delivery)
        save_findings(run, delivery.refusals)
        return DeliveryOutcome(state=State.UNCHANGED)
    others = beside.read_beside(run.organization_id, source_id=run.source_id, kind=run.source.kind, settings=settings)
    with lake.scratch(run.organization_id) as scratch:
        try:
            normalized = _normalized(
                run, files, others=others, scratch=scratch, progress=steps(report, name=_label(delivery))
            )
        except RejectedBillError as error:
            if _is_free_month(run, delivery, error):
                return DeliveryOutcome(state=State.UNCHANGED)
            save_findings(run, [*error.findings, *delivery.findings])
            return DeliveryOutcome(state=State.REJECTED, error_code=error.code, error_message=str(error))
        _publish(run, delivery, files=files, fingerprint=fingerprint, normalized=normalized, others=others)
    return DeliveryOutcome(state=State.IMPORTED)


def _normalized(
    run: ImportRun,
    files: Sequence[ArchivedFile],
    *,
    others: beside.Beside,
    scratch: Path,
    progress: Progress,
) -> NormalizedDelivery:
    normalized = KINDS[run.source.kind].normalize(
        files,
        settings=others.settings,
        output=scratch / "bills",
        limits=limits(scratch),
        tag_keys=None,
        progress=progress,
        mapped_services=mapped_services(run.organization_id),
    )
    normalized = with_region_names(normalized, mapped_regions(run.organization_id), limits=limits(scratch))
    _refuse_empty_restatement(run, normalized)
    return normalized


def _archived(
    run: ImportRun, delivery: Delivery, *, store: Store, kept: Mapping[tuple[str, str], ArchivedFile], report: Report
) -> list[ArchivedFile]:
    root = lake.organization_folder(run.organization_id)
    files = []
    for number, file in enumerate(delivery.files):
        report(f"{_label(delivery)}: fetching {file.name}", ARCHIVING * number / len(delivery.files))
        known = kept.get((file.path, file.version))
        is_known = known is not None and file.size in {None, known.size} and known.path.exists()
        files.append(replace(known, dataset=file.dataset) if known and is_known else archive(store, file, root=root))
    return files


def _with_files_as_before(run: ImportRun, delivery: Delivery) -> Delivery:
    """Return a delivery with the files of the bill in force in the place of those that could not be asked for."""
    if not any(file.is_as_before for file in delivery.files):
        return delivery
    revision = _last_read(run, delivery)
    before = {file["name"]: file for file in revision.files} if revision else {}
    files = [
        replace(file, size=before[file.path]["size"], version=before[file.path]["version"])
        if file.is_as_before and file.path in before
        else file
        for file in delivery.files
        if not file.is_as_before or file.path in before
    ]
    return replace(delivery, files=tuple(files))


def _fetched_before(run: ImportRun) -> dict[tuple[str, str], ArchivedFile]:
    """Return the files of the source's bills in force by path and version, of a bucket: they need no fetching again.

    Of months that are told again with each delivery, most files are those of the last one, and so are those of a
    bill beside which the list of accounts has changed.
    """
    if _reads_a_folder(run):
        return {}
    with tenant(run.organization_id):
        in_force = BillRevision.objects.filter(bill__source_id=run.source_id, bill__current_revision=F("id"))
        listed = [file for revision in in_force for file in revision.files if file["version"]]
    raw = lake.organization_folder(run.organization_id) / "raw"
    return {
        (file["name"], file["version"]): ArchivedFile(
            name=file["name"],
            path=raw / file["sha256"][:2] / file["sha256"],
            sha256=file["sha256"],
            size=file["size"],
        )
        for file in listed
    }


def _fingerprint(digests: Iterable[str], *, basis: str) -> str:
    """Return what tells a state of a delivery: the files, and what else their charges depend on."""
    parts = [*sorted(digests), basis] if basis else sorted(digests)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_as_fetched(run: ImportRun, delivery: Delivery, *, basis: str) -> bool:
    """Return whether the store lists the very files, by size and version, that the bill in force came from.

    A nightly pull of years of bills then fetches only what changed. Folders are always read: their times say little.
    """
    if _reads_a_folder(run) or not all(file.version for file in delivery.files):
        return False
    revision = _in_force(run, delivery)
    if revision is None or len(revision.files) != len(delivery.files):
        return False
    if basis and revision.fingerprint != _fingerprint((file["sha256"] for file in revision.files), basis=basis):
        return False
    return all(
        (listed.path, listed.version) == (file["name"], file["version"]) and listed.size in {None, file["size"]}
        for listed, file in zip(delivery.files, revision.files, strict=True)
    )


def _in_force(run: ImportRun, delivery: Delivery) -> BillRevision | None:
    if delivery.billing_period is None:
        return None
    with tenant(run.organization_id):
        bill = Bill.objects.filter(source_id=run.source_id, billing_period=delivery.billing_period)
        return BillRevision.objects.filter(id__in=bill.values("current_revision")).first()


def _last_read(run: ImportRun, delivery: Delivery) -> BillRevision | None:
    """Return a bill in force that came of a delivery: of its month, or where only the rows tell months, of its name."""
    if delivery.billing_period is not None:
        return _in_force(run, delivery)
    with tenant(run.organization_id):
        in_force = BillRevision.objects.filter(bill__source_id=run.source_id, bill__current_revision=F("id"))
        return in_force.filter(delivery=delivery.name).order_by("-imported_at", "-id").first()


def _note_versions(run: ImportRun, delivery: Delivery) -> None:
    """Write down under which versions the bill in force was fetched again, so that it need not be once more."""
    revision = _in_force(run, delivery)
    if revision is not None and [file["name"] for file in revision.files] == [file.path for file in delivery.files]:
        files = zip(revision.files, delivery.files, strict=True)
        revision.files = [{**file, "version": listed.version} for file, listed in files]
        with tenant(run.organization_id):
            revision.save(update_fields=["files"])


def _is_free_month(run: ImportRun, delivery: Delivery, error: RejectedBillError) -> bool:
    """Return whether a service told no charges of a month that never had any."""
    return delivery.is_asked_for and error.code == "bill_empty" and _in_force(run, delivery) is None


def _reads_a_folder(run: ImportRun) -> bool:
    """Return whether the run reads a folder of this machine rather than a bucket."""
    return bool(run.settings.get("path"))


def _is_in_force(run: ImportRun, fingerprint: str, *, is_register: bool) -> bool:
    """Return whether every bill that once came from these very bytes still stands on them, of a register no other."""
    with tenant(run.organization_id):
        revisions = BillRevision.objects.filter(bill__source_id=run.source_id, fingerprint=fingerprint)
        bills = {revision.bill_id for revision in revisions}
        standing = Bill.objects.filter(current_revision__in=revisions).count()
        if is_register:
            counting = Bill.objects.filter(source_id=run.source_id, current_revision__isnull=False).count()
            return bool(bills) and standing == len(bills) == counting
        return bool(bills) and standing == len(bills)


def limits(scratch: Path) -> Limits:
    """Return what one import may use, spilling to this folder."""
    return Limits(temp_folder=scratch, memory=project.ENGINE_MEMORY_BYTES, threads=project.ENGINE_THREADS)


def _label(delivery: Delivery) -> str:
    return period_name(delivery.billing_period) if delivery.billing_period else delivery.name.rsplit("/", 1)[-1]


def steps(report: Report, *, name: str) -> Callable[[Step], None]:
    """Return how the steps of reading a delivery, named so, are told as those of its import."""

    def progress(step: Step) -> None:
        report(f"{name}: {step.name[0].lower()}{step.name[1:]}", ARCHIVING + (1 - ARCHIVING) * step.ratio)

    return progress


def _refuse_empty_restatement(run: ImportRun, normalized: NormalizedDelivery) -> None:
    """Hold back a bill that suddenly has no charges: more likely a failed export than a free month."""
    empty = [bill.billing_period for bill in normalized.bills if bill.row_count == 0]
    with tenant(run.organization_id):
        filled = Bill.objects.filter(
            source_id=run.source_id, billing_period__in=empty, current_revision__row_count__gt=0
        ).first()
    if filled is not None:
        raise RejectedBillError(
            [
                FoundFinding(
                    code="empty_restatement",
                    severity="error",
                    message=f"The delivery restates {filled.billing_period:%Y-%m} as empty, which has charges now."
                    " The charges were kept. When it is right, delete the bill and pull again.",
                )
            ]
        )


def _publish(
    run: ImportRun,
    delivery: Delivery,
    *,
    files: Sequence[ArchivedFile],
    fingerprint: str,
    normalized: NormalizedDelivery,
    others: beside.Beside,
) -> None:
    """Move the charges to their place and make the revisions the ones in force, all in one transaction.

    What a register says no more is withdrawn. What it says as before keeps its revision, and so do months told again.
    """
    listed = _listed(delivery, files, normalized)
    now, connector = timezone.now(), KINDS[run.source.kind]
    with tenant(run.organization_id):
        changed, gone = normalized.bills, []
        if connector.is_register:
            gone = registers.withdraw_others(run, normalized.bills)
        if connector.is_register or connector.tells_months_again or others.is_looked_at:
            changed = registers.changed_bills(
                run, normalized.bills, fingerprint=fingerprint, files=listed, beside=others
            )
        revisions = [
            publish_bill(
                run, bill, delivery=delivery.name, fingerprint=fingerprint, files=listed, at=now, others=others
            )
            for bill in changed
        ]
        only = revisions[0] if len(revisions) == 1 else None
        save_findings(run, [*delivery.findings, *gone, *normalized.findings], revision=only)
        for revision in revisions:
            publish(BillImported(organization_id=run.organization_id, billing_period=revision.bill.billing_period))


def _listed(delivery: Delivery, files: Sequence[ArchivedFile], normalized: NormalizedDelivery) -> list[dict[str, Any]]:
    return [
        {
            "name": file.name,
            "size": file.size,
            "version": delivered.version,
            "sha256": file.sha256,
            "row_count": rows,
            "dataset": file.dataset,
        }
        for delivered, file, rows in zip(delivery.files, files, normalized.row_counts, strict=True)
    ]


def publish_bill(
    run: ImportRun,
    normalized: NormalizedBill,
    *,
    delivery: str,
    fingerprint: str,
    files: list[dict[str, Any]],
    at: datetime,
    others: beside.Beside,
    delivered_as: int | None = None,
) -> BillRevision:
    """Move the charges of a bill to their place as its revision in force; call it in the publishing transaction."""
    owner, period, revision_id = run.organization_id, normalized.billing_period, uuid.uuid4()
    read_beside = others.kept(normalized)
    bill, number = _next_of(run, period)
    folder = lake.charges_folder(owner, source_id=run.source_id, period=period, revision_id=revision_id)
    lake.publish(normalized.folder, to=folder)
    revision = BillRevision.objects.create(
        id=revision_id,
        organization_id=owner,
        bill=bill,
        run=run,
        number=number,
        delivery=delivery,
        delivered_as=delivered_as,
        fingerprint=fingerprint,
        files=files,
        folder=str(folder.relative_to(lake.organization_folder(owner))),
        row_count=normalized.row_count,
        totals=told_totals(normalized),
        file_totals={currency: plain(totals.source) for currency, totals in sorted(normalized.totals.items())},
        charges_through=normalized.charges_through,
        mapped_services=[one.fields() for one in normalized.mapped_services],
        mapped_regions=[one.fields() for one in normalized.mapped_regions],
        read_beside=read_beside,
        imported_at=at,
    )
    bill.current_revision = revision
    bill.save(update_fields=["current_revision"])
    return revision


def _next_of(run: ImportRun, period: date) -> tuple[Bill, int]:
    """Return the bill of a period, locked, and the number of its next revision."""
    Bill.objects.get_or_create(organization_id=run.organization_id, source_id=run.source_id, billing_period=period)
    bill = Bill.objects.select_for_update().get(source_id=run.source_id, billing_period=period)
    last = BillRevision.objects.filter(bill=bill).order_by("-number").first()
    return bill, last.number + 1 if last else 1


def told_totals(bill: NormalizedBill) -> dict[str, dict[str, str]]:
    """Return a bill's exact sums by currency and cost column, as a revision keeps them."""
    return {currency: _texts(totals) for currency, totals in sorted(bill.totals.items())}


def _texts(totals: Totals) -> dict[str, str]:
    return {column: plain(getattr(totals, column)) for column in COST_COLUMNS}
