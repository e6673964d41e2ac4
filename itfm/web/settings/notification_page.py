"""What the page of notifications shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from itfm.web.settings.page import SettingsPage

if TYPE_CHECKING:
    from django.forms import Form

DeliveryState = Literal["queued", "claimed", "sent", "uncertain", "failed"]


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """A letter and how far it got."""

    kind: str
    recipient: str
    subject: str
    state: DeliveryState
    at: datetime
    error: str


@dataclass(frozen=True, kw_only=True)
class NotificationsPage(SettingsPage):
    """Which letters go out, which the reader wants, and what became of the latest."""

    email: str
    next_period: date | None
    """None while the monthly letters are off; so is the moment they go out."""
    next_at: datetime | None
    addressee_count: int
    schedule_form: Form | None
    """None for those who may not change it."""
    wishes_form: Form
    deliveries: tuple[DeliveryRow, ...] | None
    """None for those who may not see what others get."""
    may_open_letters: bool
