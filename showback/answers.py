"""Whose cost without a cost center is: what is asked in a letter, the signed link that answers, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, cast
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from allocation.models import AllocationRun
from allocation.selectors import UnknownGroupingError, cost_rows, names_of, run_in_force
from itfm.audit.services import record
from itfm.core.keeping import kept
from itfm.core.tenancy import tenant
from showback.models import CostCenter, SpendAnswer
from showback.statements import DIMENSION, DIRECT
from showback.unowned import DirectCost, Place, Unowned, probably_of

SALT: Final = "itfm.showback.spend_answer"
LIFETIME: Final = timedelta(days=60)
"""As long as a letter can be answered: two more have come since."""

MOST_KEPT: Final = 50_000
"""Places and cost centers; of a larger organization they are worked out for each letter."""

AnswerWord = Literal["mine", "not_mine"]
WORDS: Final[dict[str, str]] = {"mine": "mine", "not_mine": "not mine"}


class AnswerLinkError(ValueError):
    """A link does not say what it answers; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whether cost in a place is of a cost center, asked of an address."""

    organization_id: UUID
    code: str
    name: str
    place: Place
    email: str


def answer_token(question: Question, answer: AnswerWord) -> str:
    """Return the text of a link that gives an answer, which only its receiver has."""
    place = question.place
    asked = [question.organization_id.hex, question.code, question.name, place.account, place.service, question.email]
    return signing.dumps([*asked, answer], salt=SALT, compress=True)


def answer_of(token: str) -> tuple[Question, AnswerWord]:
    """Return what a link is about, and what it answers.

    :raises AnswerLinkError: it is not ours, is damaged or too old.
    """
    try:
        organization_id, code, name, account, service, email, answer = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise AnswerLinkError("This link is too old. Use the one in the newest letter.") from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise AnswerLinkError("This link is incomplete. Copy the whole line from the letter.") from error
    question = Question(
        organization_id=UUID(hex=organization_id),
        code=code,
        name=name,
        place=Place(account=account, service=service),
        email=email,
    )
    return question, cast("AnswerWord", answer)


def give_answer(question: Question, answer: AnswerWord, *, at: datetime) -> None:
    """Save whose cost it is, as somebody says. The last answer counts; the same again changes nothing."""
    place = question.place
    with tenant(question.organization_id):
        saved, is_new = SpendAnswer.objects.select_for_update().get_or_create(
            organization_id=question.organization_id,
            code=question.code,
            sub_account_id=place.account,
            service_name=place.service,
            defaults={"answer": answer, "answered_by": question.email, "answered_at": at},
        )
        before = None if is_new else saved.answer
        if before == answer:
            return
        if not is_new:
            saved.answer, saved.answered_by, saved.answered_at = answer, question.email, at
            saved.save(update_fields=["answer", "answered_by", "answered_at"])
        record(
            "unowned_cost.answered",
            organization_id=question.organization_id,
            actor_id=None,
            actor_name=question.email,
            target=f"{question.code} {question.name}"[:200],
            summary=", ".join(filter(None, (place.account, place.service)))[:500],
            changes={"answer": [before, answer]},
        )


def answers() -> QuerySet[SpendAnswer]:
    """Return the answers in the current organization, the newest first."""
    return SpendAnswer.objects.order_by("-answered_at", "code", "sub_account_id", "service_name")


def probably_unowned(center: CostCenter, *, period: date, codes: Sequence[str]) -> list[Unowned]:
    """Return the cost of a period without a cost center that is probably of this one, and not answered for."""
    run = run_in_force(period)
    if run is None:
        return []
    costs = kept("direct", run.id, lambda _: _direct(run), is_worth_keeping=lambda found: len(found) <= MOST_KEPT)
    said = SpendAnswer.objects.filter(code=center.code).values_list("sub_account_id", "service_name")
    return probably_of(codes, costs, answered={Place(account=account, service=service) for account, service in said})


def _direct(run: AllocationRun) -> list[DirectCost]:
    """Return what of each cost center, and of none, arose where: the letters of a month all ask for it."""
    # By category, so that a credit lessens no evidence.
    by = ("sub_account_id", "service_name", DIMENSION, "origin", "charge_category")
    try:
        rows = cost_rows(run.billing_period, by=by, rule_set=names_of(run.rule_set))
    except UnknownGroupingError:
        return []
    return [
        DirectCost(
            place=Place(account=str(row.groups[0] or ""), service=str(row.groups[1] or "")),
            code=str(row.groups[2]) if row.groups[2] else None,
            currency=row.currency,
            cost=row.effective_cost,
        )
        for row in rows
        if row.groups[3] == DIRECT
    ]
