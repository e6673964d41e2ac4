"""From what the sink received to the local mail pages."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator

from itfm.notify.models import OutboxMessage
from itfm.notify.sink import Receipt, letter_in, receipt_of, receipts
from itfm.web.components import Link, Paging
from itfm.web.mail.page import MailLetterPage, MailPage, MailRow
from itfm.web.mail.reading import html_of, links_of, text_of
from itfm.web.shell.page import Shell

PER_PAGE: Final = 50


def mail_page(*, shell: Shell, number: str) -> MailPage:
    """Return the organization's letters, the newest first."""
    part = Paginator(receipts(), PER_PAGE).get_page(number)
    messages = OutboxMessage.objects.in_bulk([one.message_id for one in part])
    return MailPage(
        shell=shell,
        letters=tuple(_row(one, messages[one.message_id]) for one in part),
        paging=Paging(number=part.number, count=part.paginator.count, per_page=PER_PAGE),
    )


def _row(receipt: Receipt, message: OutboxMessage) -> MailRow:
    return MailRow(
        id=receipt.message_id,
        recipient=message.recipient,
        subject=message.subject,
        received_at=receipt.received_at,
    )


def letter_page(message_id: UUID, *, shell: Shell) -> MailLetterPage | None:
    """Return a letter of the organization; None when the sink has none of that id."""
    receipt = receipt_of(message_id)
    if receipt is None:
        return None
    letter = letter_in(receipt.path.read_bytes())
    html = html_of(letter)
    path_from = len(settings.SITE_URL.rstrip("/"))
    return MailLetterPage(
        shell=shell,
        id=message_id,
        subject=str(letter["Subject"]),
        recipient=str(letter["To"]),
        received_at=receipt.received_at,
        headers=tuple((name, str(value)) for name, value in letter.items()),
        text=text_of(letter),
        has_html=bool(html),
        links=tuple(
            Link(label=words, url=address[path_from:]) for words, address in links_of(html, site=settings.SITE_URL)
        ),
    )


def letter_html(message_id: UUID) -> str:
    """Return the HTML of a letter of the organization; empty when there is none."""
    receipt = receipt_of(message_id)
    return html_of(letter_in(receipt.path.read_bytes())) if receipt else ""
