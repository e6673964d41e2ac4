"""The monthly letters: who is to get which, whether they are due, and putting them into the outbox once.

Due work is worked out from the schedule, the bills and what stands in the outbox already; nothing remembers it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from allocation.selectors import run_in_force
from itfm.accounts.models import Membership, Scope
from itfm.audit.services import Actor, record
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant
from itfm.notify.models import NotificationPreference, OutboxMessage
from itfm.notify.services import Letter, queue_letter
from showback.completeness import completeness_of
from showback.models import CostCenter, LetterSchedule
from showback.schedule import newest_due

KIND: Final = "showback"


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Somebody who is to get the letter of a cost center."""

    center: CostCenter
    email: str

    def key(self, period: date) -> str:
        """Return the name under which the letter stands in the outbox, once."""
        digest = hashlib.sha256(self.email.lower().encode()).hexdigest()[:32]
        return f"{KIND}/{period_name(period)}/{self.center.pk}/{digest}"


Write = Callable[[CostCenter, date, str], Letter | None]
"""Writes the letter of a cost center's period to an address; None when there was no cost to write about."""


def schedule() -> LetterSchedule | None:
    """Return when the current organization's letters go out; None when nobody has said."""
    return LetterSchedule.objects.first()


@transaction.atomic
def change_schedule(
    *, organization_id: UUID, is_on: bool, business_day: int, hour: int, time_zone: str, by: Actor
) -> bool:
    """Save when letters go out, and return whether that differs from before."""
    saved, _ = LetterSchedule.objects.select_for_update().get_or_create(organization_id=organization_id)
    wanted = {"is_on": is_on, "business_day": business_day, "hour": hour, "time_zone": time_zone}
    changes = {name: [getattr(saved, name), value] for name, value in wanted.items() if getattr(saved, name) != value}
    if not changes:
        return False
    for name, (_, value) in changes.items():
        setattr(saved, name, value)
    saved.save(update_fields=list(changes))
    record(
        "letters.schedule_changed",
        organization_id=organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target="Monthly letters",
        changes=changes,
    )
    return True


def due_period(saved: LetterSchedule, *, at: datetime) -> date:
    """Return the newest period whose letters are due."""
    return newest_due(at, business_day=saved.business_day, hour=saved.hour, time_zone=saved.time_zone)


def addressees() -> list[Addressee]:
    """Return who is to get letters: owners of cost centers, and members whose scope names one, by code and address.

    Both see the cost center: the owner by being named, the member by the scope. Who has unsubscribed is left out.
    """
    centers = {center.code: center for center in CostCenter.objects.order_by("code")}
    wanted = {(code, center.owner_email.lower()) for code, center in centers.items() if center.owner_email}
    scopes = Scope.objects.filter(dimension=Scope.COST_CENTER).select_related("membership__user")
    for scope in scopes:
        member: Membership = scope.membership
        if not member.sees_everything and scope.value in centers and member.user.is_active:
            wanted.add((scope.value, member.user.email.lower()))
    unwanted = set(NotificationPreference.objects.filter(kind=KIND).values_list("email", flat=True))
    return [Addressee(center=centers[code], email=email) for code, email in sorted(wanted) if email not in unwanted]


def has_due_letters(*, at: datetime) -> bool:
    """Return whether the current organization has letters to write now."""
    saved = schedule()
    if saved is None or not saved.is_on:
        return False
    period = due_period(saved, at=at)
    return _is_final(period) and bool(missing_letters(period))


def queue_letters(organization_id: UUID, *, at: datetime, write: Write) -> int:
    """Put the letters that are due and not written yet into the outbox, and return how many.

    Each has a transaction and a key of its own: run twice, also at the same time, each is written once.
    """
    with tenant(organization_id):
        saved = schedule()
        if saved is None or not saved.is_on:
            return 0
        period = due_period(saved, at=at)
    return queue_letters_of(period, organization_id=organization_id, write=write)


def queue_letters_of(period: date, *, organization_id: UUID, write: Write) -> int:
    """Put the letters of a period that are not written yet into the outbox, once it is final, and return how many."""
    with tenant(organization_id):
        missing = missing_letters(period) if _is_final(period) else []
    return sum(_queue(one, period=period, organization_id=organization_id, write=write) for one in missing)


def missing_letters(period: date) -> list[Addressee]:
    """Return who is to get a letter of the period that is not in the outbox."""
    written = OutboxMessage.objects.filter(kind=KIND, key__startswith=f"{KIND}/{period_name(period)}/")
    keys = set(written.values_list("key", flat=True))
    return [one for one in addressees() if one.key(period) not in keys]


def letters() -> QuerySet[OutboxMessage]:
    """Return the letters of the current organization, the newest first."""
    return OutboxMessage.objects.filter(kind=KIND).order_by("-queued_at", "recipient", "id")


def _queue(one: Addressee, *, period: date, organization_id: UUID, write: Write) -> int:
    with tenant(organization_id):
        letter = write(one.center, period, one.email)
        if letter is None:
            return 0
        _, is_new = queue_letter(letter, organization_id=organization_id, key=one.key(period), recipient=one.email)
        return int(is_new)


def _is_final(period: date) -> bool:
    return completeness_of(period, run=run_in_force(period)).is_final
