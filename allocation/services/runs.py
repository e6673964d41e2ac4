"""Running the engine over a billing period and publishing what it proves.

A run is decided by its inputs: with the same revisions, rules and driver values there is nothing to do. Only a run
whose proof holds, in the files and in the mart, takes the place of the one before it, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from allocation.bills import WideningError, widened
from allocation.engine.cells import TooManyProfilesError
from allocation.engine.further import NOTHING
from allocation.engine.proof import Proof, Sums
from allocation.models import AllocatedCost, AllocationRun, Reallocation
from allocation.selectors import current_rule_set
from allocation.services.inputs import Inputs, inputs_of
from allocation.services.mart import adds_up, replace_days, replace_mart
from allocation.services.previous import falls_back
from allocation.services.working_out import work_out
from itfm.audit.services import Actor, record
from itfm.core import lake, leftovers
from itfm.core.events import AllocationRequested, PeriodAllocated, SharesChanged, publish
from itfm.core.limits import OUT_OF_MEMORY, out_of_memory_words, stopped_words
from itfm.core.locks import is_held, single
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

logger = structlog.get_logger(__name__)
State = AllocationRun.State
STEP_LENGTH: Final = 60


MOST_ATTEMPTS: Final = 3


class AllocationRefusedError(RuntimeError):
    """A run's proof does not hold; the run before it stays in force."""


class RunCanceledError(RuntimeError):
    """Somebody took back what the run is a part of; the run before it stays in force."""


def allocate(organization_id: UUID, *, period: date, again: bool = False) -> AllocationRun | None:
    """Allocate a billing period and return the run in force; None when there is no bill, or another worker is at it.

    :param again: run even when the ledger stands on the same inputs already, and load all of it.
    :raises AllocationRefusedError: the proof does not hold.
    """
    with single("allocate", organization_id, period) as is_ours:
        if not is_ours:
            return None
        with tenant(organization_id):
            for left in AllocationRun.objects.filter(billing_period=period, state=State.RUNNING):
                _put_back(left)  # the lock says that nobody is at this period but us
            inputs = inputs_of(period, saved=current_rule_set())
            published = AllocationRun.objects.filter(billing_period=period, state=State.PUBLISHED)
            in_force = published.select_related("rule_set").first()
            asked_for = AllocationRun.objects.filter(billing_period=period, state=State.QUEUED).first()
            if not inputs.revisions:
                _withdraw(in_force)
                _close(asked_for, error="There is no bill of this period any more.")
                return None
            if in_force is not None and in_force.inputs_sha256 == inputs.sha256 and not again and asked_for is None:
                return in_force
            if asked_for is None and not again and _is_given_up(inputs):
                return in_force  # whoever put the job back in line could not know
            run = _start(organization_id, inputs, asked_for=asked_for)
        return _carry_out(run, inputs, before=in_force, anew=again or asked_for is not None)


@transaction.atomic
def request_allocation(period: date, *, organization_id: UUID, by: Actor) -> tuple[AllocationRun, bool]:
    """Put a period in line for a new run, and say whether it was not in line or running already."""
    under_way = AllocationRun.objects.filter(billing_period=period, state__in=AllocationRun.UNDER_WAY).first()
    if under_way is not None:
        return under_way, False
    run = AllocationRun.objects.create(
        organization_id=organization_id, billing_period=period, state=State.QUEUED, inputs_sha256="", revisions={},
        started_at=timezone.now(),
    )  # fmt: skip
    publish(AllocationRequested(organization_id=organization_id, billing_period=period))
    record(
        "allocation.requested",
        organization_id=organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=period_name(period),
        summary=f"Asked for {period_name(period)} to be allocated again",
    )
    return run, True


def _withdraw(run: AllocationRun | None) -> None:
    """Take back the ledger of a period that has no bill any more."""
    if run is None:
        return
    AllocatedCost.objects.filter(organization_id=run.organization_id, billing_period=run.billing_period).delete()
    replace_days(run.organization_id, run.billing_period)
    run.state = State.REPLACED
    run.save(update_fields=["state"])
    publish(SharesChanged(organization_id=run.organization_id))


def put_back_interrupted(organization_id: UUID) -> None:
    """Put runs back in line whose worker died: whoever carries one out holds its period's lock."""
    with tenant(organization_id):
        running = list(AllocationRun.objects.filter(state=State.RUNNING))
    for run in running:
        if not is_held("allocate", organization_id, run.billing_period):
            with tenant(organization_id):
                _put_back(run)


def _put_back(run: AllocationRun) -> None:
    """Let an interrupted run wait for a worker again, unless it was taken back or has cost too many of them."""
    if _is_canceled(run):
        state, error = State.CANCELED, ""
    elif run.attempts >= MOST_ATTEMPTS:
        state = State.QUARANTINED
        error = (
            f"This run was tried {MOST_ATTEMPTS} times, and each time its worker stopped before it was done:"
            f" {stopped_words()}. The ledger before it stays in force. Give the workers more memory, then allocate the"
            " period again."
        )
    elif _others_in_line(run).exists():
        state, error = State.FAILED, "The worker stopped before the run was done; another takes its place."
    else:
        state, error = State.QUEUED, ""
    # Another may have put it back since it was looked at, and a worker begun it anew: that attempt is none of ours.
    AllocationRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts).update(
        state=state, error=error, step="", finished_at=None if state == State.QUEUED else timezone.now()
    )


def _is_given_up(inputs: Inputs) -> bool:
    same = AllocationRun.objects.filter(billing_period=inputs.period, inputs_sha256=inputs.sha256)
    return same.filter(state=State.QUARANTINED).exists()


def _others_in_line(run: AllocationRun) -> QuerySet[AllocationRun]:
    return AllocationRun.objects.filter(billing_period=run.billing_period, state=State.QUEUED).exclude(pk=run.pk)


def _is_canceled(run: AllocationRun) -> bool:
    return (
        run.reallocation_id is not None
        and Reallocation.objects.filter(pk=run.reallocation_id, canceled_at__isnull=False).exists()
    )


def _close(run: AllocationRun | None, *, error: str) -> None:
    if run is not None:
        run.state, run.error, run.finished_at = State.FAILED, error, timezone.now()
        run.save(update_fields=["state", "error", "finished_at"])


def _start(organization_id: UUID, inputs: Inputs, *, asked_for: AllocationRun | None) -> AllocationRun:
    """Save that a run has begun: the one that somebody asked for, else a new one."""
    run = asked_for or AllocationRun(organization_id=organization_id, billing_period=inputs.period)
    run.state = State.RUNNING
    run.attempts += 1  # before the input is touched, so that one that kills its worker is given up in the end
    run.rule_set, run.inputs_sha256 = inputs.rule_set, inputs.sha256
    run.revisions = {str(revision.bill.source_id): str(revision.id) for revision in inputs.revisions}
    run.step, run.started_at = "Reading the bills", timezone.now()
    run.save()
    return run


def _telling(run: AllocationRun) -> Callable[[str], None]:
    """Return the function that writes down what a run is at, for those who watch it, and stops what was taken back."""

    def tell(step: str) -> None:
        with tenant(run.organization_id):
            AllocationRun.objects.filter(pk=run.pk, state=State.RUNNING).update(step=step)
            if _is_canceled(run):
                raise RunCanceledError

    return tell


def _carry_out(run: AllocationRun, inputs: Inputs, *, before: AllocationRun | None, anew: bool) -> AllocationRun:
    try:
        with lake.scratch(run.organization_id) as scratch:
            _widen(inputs, tell=_telling(run))
            result, months = work_out(run, inputs, before=None if anew else before, scratch=scratch, tell=_telling(run))
            run.proof = result.proof.model_dump(mode="json")
            is_chained = falls_back(inputs.engine_rules)
            _publish(
                run,
                result.proof,
                months=months,
                finished=result.folder,
                scratch=scratch,
                anew=anew,
                is_chained=is_chained,
            )
    except RunCanceledError:
        _end(run, state=State.CANCELED)
        return run
    except (AllocationRefusedError, WideningError, TooManyProfilesError) as error:
        _end(run, state=State.REFUSED, error=str(error))
        logger.exception("allocation.refused", run=str(run.pk))
        raise
    except Exception as error:
        _fail(run, error)
        logger.exception("allocation.failed", run=str(run.pk))
        raise
    logger.info("allocation.published", run=str(run.pk), period=run.billing_period.isoformat())
    return run


def _widen(inputs: Inputs, *, tell: Callable[[str], None]) -> None:
    """Write the attribute sets that the bills lack for these rules.

    :raises WideningError: they cannot be written.
    """
    for revision in inputs.revisions:
        by = inputs.further.get(revision.id, NOTHING)
        if not by.is_nothing:
            tell(f"Looking at {', '.join(by.words)}"[:STEP_LENGTH])
            widened(revision, by)


def _end(run: AllocationRun, *, state: str, error: str = "") -> None:
    """Save how a run ended that changes nothing."""
    run.state, run.error, run.step, run.finished_at = state, error, "", timezone.now()
    with tenant(run.organization_id):
        AllocationRun.objects.filter(pk=run.pk, attempts=run.attempts).update(
            state=state, error=error, step="", proof=run.proof, finished_at=run.finished_at
        )


def _fail(run: AllocationRun, error: Exception) -> None:
    """Save that a run broke off; the third of the same inputs is the last that the sweep sets going."""
    words = f"There was not enough memory. {out_of_memory_words()}" if isinstance(error, OUT_OF_MEMORY) else str(error)
    words = words or type(error).__name__
    with tenant(run.organization_id):
        same = AllocationRun.objects.filter(billing_period=run.billing_period, inputs_sha256=run.inputs_sha256)
        attempts = same.filter(state=State.FAILED).count() + 1
    if attempts < MOST_ATTEMPTS:
        _end(run, state=State.FAILED, error=words)
        return
    words = (
        f"This run failed {attempts} times, and is tried again when its bills, rules or driver values change, or when"
        f" somebody asks for it. The ledger before it stays in force. The last time: {words}"
    )
    _end(run, state=State.QUARANTINED, error=words)


def _publish(
    run: AllocationRun, proof: Proof, *, months: Sums, finished: Path, scratch: Path, anew: bool, is_chained: bool
) -> None:
    """Replace the mart's rows and switch the run in force, if files and mart add up to the same.

    :param months: what the sums by month come to.
    :param anew: load every row, also those that the run in force has alike.
    :raises AllocationRefusedError: they do not.
    """
    if not proof.holds:
        raise AllocationRefusedError(" ".join(proof.problems))
    if months != proof.sums("ledger"):
        raise AllocationRefusedError("The sums by month differ from those of the ledger.")
    folder = lake.run_folder(run.organization_id, period=run.billing_period, run_id=run.id)
    _telling(run)("Loading the pages' sums")
    with tenant(run.organization_id):
        _hold(run)
        # A worker that was killed between this and the commit has left a folder that no record names.
        leftovers.remove(run.organization_id, [folder] if folder.exists() else [])
        lake.publish(finished, to=folder)
        in_force = AllocationRun.objects.filter(billing_period=run.billing_period, state=State.PUBLISHED)
        before = None if anew else _folder_of(in_force.first())
        parts = replace_mart(run, folder=folder, scratch=scratch, before=before)
        if not adds_up(run.billing_period, proof.sums("ledger"), parts=parts):
            raise AllocationRefusedError("The sums of the mart in Postgres differ from those of the files.")
        is_same = in_force.filter(inputs_sha256=run.inputs_sha256).exists()
        in_force.update(state=State.REPLACED)
        run.state, run.finished_at, run.step = State.PUBLISHED, timezone.now(), ""
        run.folder = str(folder.relative_to(lake.organization_folder(run.organization_id)))
        run.save()
        publish(PeriodAllocated(organization_id=run.organization_id, billing_period=run.billing_period))
        if is_chained and not is_same:
            publish(SharesChanged(organization_id=run.organization_id))


def _hold(run: AllocationRun) -> None:
    """Keep others from a run until the transaction ends.

    :raises RunCanceledError: another worker has begun it anew, since this one seemed dead.
    """
    ours = AllocationRun.objects.select_for_update().filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts)
    if not ours.exists():
        raise RunCanceledError


def _folder_of(run: AllocationRun | None) -> Path | None:
    """Return where a run's files are."""
    return lake.organization_folder(run.organization_id) / run.folder if run is not None and run.folder else None
