"""What the showback pages show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from itfm.web.components import Paging, State
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.showback.actions import ActionRow
from showback.statement import Completeness, CurrencyStatement, Line, Months, Mover, Statement

if TYPE_CHECKING:
    from django.forms import Form


@dataclass(frozen=True, kw_only=True)
class CenterRow:
    """A cost center with all below it, in one currency; `address` is how its page is named."""

    code: str
    name: str
    address: str
    owner_email: str
    depth: int
    below: int
    """How many stand directly below it."""
    months: Months


@dataclass(frozen=True, kw_only=True)
class CurrencyTree:
    """The tree, or one level of it, in one currency, what belongs to no cost center, and their sum."""

    currency: str
    rows: tuple[CenterRow, ...]
    itself: Months | None
    """What the cost center whose level this is has of its own; None at the top."""
    outside: Months | None
    """None for somebody who sees a part only, and below the top."""
    total: Months | None
    """Of the topmost rows and what is outside, or of the branch; None for what a search finds."""


@dataclass(frozen=True, kw_only=True)
class TreePart:
    """Which part of a large tree is shown: a level, or what a search finds, a page of it at a time."""

    is_whole: bool
    text: str
    under: str
    """Address of the cost center whose level this is; empty at the top."""
    under_name: str
    path: tuple[tuple[str, str], ...]
    """Name and address of what stands above it, from the top."""
    paging: Paging
    query: str
    """What else than the page stands in the address."""


@dataclass(frozen=True, kw_only=True)
class ShowbackPage:
    """All cost centers somebody may see."""

    shell: Shell
    period: PeriodChoice
    currencies: tuple[CurrencyTree, ...]
    completeness: Completeness
    part: TreePart
    has_centers: bool
    is_scoped: bool
    may_write: bool
    answers: tuple[AnswerRow, ...] = ()
    """What people said of cost without a cost center, for those who see the whole organization."""


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One part of the total, in words where it is a share; `query` is the slice it is the sum of."""

    line: Line
    share: str
    query: str


@dataclass(frozen=True, kw_only=True)
class MonthCost:
    """What one month cost."""

    month: date
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class CurrencyCard:
    """The figures in one currency with their sentence and their trend."""

    statement: CurrencyStatement
    lines: tuple[LineRow, ...]
    movers: tuple[tuple[Mover, str], ...]
    """The largest changes, each with the address in Explore that takes it apart."""
    cause: str
    query: str
    effect: Decimal | None
    figure: Mapping[str, Any]
    trend: tuple[MonthCost, ...]


@dataclass(frozen=True, kw_only=True)
class ScorecardPage:
    """One cost center in one period."""

    shell: Shell
    period: PeriodChoice
    statement: Statement
    completeness: Completeness
    address: str
    path: tuple[tuple[str, str], ...]
    """Name and address of the cost centers above, as far as somebody may see them."""
    owner_email: str
    cards: tuple[CurrencyCard, ...]
    owner_form: Form | None
    """None for those who may not change it."""
    actions: tuple[ActionRow, ...] = ()
    """What would save the most, as providers estimate it."""


@dataclass(frozen=True, kw_only=True)
class PreviewPage:
    """A letter before it goes out; without a subject there is nothing to write about."""

    shell: Shell
    period: PeriodChoice
    name: str
    address: str
    owner_email: str
    person_email: str
    subject: str = ""
    text: str = ""


LetterState = Literal["queued", "claimed", "sent", "uncertain", "failed"]


@dataclass(frozen=True, kw_only=True)
class LetterRow:
    """One letter that was written."""

    id: UUID
    period: date | None
    center: str
    recipient: str
    subject: str
    state: LetterState
    at: datetime
    error: str


@dataclass(frozen=True, kw_only=True)
class NextLetters:
    """What the schedule will do: the period that is due and why it waits, and the one after."""

    due: date
    reasons: tuple[str, ...]
    missing: int
    """How many letters of the period that is due are not written yet."""
    period: date
    at: datetime


@dataclass(frozen=True, kw_only=True)
class LettersPage:
    """Which letters went out and when the next ones will."""

    shell: Shell
    letters: tuple[LetterRow, ...]
    paging: Paging
    form: Form
    next: NextLetters | None
    """None while the schedule is off."""
    addressee_count: int


@dataclass(frozen=True, kw_only=True)
class UnsubscribePage:
    """Whether to stop letters of a kind; with an `error`, why the link cannot be used."""

    token: str
    email: str = ""
    kind_name: str = ""
    answer: Literal["", "stopped", "again"] = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class SpendAnswerPage:
    """Whether cost that nobody owns is a cost center's; with an `error`, why the link cannot be used."""

    where: str = ""
    center: str = ""
    answer: str = ""
    """`mine`, or `not mine`."""
    is_given: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """What somebody said of cost that nobody owns."""

    where: str
    center: str
    answer: State
    by: str
    at: datetime
    rule_url: str = ""
    """Where a rule for it begins; empty where there is none to begin."""
