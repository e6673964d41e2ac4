"""*Mine* and *not mine*: one click and a confirmation, no login; what only looks at the link changes nothing."""

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.urls import reverse

from allocation.models import AllocatedCost
from allocation.services.mart import replace_days
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.showback.letter import letter_of
from showback.answers import Question, answer_token
from showback.models import CostCenter, SpendAnswer
from showback.unowned import Place
from tests.conftest import member
from tests.showback.ledgers import OCTOBER, ledgers

LEAD = "lead@acme.example"
SPACE = "\N{NO-BREAK SPACE}"
STORAGE = Place(account="111", service="Storage")


@pytest.fixture
def unowned(acme):
    """October with accounts: Payments has 1,150 of the 1,450 owned in account 111; the 10 that nobody owns are there."""
    ledgers(acme)
    with tenant(acme.id):
        connection.cursor().execute(
            "UPDATE allocation_allocatedcost SET sub_account_id = CASE WHEN service_name = 'Logs' THEN '999' ELSE '111' END,"
            " service_name = CASE WHEN segment_id IN (SELECT id FROM allocation_segment WHERE dimension_values = '{}')"
            " THEN 'Storage' ELSE service_name END"
            " WHERE billing_period = '2026-10-01'"
        )
        assert AllocatedCost.objects.filter(service_name="Storage", billing_period=OCTOBER).count() == 1
        replace_days(acme.id, OCTOBER)
    return acme


def letter(organization, code="2010"):
    with tenant(organization.id):
        return letter_of(CostCenter.objects.get(code=code), OCTOBER, LEAD)


def links(text):
    mine, not_mine = (re.search(rf"{word}: (http\S+)", text)[1] for word in ("Mine", "Not mine"))
    return [address.split("8000", 1)[1] for address in (mine, not_mine)]


def saved(organization):
    with tenant(organization.id):
        return list(SpendAnswer.objects.values_list("code", "sub_account_id", "service_name", "answer", "answered_by"))


def token(organization, answer="mine", email=LEAD):
    question = Question(organization_id=organization.id, code="2010", name="Payments", place=STORAGE, email=email)
    return answer_token(question, answer)


def test_the_letter_asks_about_what_is_probably_its_readers(unowned):
    written = letter(unowned)

    # 1,000 + 200 of 1,000 + 200 + 300 owned in account 111: 80 %; the credit of 50 counts for nobody.
    assert (
        f"- Storage in account 111: 10.00{SPACE}USD. 80.0{SPACE}% of the owned cost in this account is yours."
        in written.text
    )
    assert "Storage in account 111" in written.html
    assert written.html.count("/spend-answer/") == written.text.count("/spend-answer/") == 2
    assert "/spend-answer/" not in letter(unowned, "2020").text


def test_looking_at_a_link_saves_nothing_and_one_click_says_it(client, unowned):
    client.handler.enforce_csrf_checks = True
    mine, _ = links(letter(unowned).text)

    asked = client.get(mine)
    assert asked.status_code == 200
    assert "Is this yours?" in asked.content.decode()
    assert saved(unowned) == []

    given = client.post(mine)

    assert "Payments (2010) owns it" in given.content.decode()
    assert saved(unowned) == [("2010", "111", "Storage", "mine", LEAD)]
    assert "/spend-answer/" not in letter(unowned).text


def test_the_last_word_counts_and_both_are_in_the_audit_log(client, unowned):
    mine, not_mine = links(letter(unowned).text)

    for address in (mine, mine, not_mine):
        client.post(address)

    assert saved(unowned) == [("2010", "111", "Storage", "not_mine", LEAD)]
    with tenant(unowned.id):
        events = AuditEvent.objects.filter(action="unowned_cost.answered").order_by("sequence")
        assert [(event.actor_name, event.changes) for event in events] == [
            (LEAD, {"answer": [None, "mine"]}),
            (LEAD, {"answer": ["mine", "not_mine"]}),
        ]


def test_an_answer_is_of_the_organization_that_asked(client, unowned, globex):
    client.post(reverse("spend_answer", args=[token(unowned)]))

    assert saved(globex) == []
    client.force_login(member(globex, Role.OWNER))
    assert LEAD not in client.get(reverse("showback")).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_changed_or_is_too_old_answers_nothing(client, acme, method):
    good = token(acme)
    changed = getattr(client, method)(reverse("spend_answer", args=[good[:-1] + ("A" if good[-1] != "A" else "B")]))
    with patch("django.core.signing.time.time", return_value=(datetime.now(UTC) + timedelta(days=61)).timestamp()):
        old = getattr(client, method)(reverse("spend_answer", args=[good]))

    assert (changed.status_code, old.status_code) == (404, 404)
    assert "This link is too old" in old.content.decode()
    assert saved(acme) == []


def test_those_who_see_the_whole_see_the_answers_and_begin_a_rule_from_one(client, unowned):
    client.post(reverse("spend_answer", args=[token(unowned)]))
    client.force_login(member(unowned, Role.ADMIN))

    showback = client.get(reverse("showback"), {"period": "2026-10"}).content.decode()
    coverage = client.get(
        reverse("allocation_coverage"), {"dimension": "cost_center", "period": "2026-01"}
    ).content.decode()

    for page in (showback, coverage):
        assert "Storage in account 111" in page
        assert "Payments (2010)" in page
        assert LEAD in page
    assert "rules/new?column=sub_account_id&amp;equals=111" in coverage
    assert "sub_account_id" not in showback


def test_a_colleague_with_a_scoped_role_sees_no_answers(client, unowned):
    client.post(reverse("spend_answer", args=[token(unowned)]))
    client.force_login(member(unowned, Role.ENGINEER))

    assert LEAD not in client.get(reverse("showback")).content.decode()
