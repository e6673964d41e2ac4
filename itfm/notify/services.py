"""The outbox: a letter is written in the transaction that causes it, and sent once.

Claim, send with a fixed Message-ID, mark. A sender that dies between sending and marking leaves the letter *uncertain*:
it is shown, not sent again.
"""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.mime.image import MIMEImage
from uuid import UUID

import structlog
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from itfm.audit.services import Actor, record
from itfm.core.events import MessageQueued, publish
from itfm.core.tenancy import tenant
from itfm.notify.models import OutboxMessage

logger = structlog.get_logger(__name__)
CLAIM_LIFETIME = timedelta(minutes=10)
MOST_ATTEMPTS = 5
State = OutboxMessage.State


@dataclass(frozen=True, kw_only=True)
class Image:
    """A PNG inside a letter; its HTML shows it as `cid:<name>`."""

    name: str
    png: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a letter says. `kind` tells letters apart, and some can be unsubscribed from; `about` is for lists."""

    subject: str
    text: str
    html: str = ""
    kind: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    images: tuple[Image, ...] = ()


def queue_message(
    *, organization_id: UUID, key: str, recipient: str, subject: str, text: str, html: str = ""
) -> OutboxMessage:
    """Put a letter into the outbox; the same key again changes nothing."""
    letter = Letter(subject=subject, text=text, html=html)
    return queue_letter(letter, organization_id=organization_id, key=key, recipient=recipient)[0]


def queue_letter(letter: Letter, *, organization_id: UUID, key: str, recipient: str) -> tuple[OutboxMessage, bool]:
    """Put a letter into the outbox and return it, and whether it is new; the same key again changes nothing."""
    message, is_new = OutboxMessage.objects.get_or_create(
        organization_id=organization_id,
        key=key,
        defaults={
            "kind": letter.kind,
            "about": dict(letter.about),
            "recipient": recipient,
            "subject": one_line(letter.subject)[:200],
            "text": letter.text,
            "html": letter.html,
            "headers": {name: one_line(value) for name, value in letter.headers.items()},
            "images": [{"name": image.name, "base64": base64.b64encode(image.png).decode()} for image in letter.images],
        },
    )
    if is_new:
        publish(MessageQueued(organization_id=organization_id))
    return message, is_new


def one_line(text: str) -> str:
    """Return the text as a header can hold it: nothing in it starts another line or another header."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def send_again(message_id: UUID, *, by: Actor) -> bool:
    """Put a letter that was given up back into the queue; of any other state, change nothing and return False."""
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update().get(pk=message_id)
        if message.state != State.FAILED:
            return False
        message.state, message.attempts, message.error = State.QUEUED, 0, ""
        message.save(update_fields=["state", "attempts", "error"])
        record(
            "letter.sent_again",
            organization_id=message.organization_id,
            actor_id=by.id,
            actor_name=by.name,
            target=message.recipient,
            summary=message.subject,
        )
        publish(MessageQueued(organization_id=message.organization_id))
    return True


class _Mail(EmailMultiAlternatives):
    """A letter whose attachments belong to its HTML."""

    mixed_subtype = "related"


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
    letter = _mail(message)
    try:
        letter.send()
    except (OSError, smtplib.SMTPException) as error:
        gives_up = message.attempts >= MOST_ATTEMPTS
        _mark(message, state=State.FAILED if gives_up else State.QUEUED, error=str(error))
        if not gives_up:
            raise
        return 0
    # A letter may carry a secret, such as an invitation's; once it is out, only its reader has it.
    _mark(message, state=State.SENT, sent_at=at, text="", html="", images=[], error="")
    return 1


def _mark(message: OutboxMessage, **fields: object) -> None:
    with tenant(message.organization_id):
        OutboxMessage.objects.filter(pk=message.pk).update(**fields)


def _mail(message: OutboxMessage) -> EmailMultiAlternatives:
    """Return the message as it goes out; its Message-ID is fixed, so that one sent twice would be known as one."""
    letter = _Mail(
        message.subject,
        message.text,
        to=[message.recipient],
        headers={**message.headers, "Message-ID": f"<{message.id}@itfm>"},
    )
    if message.html:
        letter.attach_alternative(message.html, "text/html")
    for image in message.images:
        part = MIMEImage(base64.b64decode(image["base64"]), "png")
        part.add_header("Content-ID", f"<{image['name']}>")
        part.add_header("Content-Disposition", "inline", filename=f"{image['name']}.png")
        letter.attach(part)
    return letter
