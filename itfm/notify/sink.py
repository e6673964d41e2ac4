"""The local sink: mail of a site that is only tried out is kept as files here, one per letter, instead of being sent.

A letter belongs to the organization whose outbox has the row that its Message-ID names. Nothing else in it is believed.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage as OutgoingMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from itfm.notify.models import OutboxMessage

BACKEND: Final = "itfm.notify.sink.SinkBackend"
STAMP: Final = "%Y%m%dT%H%M%S%fZ"
NOBODYS: Final = "site"
"""Stands in the name of a file where the letter is none of an outbox, such as one to confirm an address."""

_OWN_ID: Final = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@itfm>", re.ASCII)
_NAME: Final = re.compile(r"(\d{8}T\d{12}Z)-([0-9a-f-]{36})-[0-9a-f]{32}\.eml", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One time that the sink received a letter of an outbox."""

    message_id: UUID
    received_at: datetime
    path: Path


class SinkBackend(BaseEmailBackend):
    """Writes each letter into a file of its own, whole or not at all."""

    def send_messages(self, email_messages: Sequence[OutgoingMessage]) -> int:
        """Keep the letters and return how many."""
        folder = sink_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            _write(folder / _file_name(message, at=timezone.now()), message.message().as_bytes())
        return len(email_messages)


def sink_folder() -> Path:
    """Return where the letters lie."""
    return Path(settings.EMAIL_FILE_PATH)


def is_in_use() -> bool:
    """Return whether this site keeps its mail here instead of sending it."""
    return bool(settings.EMAIL_BACKEND == BACKEND)


def receipts() -> list[Receipt]:
    """Return what was received of the current organization's outbox, the newest first."""
    found = sorted(_found(), key=lambda one: (one.received_at, one.path.name), reverse=True)
    own = set(OutboxMessage.objects.filter(pk__in={one.message_id for one in found}).values_list("pk", flat=True))
    return [one for one in found if one.message_id in own]


def receipt_of(message_id: UUID) -> Receipt | None:
    """Return the newest receipt of a letter of the current organization's outbox; None when there is none."""
    if not OutboxMessage.objects.filter(pk=message_id).exists():
        return None
    found = [one for one in _found() if one.message_id == message_id]
    return max(found, key=lambda one: (one.received_at, one.path.name), default=None)


def letter_in(content: bytes) -> EmailMessage:
    """Return a letter as it can be read."""
    return BytesParser(policy=default).parsebytes(content)


def _found() -> Iterator[Receipt]:
    folder = sink_folder()
    for path in folder.iterdir() if folder.is_dir() else ():
        if (name := _NAME.fullmatch(path.name)) and path.is_file():
            received_at = datetime.strptime(name[1], STAMP).replace(tzinfo=UTC)
            yield Receipt(message_id=UUID(name[2]), received_at=received_at, path=path)


def _file_name(message: Any, *, at: datetime) -> str:
    """Return a name that tells when the letter came and which row of an outbox it is."""
    own = _OWN_ID.fullmatch(str(message.extra_headers.get("Message-ID", "")))
    return f"{at.astimezone(UTC):{STAMP}}-{own[1] if own else NOBODYS}-{uuid4().hex}.eml"


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).replace(path)
