"""Who wants no letters of a kind, and the signed link by which anybody says so without logging in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction

from itfm.audit.services import record
from itfm.core.tenancy import tenant
from itfm.notify.models import NotificationPreference

SALT: Final = "itfm.notify.unsubscribe"
LIFETIME: Final = timedelta(days=400)
KINDS: Final = {"showback": "Monthly showback letter"}
"""What one can unsubscribe from, and how it is called."""
LETTERS: Final = {**KINDS, "invitation": "Invitation", "test": "Test letter"}
"""Every kind of letter."""


class UnsubscribeLinkError(ValueError):
    """A link does not say who wants to be left alone; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Letters of one kind from one organization to one address."""

    organization_id: UUID
    email: str
    kind: str


def unsubscribe_token(subscription: Subscription) -> str:
    """Return the text of a link that only its receiver has."""
    parts = [subscription.organization_id.hex, subscription.kind, subscription.email]
    return signing.dumps(parts, salt=SALT)


def subscription_of(token: str) -> Subscription:
    """Return what a link is about.

    :raises UnsubscribeLinkError: it is not ours, is damaged or too old.
    """
    try:
        organization_id, kind, email = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise UnsubscribeLinkError("This link is too old. Use the one in the newest letter.") from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise UnsubscribeLinkError("This link is incomplete. Copy the whole line from the letter.") from error
    return Subscription(organization_id=UUID(hex=organization_id), email=email, kind=kind)


def is_unsubscribed(subscription: Subscription) -> bool:
    """Return whether the address wants no letters of the kind; inside the organization's transaction."""
    found = NotificationPreference.objects.filter(kind=subscription.kind, email__iexact=subscription.email)
    return found.exists()


def unsubscribe(subscription: Subscription, *, at: datetime) -> None:
    """Send the address no letters of the kind any more. Doing so twice changes nothing."""
    with tenant(subscription.organization_id):
        if is_unsubscribed(subscription):
            return
        try:
            with transaction.atomic():
                NotificationPreference.objects.create(
                    organization_id=subscription.organization_id,
                    email=subscription.email.lower(),
                    kind=subscription.kind,
                    unsubscribed_at=at,
                )
        except IntegrityError:
            return  # said at the same time by another click
        _record("letters.unsubscribed", subscription)


def subscribe_again(subscription: Subscription) -> None:
    """Send the address letters of the kind again. Doing so twice changes nothing."""
    with tenant(subscription.organization_id):
        found = NotificationPreference.objects.filter(kind=subscription.kind, email__iexact=subscription.email)
        deleted, _ = found.delete()
        if deleted:
            _record("letters.subscribed", subscription)


def _record(action: str, subscription: Subscription) -> None:
    record(
        action,
        organization_id=subscription.organization_id,
        actor_id=None,
        actor_name=subscription.email,
        target=KINDS.get(subscription.kind, subscription.kind),
    )
