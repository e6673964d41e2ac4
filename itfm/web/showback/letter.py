"""The monthly letter of a cost center: its subject, its text, its HTML and its picture."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

import css_inline
import mrml
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from allocation.selectors import EVERYTHING
from itfm.accounts.models import Organization
from itfm.core.periods import period_name
from itfm.notify.preferences import Subscription, unsubscribe_token
from itfm.notify.services import Image, Letter
from itfm.web.display import MONTHS, money_text
from itfm.web.showback.actions import ActionRow, action_rows
from itfm.web.showback.movers import mover_address
from itfm.web.showback.picture import trend_png, trend_words
from itfm.web.showback.words import cause_sentence, clue_words, place_words, share_words, signed_percent
from showback.answers import Question, answer_token, probably_unowned
from showback.letters import KIND
from showback.models import CostCenter
from showback.selectors import subtree_codes
from showback.statement import Completeness, CurrencyStatement, Mover, Statement
from showback.statements import statement
from showback.unowned import Unowned

PICTURE: Final = "trend"


@dataclass(frozen=True, kw_only=True)
class CurrencySection:
    """The figures of one currency as the letter shows them: each line with its share in words."""

    statement: CurrencyStatement
    lines: tuple[tuple[object, str], ...]
    movers: tuple[tuple[Mover, str], ...]
    """The largest changes, each with the address of the page that takes it apart."""
    cause: str


@dataclass(frozen=True, kw_only=True)
class UnownedItem:
    """Cost that nobody owns and that is probably the reader's, with the links that say whether it is."""

    unowned: Unowned
    where: str
    why: str
    mine_url: str
    not_mine_url: str


@dataclass(frozen=True, kw_only=True)
class LetterPage:
    """What the letter shows."""

    organization_name: str
    is_demo: bool
    statement: Statement
    completeness: Completeness
    sections: tuple[CurrencySection, ...]
    unowned: tuple[UnownedItem, ...]
    actions: tuple[tuple[ActionRow, str], ...]
    """What would save the most, each with the address of the bill lines of its resource."""
    picture: str
    """The name of the inline picture."""
    picture_words: str
    url: str
    csv_url: str
    unsubscribe_url: str


def letter_of(center: CostCenter, period: date, email: str) -> Letter | None:
    """Return the letter of a cost center's period to an address; None when it had no cost.

    It has all of the cost center's figures: whoever is to get it may see them.
    """
    found = statement(center, period=period, visibility=EVERYTHING)
    if not found.currencies:
        return None
    first = found.currencies[0]
    months = found.trend.get(first.currency, {})
    subscription = Subscription(organization_id=center.organization_id, email=email, kind=KIND)
    unsubscribe_url = _absolute("unsubscribe", unsubscribe_token(subscription))
    page = _page(
        center,
        found,
        unowned=_unowned(center, period=period, email=email),
        unsubscribe_url=unsubscribe_url,
        words=trend_words(months, currency=first.currency),
    )
    return Letter(
        subject=_subject(found),
        text=render_to_string("email/showback.txt", {"page": page}),
        html=_html(page),
        kind=KIND,
        about={"period": period_name(period), "code": center.code, "name": center.name},
        headers={
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
        images=(Image(name=PICTURE, png=trend_png(months, currency=first.currency)),),
    )


def _page(
    center: CostCenter, found: Statement, *, unowned: tuple[UnownedItem, ...], unsubscribe_url: str, words: str
) -> LetterPage:
    organization = Organization.objects.get(pk=center.organization_id)
    month = "?" + urlencode({"period": period_name(found.period)})
    return LetterPage(
        organization_name=organization.name,
        is_demo=organization.is_demo,
        statement=found,
        completeness=found.completeness.without_sources(),
        sections=tuple(
            CurrencySection(
                statement=one,
                lines=tuple((line, share_words(line)) for line in one.lines),
                movers=tuple(
                    (mover, _at_site(mover_address(mover, found, currency=one.currency))) for mover in one.top_movers
                ),
                cause=cause_sentence(one),
            )
            for one in found.currencies
        ),
        unowned=unowned,
        actions=tuple((row, _at_site(row.url)) for row in action_rows(found)),
        picture=PICTURE,
        picture_words=words,
        url=_absolute("scorecard", center.address) + month,
        csv_url=_absolute("scorecard_csv", center.address) + month,
        unsubscribe_url=unsubscribe_url,
    )


def _unowned(center: CostCenter, *, period: date, email: str) -> tuple[UnownedItem, ...]:
    codes = subtree_codes([center.code])
    return tuple(
        _unowned_item(
            one,
            Question(
                organization_id=center.organization_id, code=center.code, name=center.name, place=one.place, email=email
            ),
        )
        for one in probably_unowned(center, period=period, codes=codes)
    )


def _unowned_item(one: Unowned, question: Question) -> UnownedItem:
    return UnownedItem(
        unowned=one,
        where=place_words(one.place),
        why=clue_words(one),
        mine_url=_absolute("spend_answer", answer_token(question, "mine")),
        not_mine_url=_absolute("spend_answer", answer_token(question, "not_mine")),
    )


def _subject(found: Statement) -> str:
    """Return the answer itself: `Payments, July: 41,280.00 USD (+6.1 %)`."""
    figures = [
        money_text(one.total.now, one.currency)
        + (f" ({signed_percent(one.total.change_percent)})" if one.total.change_percent is not None else "")
        for one in found.currencies
    ]
    return f"{found.name[:80]}, {MONTHS[found.period.month - 1]}: {', '.join(figures)}"


def _html(page: LetterPage) -> str:
    markup = render_to_string("email/showback.mjml", {"page": page})
    # XML has no place for control characters, which a name from a bill may carry.
    readable = "".join(one for one in markup if one in "\n\t" or unicodedata.category(one) != "Cc")
    made = mrml.to_html(readable, None, mrml.RenderOptions(fonts={})).content
    # Media queries cannot stand in a line; the style sheet stays for the mail programs that read it.
    inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
    return str(inliner.inline(made))


def _absolute(name: str, argument: str) -> str:
    return _at_site(reverse(name, args=[argument]))


def _at_site(path: str) -> str:
    return settings.SITE_URL.rstrip("/") + path if path else ""
