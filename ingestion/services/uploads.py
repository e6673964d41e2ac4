"""Bills that are uploaded: kept in quarantine, looked at as an import would, and imported when confirmed."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import duckdb
import structlog
from django.utils.text import get_valid_filename, slugify

from ingestion.delivery import ArchivedFile, SourceSettings
from ingestion.delivery.tree import DATA_ENDINGS
from ingestion.focus.columns import snake_case
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.models import BillSource, BillUpload, ImportRun
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.contents import NormalizedBill, Step
from ingestion.normalize.preview import preview_columns
from ingestion.services.beside import read_beside
from ingestion.services.deliveries import limits
from ingestion.services.kinds import KINDS
from ingestion.services.mappings import mapped_services
from ingestion.services.queue import request_import
from ingestion.services.recommendations import SeenList, list_seen
from itfm.core import lake
from itfm.core.events import BillUploaded, publish
from itfm.core.locks import single
from itfm.core.money import plain
from itfm.core.tenancy import tenant

logger = structlog.get_logger(__name__)
State = BillUpload.State
MOST_ATTEMPTS: Final = 3
MOST_FINDINGS: Final = 50
KEPT: Final = timedelta(days=1)
"""How long a file waits to be confirmed."""


class UploadError(ValueError):
    """A file cannot be taken, or not be confirmed now; the message says why."""


def take_upload(
    chunks: Iterable[bytes],
    *,
    organization_id: UUID,
    name: str,
    kind: str,
    settings: dict[str, Any],
    uploaded_by: int,
    at: datetime,
) -> BillUpload:
    """Write an uploaded file to the quarantine and have it looked at.

    :raises UploadError: its name does not end as that of a bill does, or there is nothing in it.
    """
    file_name = _safe_name(name)
    upload_id = uuid.uuid4()
    sha256, size = _write(chunks, to=_uploads(organization_id) / str(upload_id) / file_name)
    upload = BillUpload.objects.create(
        id=upload_id,
        organization_id=organization_id,
        kind=kind,
        settings=settings,
        file_name=file_name,
        file=f"uploads/{upload_id}/{file_name}",
        size=size,
        sha256=sha256,
        step="Waiting for a worker",
        uploaded_by_id=uploaded_by,
        uploaded_at=at,
    )
    publish(BillUploaded(organization_id=organization_id, upload_id=upload.id))
    return upload


def _write(chunks: Iterable[bytes], *, to: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    to.parent.mkdir(parents=True)
    try:
        with to.open("wb") as target:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    finally:
        if not size:
            shutil.rmtree(to.parent, ignore_errors=True)
    if not size:
        raise UploadError("The file is empty. Export it again.")
    return digest.hexdigest(), size


def _safe_name(name: str) -> str:
    plain_name = get_valid_filename(Path(name.replace("\\", "/")).name.lstrip("._") or "bill")[-100:].lstrip("._")
    if not plain_name.lower().endswith(DATA_ENDINGS):
        raise UploadError("Take a file that ends in .csv, .csv.gz, .xlsx or .parquet.")
    return plain_name


def check_upload(organization_id: UUID, *, upload_id: UUID) -> None:
    """Read an uploaded file as an import would, storing nothing but what was seen."""
    with single("upload", upload_id) as is_ours:
        if not is_ours:
            return
        upload = _begin(organization_id, upload_id)
        if upload is None or upload.state != State.RECEIVED:
            return
        try:
            upload.preview = _look(upload)
            upload.state = State.READY
        except RejectedBillError as error:
            upload.preview = {
                "columns": _bare_columns(upload),
                "findings": _findings(error.findings),
                "finding_count": len(error.findings),
            }
            upload.state, upload.error_message = State.REJECTED, str(error)
        except Exception as error:
            logger.exception("upload.failed", upload=str(upload_id))
            upload.state = State.FAILED
            upload.error_message = f"The file could not be read ({type(error).__name__}). Export it again and retry."
        with tenant(organization_id):
            upload.step, upload.progress_ratio = "", Decimal(1)
            upload.save()


def _begin(organization_id: UUID, upload_id: UUID) -> BillUpload | None:
    """Count the attempt before the file is touched, so that one that kills its worker is given up in the end."""
    with tenant(organization_id):
        upload = BillUpload.objects.select_for_update().filter(pk=upload_id, state=State.RECEIVED).first()
        if upload is None:
            return None
        upload.attempts += 1
        if upload.attempts > MOST_ATTEMPTS:
            upload.state = State.FAILED
            upload.error_message = f"Reading this file was tried {MOST_ATTEMPTS} times and never came to an end."
        upload.save()
        return upload


def _look(upload: BillUpload) -> dict[str, Any]:
    connector = KINDS[upload.kind]
    file = _archived(upload)
    settings = _settings(connector, upload)
    with tenant(upload.organization_id):
        known = known_reading(upload)
    others = read_beside(
        upload.organization_id, source_id=known.id if known else None, kind=upload.kind, settings=settings
    )

    def progress(step: Step) -> None:
        with tenant(upload.organization_id):
            BillUpload.objects.filter(pk=upload.pk).update(
                step=step.name[:200], progress_ratio=step.ratio.quantize(Decimal("0.0001"))
            )

    with lake.scratch(upload.organization_id) as scratch:
        if (seen := list_seen(file, connector=connector, scratch=scratch, progress=progress)) is not None:
            return _list_preview(connector, file, seen=seen, scratch=scratch)
        normalized = connector.normalize(
            [file],
            settings=others.settings,
            output=scratch / "bills",
            limits=limits(scratch),
            tag_keys=None,
            progress=progress,
            mapped_services=mapped_services(upload.organization_id),
        )
        columns = _columns(connector, file, settings=settings, scratch=scratch)
    return {
        "columns": columns,
        "bills": [_bill(bill) for bill in normalized.bills],
        "findings": _findings(normalized.findings),
        "finding_count": len(normalized.findings),
        "row_count": sum(normalized.row_counts),
    }


def _list_preview(connector: ConnectorKind, file: ArchivedFile, *, seen: SeenList, scratch: Path) -> dict[str, Any]:
    """Return what was seen of a file that is no bill but a list of recommendations."""
    becomes = connector.recommending.columns if connector.recommending else {}
    columns = [
        {**asdict(column), "targets": [own for own, raw in becomes.items() if raw == snake_case(column.title)]}
        for column in preview_columns(file, planner=None, limits=limits(scratch))
    ]
    return {"columns": columns, "list": asdict(seen), "bills": [], "findings": [], "finding_count": 0}


def _settings(connector: ConnectorKind, upload: BillUpload) -> SourceSettings:
    path = lake.organization_folder(upload.organization_id) / upload.file
    return connector.params.model_validate({**upload.settings, "path": str(path)})


def _columns(
    connector: ConnectorKind, file: ArchivedFile, *, settings: SourceSettings, scratch: Path
) -> list[dict[str, Any]]:
    planner = connector.planner_for(settings)
    if planner is None:
        return []
    found = preview_columns(file, planner=planner, limits=limits(scratch))
    return [asdict(column) for column in found]


def _bare_columns(upload: BillUpload) -> list[dict[str, Any]]:
    """Return the columns of a file that was rejected, so that its reading can be changed; none where it is no table."""
    with lake.scratch(upload.organization_id) as scratch:
        try:
            found = preview_columns(_archived(upload), planner=None, limits=limits(scratch))
        except (RejectedBillError, duckdb.Error):
            return []
    return [asdict(column) for column in found]


def _archived(upload: BillUpload) -> ArchivedFile:
    path = lake.organization_folder(upload.organization_id) / upload.file
    return ArchivedFile(name=upload.file_name, path=path, sha256=upload.sha256, size=upload.size)


def _bill(bill: NormalizedBill) -> dict[str, Any]:
    return {
        "billing_period": f"{bill.billing_period:%Y-%m}",
        "row_count": bill.row_count,
        "totals": {
            currency: {"billed_cost": plain(totals.billed_cost), "effective_cost": plain(totals.effective_cost)}
            for currency, totals in sorted(bill.totals.items())
        },
    }


def _findings(found: Sequence[Finding]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in found[:MOST_FINDINGS]]


def reread_upload(upload: BillUpload, *, settings: dict[str, Any]) -> None:
    """Have a file looked at once more, read as these settings say.

    :raises UploadError: it is being looked at, or was confirmed.
    """
    if upload.state not in {State.READY, State.REJECTED, State.FAILED}:
        raise UploadError("This file is being read, or was imported already.")
    upload.settings, upload.state, upload.attempts = settings, State.RECEIVED, 0
    upload.step, upload.progress_ratio, upload.error_message = "Waiting for a worker", Decimal(0), ""
    upload.save()
    publish(BillUploaded(organization_id=upload.organization_id, upload_id=upload.id))


def reading_of(upload: BillUpload) -> dict[str, Any]:
    """Return what of an upload's settings says how it is read."""
    return {name: upload.settings[name] for name in KINDS[upload.kind].params.reading if name in upload.settings}


def known_reading(upload: BillUpload) -> BillSource | None:
    """Return the source of uploads that is read as this file is, None where there is none yet."""
    sources = BillSource.objects.filter(is_uploaded=True, removed_at=None, kind=upload.kind)
    return sources.filter(settings=reading_of(upload)).order_by("name").first()


def confirm_upload(upload: BillUpload, *, source_name: str, at: datetime) -> ImportRun:
    """Queue the import of a file that was looked at, under a source of uploads of that name.

    :raises UploadError: it is not ready, or the source is busy with another file.
    """
    if upload.state != State.READY:
        raise UploadError("This file is not ready to be imported.")
    source = _upload_source(upload, name=source_name)
    path = lake.organization_folder(upload.organization_id) / upload.file
    run, is_new = request_import(source, trigger="person", at=at, settings={**upload.settings, "path": str(path)})
    if not is_new:
        raise UploadError(f"{source.name} is importing another file. Confirm again when that is over.")
    upload.state, upload.run = State.CONFIRMED, run
    upload.save(update_fields=["state", "run"])
    return run


def _upload_source(upload: BillUpload, *, name: str) -> BillSource:
    key = f"upload-{slugify(name)[:40]}-{slugify(upload.kind)}"[:60]
    source, _ = BillSource.objects.get_or_create(
        organization_id=upload.organization_id,
        key=key,
        defaults={"name": name, "kind": upload.kind, "is_uploaded": True, "settings": {}},
    )
    if source.removed_at is not None:
        raise UploadError(f"{source.name} was removed. Choose another name, or put it back first.")
    if source.settings != reading_of(upload):
        # The next file of this vendor is read as this one was.
        source.settings = reading_of(upload)
        source.save(update_fields=["settings"])
    return source


def discard_upload(upload: BillUpload) -> None:
    """Delete a file that was not confirmed."""
    _delete_file(upload)
    upload.delete()


def tidy_uploads(organization_id: UUID, *, at: datetime) -> list[UUID]:
    """Delete what nobody confirmed in time and files whose import is over; return uploads still to be looked at."""
    with tenant(organization_id):
        for upload in BillUpload.objects.exclude(state=State.CONFIRMED).filter(uploaded_at__lt=at - KEPT):
            discard_upload(upload)
        for upload in BillUpload.objects.filter(state=State.CONFIRMED).exclude(file="").select_related("run"):
            if upload.run is not None and upload.run.is_over:
                _delete_file(upload)
                upload.file = ""
                upload.save(update_fields=["file"])
        return list(BillUpload.objects.filter(state=State.RECEIVED).values_list("id", flat=True))


def _delete_file(upload: BillUpload) -> None:
    shutil.rmtree(_uploads(upload.organization_id) / str(upload.id), ignore_errors=True)


def _uploads(organization_id: UUID) -> Path:
    return lake.organization_folder(organization_id) / "uploads"
