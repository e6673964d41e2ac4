"""From the answers to letters to the rows that show them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from itfm.web.components import State
from itfm.web.showback.page import AnswerRow
from itfm.web.showback.words import place_words
from showback.answers import answers
from showback.models import CostCenter, SpendAnswer
from showback.unowned import Place

MOST: Final = 50
STATES: Final = {
    SpendAnswer.Answer.MINE: State(label="Mine", tone="good", icon="check"),
    SpendAnswer.Answer.NOT_MINE: State(label="Not mine", icon="cross"),
}


def answer_rows(*, dimension: str = "") -> tuple[AnswerRow, ...]:
    """Return the newest answers; with a dimension each cost that somebody owns leads to a rule of it."""
    found = list(answers()[:MOST])
    names = dict(CostCenter.objects.without_tree_fields().values_list("code", "name"))
    return tuple(
        AnswerRow(
            where=place_words(Place(account=one.sub_account_id, service=one.service_name)),
            center=f"{names[one.code]} ({one.code})" if one.code in names else one.code,
            answer=STATES[SpendAnswer.Answer(one.answer)],
            by=one.answered_by,
            at=one.answered_at,
            rule_url=_rule_url(one, dimension),
        )
        for one in found
    )


def _rule_url(one: SpendAnswer, dimension: str) -> str:
    """Return where a rule begins for the account, or for the service where the bill names no account."""
    if not dimension or one.answer != SpendAnswer.Answer.MINE:
        return ""
    column, text = ("sub_account_id", one.sub_account_id) if one.sub_account_id else ("service_name", one.service_name)
    return f"{reverse('allocation_rule', args=[dimension, 'new'])}?{urlencode({'column': column, 'equals': text})}"
