"""From the schedule, the outbox and a member's wishes to the page of notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

from django.conf import settings
from django.forms import Form
from django.template.loader import render_to_string
from django.urls import reverse

from itfm.accounts.models import Membership, Organization
from itfm.notify.models import OutboxMessage
from itfm.notify.preferences import KINDS, LETTERS, Subscription, is_unsubscribed
from itfm.notify.services import Letter
from itfm.web.settings.notification_page import DeliveryRow, DeliveryState, NotificationsPage
from itfm.web.shell.page import Shell
from showback.letters import addressees, schedule
from showback.schedule import next_due

MOST_DELIVERIES: Final = 20


def notifications_page(
    *, shell: Shell, membership: Membership, email: str, schedule_form: Form | None, wishes_form: Form, at: datetime
) -> NotificationsPage:
    """Return which letters go out, which the member wants, and what became of the latest."""
    saved = schedule()
    following = (
        next_due(at, business_day=saved.business_day, hour=saved.hour, time_zone=saved.time_zone)
        if saved and saved.is_on
        else None
    )
    may_write = membership.may("showback.write")
    return NotificationsPage(
        shell=shell,
        tab="notifications",
        email=email,
        next_period=following[0] if following else None,
        next_at=following[1] if following else None,
        addressee_count=len(addressees()),
        schedule_form=schedule_form,
        wishes_form=wishes_form,
        deliveries=_deliveries() if membership.may("audit.read") else None,
        may_open_letters=may_write,
    )


def wishes_of(organization: Organization, email: str) -> dict[str, bool]:
    """Return for each kind of letter whether the address wants it."""
    return {kind: not is_unsubscribed(subscription_to(kind, organization, email)) for kind in KINDS}


def subscription_to(kind: str, organization: Organization, email: str) -> Subscription:
    """Return letters of a kind from an organization to an address."""
    return Subscription(organization_id=organization.id, email=email, kind=kind)


def test_letter(organization: Organization, email: str) -> Letter:
    """Return a letter that says nothing but that letters arrive."""
    url = settings.SITE_URL.rstrip("/") + reverse("notifications")
    context = {"organization": organization.name, "email": email, "url": url}
    return Letter(
        kind="test",
        subject=f"Test letter from {organization.name}",
        text=render_to_string("email/test.txt", context),
    )


def _deliveries() -> tuple[DeliveryRow, ...]:
    newest = OutboxMessage.objects.defer("text", "html", "images").order_by("-queued_at", "id")[:MOST_DELIVERIES]
    return tuple(
        DeliveryRow(
            kind=LETTERS.get(message.kind, "Letter"),
            recipient=message.recipient,
            subject=message.subject,
            state=cast("DeliveryState", message.state),
            at=message.sent_at or message.claimed_at or message.queued_at,
            error=message.error,
        )
        for message in newest
    )
