"""The outbox: a letter is written in the transaction that causes it, and sent once.

Claim, send with a fixed Message-ID, mark. A sender that dies between sending and marking leaves the letter *uncertain*:
it is shown, not sent again.
"""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.core.mail import EmailMultiAlternatives

from itfm.core.events import MessageQueued, publish
from itfm.core.tenancy import tenant
from itfm.notify.models import OutboxMessage

logger = structlog.get_logger(__name__)
CLAIM_LIFETIME = timedelta(minutes=10)
MOST_ATTEMPTS = 5
State = OutboxMessage.State


def queue_message(
    *, organization_id: UUID, key: str, recipient: str, subject: str, text: str, html: str = ""
) -> OutboxMessage:
    """Put a letter into the outbox; the same key again changes nothing."""
    message, is_new = OutboxMessage.objects.get_or_create(
        organization_id=organization_id,
        key=key,
        defaults={"recipient": recipient, "subject": subject, "text": text, "html": html},
    )
    if is_new:
        publish(MessageQueued(organization_id=organization_id))
    return message


def send_queued(organization_id: UUID, *, at: datetime) -> int:
    """Send what stands in the outbox and return how many letters went out."""
    _hold_stale_claims(organization_id, at=at)
    sent = 0
    while (message := _claim(organization_id, at=at)) is not None:
        sent += _send(message, at=at)
    return sent


def has_queued() -> bool:
    """Return whether the current organization's outbox holds letters to send."""
    return OutboxMessage.objects.filter(state=State.QUEUED).exists()


def _hold_stale_claims(organization_id: UUID, *, at: datetime) -> None:
    with tenant(organization_id):
        stale = OutboxMessage.objects.filter(state=State.CLAIMED, claimed_at__lt=at - CLAIM_LIFETIME)
        held = stale.update(state=State.UNCERTAIN)
    if held:
        logger.warning("outbox.uncertain", organization=str(organization_id), messages=held)


def _claim(organization_id: UUID, *, at: datetime) -> OutboxMessage | None:
    with tenant(organization_id):
        queued = OutboxMessage.objects.select_for_update(skip_locked=True).filter(
            state=State.QUEUED, attempts__lt=MOST_ATTEMPTS
        )
        message = queued.order_by("attempts", "queued_at", "id").first()
        if message is not None:
            message.state, message.claimed_at = State.CLAIMED, at
            message.attempts += 1
            message.save(update_fields=["state", "claimed_at", "attempts"])
        return message


def _send(message: OutboxMessage, *, at: datetime) -> int:
    letter = EmailMultiAlternatives(
        message.subject,
        message.text,
        to=[message.recipient],
        headers={"Message-ID": f"<{message.id}@itfm>"},
    )
    if message.html:
        letter.attach_alternative(message.html, "text/html")
    try:
        letter.send()
    except (OSError, smtplib.SMTPException) as error:
        gives_up = message.attempts >= MOST_ATTEMPTS
        _mark(message, state=State.FAILED if gives_up else State.QUEUED, error=str(error))
        if not gives_up:
            raise
        return 0
    # A letter may carry a secret, such as an invitation's; once it is out, only its reader has it.
    _mark(message, state=State.SENT, sent_at=at, text="", html="", error="")
    return 1


def _mark(message: OutboxMessage, **fields: object) -> None:
    with tenant(message.organization_id):
        OutboxMessage.objects.filter(pk=message.pk).update(**fields)
