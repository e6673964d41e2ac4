"""From letters and their schedule to the pages about them."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Final, cast

from django.core.paginator import Paginator
from django.forms import Form

from allocation.selectors import run_in_force
from itfm.core.periods import PeriodError, parse_period
from itfm.notify.models import OutboxMessage
from itfm.notify.services import Letter
from itfm.web.components import Paging
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.showback.letter import letter_of
from itfm.web.showback.page import LetterRow, LettersPage, LetterState, NextLetters, PreviewPage
from showback.completeness import completeness_of
from showback.letters import addressees, due_period, letters, missing_letters, schedule
from showback.models import CostCenter, LetterSchedule
from showback.schedule import next_due

PER_PAGE: Final = 50


def preview_page(center: CostCenter, *, shell: Shell, period: PeriodChoice, email: str) -> PreviewPage:
    """Return the letter as it would go to `email`."""
    written = letter_of(center, period.shown, email)
    return PreviewPage(
        shell=shell,
        period=period,
        name=center.name,
        address=center.address,
        owner_email=center.owner_email,
        person_email=email,
        subject=written.subject if written else "",
        text=written.text if written else "",
    )


def shown_html(letter: Letter) -> str:
    """Return the letter's HTML with its pictures inside, for a frame that loads nothing."""
    html = letter.html
    for image in letter.images:
        data = base64.b64encode(image.png).decode()
        html = html.replace(f'src="cid:{image.name}"', f'src="data:image/png;base64,{data}"')
    return html


def letters_page(*, shell: Shell, form: Form, number: str, at: datetime) -> LettersPage:
    """Return the letters, the newest first, and what the schedule will do."""
    part = Paginator(letters(), PER_PAGE).get_page(number)
    saved = schedule()
    return LettersPage(
        shell=shell,
        letters=tuple(_row(message) for message in part),
        paging=Paging(number=part.number, count=part.paginator.count, per_page=PER_PAGE),
        form=form,
        next=_next(saved, at=at) if saved and saved.is_on else None,
        addressee_count=len(addressees()),
    )


def _next(saved: LetterSchedule, *, at: datetime) -> NextLetters:
    due = due_period(saved, at=at)
    period, moment = next_due(at, business_day=saved.business_day, hour=saved.hour, time_zone=saved.time_zone)
    return NextLetters(
        due=due,
        reasons=completeness_of(due, run=run_in_force(due)).reasons,
        missing=len(missing_letters(due)),
        period=period,
        at=moment,
    )


def _row(message: OutboxMessage) -> LetterRow:
    return LetterRow(
        id=message.id,
        period=_period(str(message.about.get("period", ""))),
        center=f"{message.about.get('name', '')} {message.about.get('code', '')}".strip(),
        recipient=message.recipient,
        subject=message.subject,
        state=cast("LetterState", message.state),
        at=message.sent_at or message.claimed_at or message.queued_at,
        error=message.error,
    )


def _period(text: str) -> date | None:
    try:
        return parse_period(text)
    except PeriodError:
        return None
