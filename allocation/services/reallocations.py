"""Allocating many billing periods again as one piece of work: started, followed and taken back as a whole."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from allocation.models import AllocationRun, Reallocation
from ingestion.selectors import billed_periods
from itfm.audit.services import Actor, record
from itfm.core.events import ReallocationRequested, publish
from itfm.core.locks import wait_for
from itfm.core.periods import period_name

State = AllocationRun.State


class ReallocationError(Exception):
    """Many periods cannot be allocated again so; the message says why and what to do."""


@transaction.atomic
def request_reallocation(
    first: date | None, *, last: date | None, organization_id: UUID, by: Actor, at: datetime
) -> Reallocation:
    """Put every billed period from `first` to `last`, both inclusive, in line for a new run; None: as far as bills go.

    :raises ReallocationError: there is no bill, the first is after the last, or others are under way.
    """
    if first and last and first > last:
        raise ReallocationError("The first month is after the last. Give the earlier one first.")
    wait_for("reallocation", organization_id)
    periods = sorted(one for one in billed_periods() if (not first or first <= one) and (not last or one <= last))
    if not periods:
        raise ReallocationError("No bill is in force in these months. Choose months that have bills.")
    if reallocation_under_way() is not None:
        raise ReallocationError("A re-allocation is under way already. Wait until it is over, or cancel it.")
    reallocation = Reallocation.objects.create(
        organization_id=organization_id,
        first_period=periods[0],
        last_period=periods[-1],
        asked_by_id=by.id,
        asked_at=at,
    )
    _put_in_line(reallocation, periods=periods, at=at)
    publish(ReallocationRequested(organization_id=organization_id))
    _record("allocation.all_requested", reallocation, by=by, summary=f"Asked for {_count(len(periods))} again")
    return reallocation


def _put_in_line(reallocation: Reallocation, *, periods: list[date], at: datetime) -> None:
    """Give each period a run; one that waits already becomes a part of it."""
    waiting = AllocationRun.objects.filter(state=State.QUEUED, billing_period__in=periods)
    taken = set(waiting.values_list("billing_period", flat=True))
    waiting.update(reallocation=reallocation)
    AllocationRun.objects.bulk_create(
        AllocationRun(
            organization_id=reallocation.organization_id,
            reallocation=reallocation,
            billing_period=period,
            state=State.QUEUED,
            inputs_sha256="",
            revisions={},
            started_at=at,
        )
        for period in periods
        if period not in taken
    )


@transaction.atomic
def cancel_reallocation(reallocation_id: UUID, *, by: Actor, at: datetime) -> int:
    """Take the waiting periods back, let the running ones stop at their next step, and return how many were waiting.

    Those that are done stay. Canceling what is over, or canceled, changes nothing.

    :raises Reallocation.DoesNotExist: not one of this organization.
    """
    reallocation = Reallocation.objects.select_for_update().get(pk=reallocation_id)
    under_way = AllocationRun.objects.filter(reallocation=reallocation, state__in=AllocationRun.UNDER_WAY)
    if reallocation.canceled_at is not None or not under_way.exists():
        return 0
    reallocation.canceled_at = at
    reallocation.save(update_fields=["canceled_at"])
    taken_back = under_way.filter(state=State.QUEUED).update(state=State.CANCELED, finished_at=at)
    summary = f"Canceled; {_count(taken_back)} were waiting"
    _record("allocation.all_canceled", reallocation, by=by, summary=summary)
    return taken_back


def reallocation_under_way() -> Reallocation | None:
    """Return the re-allocation of the current organization that is not over."""
    runs = AllocationRun.objects.filter(state__in=AllocationRun.UNDER_WAY, reallocation__isnull=False)
    return Reallocation.objects.filter(pk__in=runs.values("reallocation")).order_by("-asked_at").first()


def _count(count: int) -> str:
    return f"{count} billing period{'' if count == 1 else 's'}"


def _record(action: str, reallocation: Reallocation, *, by: Actor, summary: str) -> None:
    record(
        action,
        organization_id=reallocation.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=f"{period_name(reallocation.first_period)} to {period_name(reallocation.last_period)}",
        summary=summary,
    )
