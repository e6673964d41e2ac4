"""Taking in what a provider recommends to save cost: archived as delivered, and kept as one list in the lake.

Bills do not depend on it: what goes wrong is a finding of the import. A file that is a list and nothing else is an
import of its own, refused as a bill is.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from django.utils import timezone

from ingestion.delivery import ArchivedFile, DeliveryError, SourceSettings, archive, open_store
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.models import BillSource, ImportRun, RecommendationList
from ingestion.normalize import Progress, Step
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.recommending import FoundList, WrittenList
from ingestion.services.deliveries import DeliveryOutcome, Report, limits
from ingestion.services.kept_findings import save_findings
from itfm.core import lake
from itfm.core.money import plain
from itfm.core.tenancy import tenant

State = ImportRun.State
READING: Final = "Reading recommendations"
NONE_YET: Final = "There is no list of recommendations at this place yet. AWS writes the first within a day."


def take_in_recommendations(run: ImportRun, *, connector: ConnectorKind, settings: SourceSettings) -> None:
    """Bring in the newest list of recommendations of a source, if its settings name a place of such and it is new."""
    try:
        _take_in(run, connector=connector, settings=settings)
    except DeliveryError as error:
        save_findings(run, [_finding(error.code, str(error))])
    except RejectedBillError as error:
        save_findings(run, error.findings)


def _take_in(run: ImportRun, *, connector: ConnectorKind, settings: SourceSettings) -> None:
    kind = connector.recommending
    store = kind.open(settings) if kind else None
    if kind is None or store is None:
        return
    found = kind.find(store)
    if found is None:
        save_findings(run, [_finding("recommendations_missing", NONE_YET)])
        return
    if found.missing:
        message = f"The recommendations wait for {found.missing[0]}, which their manifest names and which is not there."
        save_findings(run, [_finding("recommendations_wait", message)])
        return
    # As of bills, the times of a folder's files say little: they are read and told by their bytes.
    if settings.path is None and _is_as_fetched(run, found):
        return
    root = lake.organization_folder(run.organization_id)
    files = [archive(store, file, root=root) for file in found.files]
    if _is_in_force(run, files):
        return
    with lake.scratch(run.organization_id) as scratch:
        written = kind.write(files, output=scratch / "list", limits=limits(scratch))
        _keep(run, found, files, written, root=root, scratch=scratch)


def take_in_file(
    run: ImportRun, *, connector: ConnectorKind, settings: SourceSettings, report: Report
) -> DeliveryOutcome | None:
    """Bring in the list of recommendations that the one file of a source is; None where it is no such list.

    :raises DeliveryError: the file cannot be read.
    """
    kind = connector.recommending
    if kind is None or settings.path is None or not settings.path.is_file():
        return None
    store, root = open_store(settings), lake.organization_folder(run.organization_id)
    with lake.scratch(run.organization_id) as scratch:
        if not kind.is_list(settings.path, limits=limits(scratch)):
            return None
        files = [archive(store, file, root=root) for file in store.files()]
        if _is_in_force(run, files):
            return DeliveryOutcome(state=State.UNCHANGED)
        report(f"{files[0].name}: {READING.lower()}", Decimal("0.5"))
        try:
            written = kind.write(files, output=scratch / "list", limits=limits(scratch))
        except RejectedBillError as error:
            save_findings(run, error.findings)
            return DeliveryOutcome(state=State.REJECTED, error_code=error.code, error_message=str(error))
        found = FoundList(files=store.files(), told_on=written.refreshed_on)
        kept = _keep(run, found, files, written, root=root, scratch=scratch)
    save_findings(run, [_taken_in(run, kept)])
    return DeliveryOutcome(state=State.IMPORTED)


def _taken_in(run: ImportRun, kept: RecommendationList) -> Finding:
    """Return what is said of a list that came in alone, whose import has no bill to show."""
    many = f"{kept.count:,} recommendation{'' if kept.count == 1 else 's'}"
    sums = " and ".join(f"{amount} {currency}" for currency, amount in kept.savings.items()) or "nothing"
    message = f"A list of {many} of {kept.told_on}, estimated monthly savings {sums}, was taken in."
    with tenant(run.organization_id):
        newest = latest_recommendations(run.source)
    if newest is not None and newest.id != kept.id:
        message += f" The source has a newer one, of {newest.told_on}, which stays the one that is shown."
    return replace(_finding("recommendations_taken_in", message), severity="info")


@dataclass(frozen=True, kw_only=True)
class SeenList:
    """What a list in a file holds: recommendations, their day as 2026-10-05, and exact savings by currency."""

    count: int
    told_on: str | None
    savings: dict[str, str]


def list_seen(file: ArchivedFile, *, connector: ConnectorKind, scratch: Path, progress: Progress) -> SeenList | None:
    """Return what a list in one file holds, as an import would read it; None where it is no such list.

    :raises RejectedBillError: something is wrong with it.
    """
    kind = connector.recommending
    if kind is None or not kind.is_list(file.path, limits=limits(scratch)):
        return None
    progress(Step(name=READING, ratio=Decimal("0.5")))
    written = kind.write([file], output=scratch / "list", limits=limits(scratch))
    day = written.refreshed_on
    return SeenList(count=written.count, told_on=day.isoformat() if day else None, savings=_savings(written))


def _is_as_fetched(run: ImportRun, found: FoundList) -> bool:
    """Return whether the newest list came from the very files that are there, by size and version."""
    with tenant(run.organization_id):
        last = latest_recommendations(run.source)
    listed = [(file.path, file.version, file.size) for file in found.files]
    return last is not None and [(file["name"], file["version"], file["size"]) for file in last.files] == listed


def _is_in_force(run: ImportRun, files: Sequence[ArchivedFile]) -> bool:
    """Return whether the newest list came from these very bytes, under the same names."""
    with tenant(run.organization_id):
        last = latest_recommendations(run.source)
    fetched = [(file.name, file.sha256) for file in files]
    return last is not None and [(file["name"], file["sha256"]) for file in last.files] == fetched


def _keep(
    run: ImportRun, found: FoundList, files: Sequence[ArchivedFile], written: WrittenList, *, root: Path, scratch: Path
) -> RecommendationList:
    """Move the list to its place and say that it is there; lists before it stay."""
    list_id, now = uuid.uuid4(), timezone.now()
    folder = root / "recommendations" / str(run.source_id) / str(list_id)
    with tenant(run.organization_id):
        lake.publish(scratch / "list", to=folder)
        return RecommendationList.objects.create(
            id=list_id,
            organization_id=run.organization_id,
            source=run.source,
            told_on=found.told_on or now.date(),
            files=[
                {
                    "name": file.name,
                    "size": file.size,
                    "version": delivered.version,
                    "sha256": file.sha256,
                    "row_count": rows,
                }
                for delivered, file, rows in zip(found.files, files, written.row_counts, strict=True)
            ],
            folder=str(folder.relative_to(root)),
            count=written.count,
            savings=_savings(written),
            fetched_at=now,
        )


def _savings(written: WrittenList) -> dict[str, str]:
    return {currency: plain(amount) for currency, amount in sorted(written.savings.items())}


def _finding(code: str, message: str) -> Finding:
    return Finding(code=code, severity="warning", message=message)


def recommendations_seen(connector: ConnectorKind, settings: SourceSettings) -> tuple[tuple[str, str], ...]:
    """Return what a test of the connection tells of recommendations, if the settings name a place of such."""
    try:
        store = connector.recommending.open(settings) if connector.recommending else None
        if connector.recommending is None or store is None:
            return ()
        found = connector.recommending.find(store)
    except DeliveryError as error:
        return (("Recommendations", str(error)),)
    if found is None:
        return (("Recommendations", "none yet"),)
    files = f"{len(found.files)} file{'' if len(found.files) == 1 else 's'}"
    return (("Recommendations", f"{files} of {found.told_on}" if found.told_on else files),)


def latest_recommendations(source: BillSource) -> RecommendationList | None:
    """Return the newest list of a source."""
    return RecommendationList.objects.filter(source=source).order_by(*RecommendationList.NEWEST_FIRST).first()
