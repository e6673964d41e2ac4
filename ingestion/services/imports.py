"""Running an import: fetch, archive, normalize, publish. A worker may die at any line of it.

Until `publish_delivery` commits, nothing of a delivery is visible; when it has, all of it is. What a dead worker left
behind is a row in the queue, taken up again by the sweep, and a scratch folder that nothing points at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import structlog
from django.utils import timezone

from ingestion.delivery import DeliveryError
from ingestion.models import Bill, BillRevision, Finding, ImportRun
from ingestion.schedule import retry_at
from ingestion.services.deliveries import DeliveryOutcome, import_delivery
from ingestion.services.kinds import KINDS
from ingestion.services.reading_again import read_again
from ingestion.services.recommendations import take_in_file, take_in_recommendations
from ingestion.services.secrets import opened_settings
from itfm.core.limits import OUT_OF_MEMORY, out_of_memory_words, stopped_words
from itfm.core.locks import single
from itfm.core.secrets import SealError
from itfm.core.tenancy import tenant

logger = structlog.get_logger(__name__)
State = ImportRun.State
MOST_ATTEMPTS: Final = 3
UNEXPECTED: Final = (
    "Something broke off this import that should not have, and nothing was changed. Pull again; if it breaks off once"
    " more, whoever runs this site finds the cause in the log."
)
WORST_FIRST: Final = (State.REJECTED, State.WAITING, State.IMPORTED, State.UNCHANGED)
Progress = Callable[[str, Decimal], None]


def run_import(organization_id: UUID, *, run_id: UUID, retries: bool = True) -> ImportRun:
    """Carry out a queued import and return how it ended; when it is over or in other hands, only return it.

    :param retries: whether a failed attempt goes back into the queue.
    """
    run = _run(organization_id, run_id)
    if run.is_over:
        return run
    with single("import", run.source_id) as is_ours:
        if not is_ours:
            return run
        run = _start(organization_id, run_id, at=timezone.now())
        if run.is_over or run.state == State.QUEUED:
            return run
        try:
            outcomes = _import(run)
        except DeliveryError as error:
            return _fail(run, message=str(error), code=error.code, retries=retries)
        except SealError as error:
            return _fail(run, message=str(error), code="sealed", retries=retries)
        except OUT_OF_MEMORY:
            logger.exception("import.out_of_memory", run=str(run_id))
            message = f"There was not enough memory for this import, and nothing was changed. {out_of_memory_words()}"
            return _fail(run, message=message, code="out_of_memory", retries=retries)
        except Exception as error:
            logger.exception("import.failed", run=str(run_id))
            # What went wrong inside is in the log; to a reader of the page its words say nothing.
            message = f"{UNEXPECTED} ({type(error).__name__})"
            return _fail(run, message=message, code="unexpected", retries=retries)
        return _finish(run, outcomes)


def _run(organization_id: UUID, run_id: UUID) -> ImportRun:
    with tenant(organization_id):
        return ImportRun.objects.select_related("source").get(pk=run_id)


def _start(organization_id: UUID, run_id: UUID, *, at: datetime) -> ImportRun:
    """Count the attempt before the input is touched, so that one that kills its worker is given up in the end."""
    with tenant(organization_id):
        run = ImportRun.objects.select_for_update(of=("self",)).select_related("source").get(pk=run_id)
        if run.is_over or run.not_before > at:
            return run
        run.attempts += 1
        if run.attempts > MOST_ATTEMPTS:
            run.state, run.finished_at = State.QUARANTINED, at
            run.error_code = "quarantined"
            run.error_message = (
                f"This import was tried {MOST_ATTEMPTS} times, and each time its worker stopped before it was done:"
                f" {stopped_words()}. Nothing was changed. Look at the files it reads, then pull again."
            )
        else:
            run.state, run.started_at, run.step = State.RUNNING, run.started_at or at, "Looking for bills"
            run.progress_ratio = Decimal(0)
        run.save()
        return run


def _import(run: ImportRun) -> list[DeliveryOutcome]:
    connector = KINDS[run.source.kind]
    whole = _reporter(run, first=Decimal(0), span=Decimal(1))
    if run.read_again:
        return read_again(run, connector=connector, report=whole)
    settings = opened_settings(run.source, run.settings, connector=connector)
    if (told := take_in_file(run, connector=connector, settings=settings, report=whole)) is not None:
        return [told]
    deliveries = connector.discover(settings)
    if not deliveries:
        raise DeliveryError("nothing_found", "There is no bill at this place. Check the path or the settings.")
    outcomes = []
    for number, delivery in enumerate(deliveries):
        report = _reporter(run, first=Decimal(number) / len(deliveries), span=Decimal(1) / len(deliveries))
        outcomes.append(import_delivery(run, delivery, connector=connector, settings=settings, report=report))
    take_in_recommendations(run, connector=connector, settings=settings)
    return outcomes


def _reporter(run: ImportRun, *, first: Decimal, span: Decimal) -> Progress:
    def report(step: str, ratio: Decimal) -> None:
        with tenant(run.organization_id):
            ImportRun.objects.filter(pk=run.pk).update(
                step=step[:200], progress_ratio=(first + span * ratio).quantize(Decimal("0.0001"))
            )

    return report


def _finish(run: ImportRun, outcomes: list[DeliveryOutcome]) -> ImportRun:
    states = {outcome.state for outcome in outcomes}
    rejected = next((outcome for outcome in outcomes if outcome.state == State.REJECTED), None)
    waiting = next((outcome for outcome in outcomes if outcome.state == State.WAITING), None)
    told = rejected or waiting
    with tenant(run.organization_id):
        run.state = next(state for state in WORST_FIRST if state in states)
        run.error_code = told.error_code if told else ""
        run.error_message = told.error_message if told else ""
        run.step, run.progress_ratio, run.finished_at = "", Decimal(1), timezone.now()
        run.save()
    logger.info("import.finished", run=str(run.pk), state=run.state)
    return run


def _fail(run: ImportRun, *, message: str, code: str, retries: bool) -> ImportRun:
    now = timezone.now()
    again = retry_at(run.attempts, now=now) if retries else None
    with tenant(run.organization_id):
        run.state = State.QUEUED if again else State.FAILED
        run.error_code, run.error_message = code, message
        run.step = "Waiting to try again" if again else ""
        run.not_before = again or run.not_before
        run.finished_at = None if again else now
        run.save()
    return run


def findings_of(run: ImportRun) -> list[Finding]:
    """Return what an import found, in the order it was found."""
    with tenant(run.organization_id):
        return list(Finding.objects.filter(run=run).order_by("number"))


def revisions_in_force(run: ImportRun) -> list[BillRevision]:
    """Return the revisions an import made, or, where it changed nothing, those its source has in force."""
    with tenant(run.organization_id):
        made = BillRevision.objects.filter(run=run).select_related("bill")
        if run.state == State.UNCHANGED:
            made = BillRevision.objects.filter(
                id__in=Bill.objects.filter(source_id=run.source_id).values("current_revision")
            )
        return list(made.select_related("bill").order_by("bill__billing_period"))
