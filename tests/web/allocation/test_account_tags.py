"""Tags of accounts: what inherits them, how an admin gives them, and where they show."""

import re

import pytest
from django.urls import reverse

from allocation.engine.rules import parse
from allocation.models import RuleDraft
from allocation.services import publish_rules
from allocation.services.runs import allocate
from allocation.working import working_rules
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge, day
from tests.conftest import NOW, member

RULES = """
version: 1
tag_aliases: {team: [Squad]}
virtual_tags:
  shop-prod: {team: retail, env: prod}
dimensions:
- key: team
  name: Team
  rules:
  - {name: by tag, when: {tag: team, exists: true}, value: {tag: team}}
"""
CHARGES = [
    charge("50", tags={"Squad": "web"}, sub_account_id="shop-prod", service_name="EC2"),
    charge("20", sub_account_id="shop-prod", service_name="EC2", on=2),
    charge("4", tags={"env": "prod"}, sub_account_id="lab", service_name="S3"),
]


@pytest.fixture
def given(acme, owner):
    bill_in_force(acme, CHARGES, keeps_lines=True)
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)


def working(acme):
    with tenant(acme.id):
        return working_rules().rules


def lock(acme):
    with tenant(acme.id):
        draft = RuleDraft.objects.filter(state=RuleDraft.State.OPEN).first()
    return draft.lock if draft else 0


def page_of(client, view="allocation_account_tags", **query):
    return client.get(reverse(view), query).content.decode()


def words_of(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def form(**more):
    return {"was": "shop-prod", "account": "shop-prod", "tags": "team = retail", "lock": "0", **more}


def send(client, **more):
    return client.post(reverse("allocation_account_tags"), form(**more))


def test_the_list_tells_what_inherits_each_tag(given, client):
    listed = page_of(client, "allocation_tags").split('id="accounts"')[1].split("</section>")[0]

    assert [one.split('"')[0] for one in listed.split('data-exact="')[1:]] == ["20", "70"]
    assert "shop-prod team : retail" in words_of(listed)


def test_a_form_is_counted_before_it_is_saved(acme, given, client):
    answer = client.post(
        reverse("allocation_account_tags"),
        form(was="", account="lab", tags="team = research\nenv = test\nx = y", do="count"),
        headers={"HX-Request": "true"},
    )

    part = answer.content.decode()
    assert "<html" not in part
    assert [one.split('"')[0] for one in part.split('data-exact="')[1:]] == ["4", "4"]
    assert "0 charges" in words_of(part)
    assert lock(acme) == 0


def test_tags_are_saved_in_the_draft_and_undone(acme, given, client):
    answer = send(client, account="shop", tags=" aws:team = a = b \r\n\r\nunit=7\r\n")

    assert answer.status_code == 302
    assert working(acme).virtual_tags == {"shop": {"aws:team": "a = b", "unit": "7"}}
    client.post(reverse("allocation_undo"), {"lock": lock(acme)})
    assert working(acme).virtual_tags == {"shop-prod": {"team": "retail", "env": "prod"}}


def test_tags_of_an_account_are_deleted(acme, given, client):
    client.post(reverse("allocation_account_tags_delete"), {"account": "shop-prod", "lock": "0"})
    assert working(acme).virtual_tags == {}
    gone = client.post(
        reverse("allocation_account_tags_delete"), {"account": "shop-prod", "lock": lock(acme)}, follow=True
    )
    assert "has no tags any more" in gone.content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"account": " "}, "Account: write its id as the bill has it"),
        ({"tags": " \n"}, "Tags: write at least one, as in team = retail"),
        ({"tags": "team"}, "Tag “team”: write the key, = and the value, as in team = retail"),
        ({"tags": "= x"}, "Tag “= x”: write the key, = and the value"),
        ({"tags": "a = 1\na = 2"}, "Tag “a”: stands 2 times; keep one"),
        ({"tags": "team = 1\nSquad = 2"}, "Account shop-prod: &#x27;Squad&#x27; and &#x27;team&#x27; count as one key; keep one of them"),
        ({"was": ""}, "has tags already. Open it and add to them."),
        ({"was": "gone"}, "has no tags any more. Load the page again."),
        ({"account": "k" * 2001}, "shorten the text: it is too long"),
    ],
)  # fmt: skip
def test_what_is_refused_stands_in_the_form_with_the_reason(acme, given, client, fields, said):
    answer = send(client, **fields)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert lock(acme) == 0


def test_a_form_from_an_old_page_is_refused_and_keeps_what_was_typed(acme, given, client):
    client.post(reverse("allocation_tags_similar"), {"lock": "0", "similar": "on"})

    answer = send(client, tags="team = x")

    assert answer.status_code == 409
    assert ">team = x</textarea>" in answer.content.decode()


def test_an_unknown_account_is_not_found_and_a_new_form_shows_no_problem(given, client):
    assert client.get(reverse("allocation_account_tags"), {"account": "nothing"}).status_code == 404
    assert "errorlist" not in page_of(client)
    assert "team = retail\nenv = prod</textarea>" in page_of(client, account="shop-prod")


def test_the_review_says_the_tags_in_words_and_which_charges_change_their_value(acme, given, client):
    send(client, tags="team = web")

    page = page_of(client, "allocation_review")

    assert "Tags of account shop-prod" in page
    assert "<del>team: retail, env: prod</del>" in page
    moved = page.split("What changes its team")[1].split("</section>")[0]
    assert words_of(moved.split("<tbody>")[1]).startswith("retail web 1 20.00 USD")


def test_a_line_says_from_which_account_it_has_a_tag(given, client):
    inherited = page_of(client, "allocation_trace", line="sub_account_id = shop-prod")
    own = page_of(client, "allocation_trace", line="sub_account_id = shop-prod\ntag Squad = web")

    assert "the line has <code>retail</code> from account <code>shop-prod</code>" in inherited
    assert "the line has <code>web</code> under <code>Squad</code>" in own
    assert "from account" not in own


def test_bill_lines_mark_what_they_inherit_by_the_rules_of_their_run(acme, given, client):
    allocate(acme.id, period=day(1))
    with tenant(acme.id):
        publish_rules(parse(RULES.replace("retail", "later")), organization_id=acme.id, published_by=None, at=NOW)

    explained = page_of(client, "explain", period="2026-10", currency="USD")
    explored = page_of(client, "explore_lines", **{"from": "2026-10", "to": "2026-10"}, currency="USD", level="lines")

    assert explained.count("inherits team: retail (from account shop-prod)") == 1
    assert explained.count("inherits env: prod (from account shop-prod)") == 2
    assert "later" not in explained
    assert explored.count("inherits team: retail; inherits env: prod") == 1


def test_a_run_gives_charges_the_tags_of_their_account_and_another_when_they_change(acme, given):
    first = allocate(acme.id, period=day(1))
    assert allocate(acme.id, period=day(1)).id == first.id
    with tenant(acme.id):
        publish_rules(parse(RULES.replace("retail", "shop")), organization_id=acme.id, published_by=None, at=NOW)

    second = allocate(acme.id, period=day(1))

    assert second.id != first.id
    assert second.inputs_sha256 != first.inputs_sha256
    assert second.proof["holds"] is True


def test_finance_reads_tags_and_changes_none(acme, given, client):
    client.force_login(member(acme, Role.FINANCE, "fin@acme.example"))

    page = page_of(client, "allocation_tags")

    assert "shop-prod" in page
    assert "Add an account" not in page
    assert send(client).status_code == 403
    assert client.post(reverse("allocation_account_tags_delete"), {"account": "shop-prod"}).status_code == 403
    assert lock(acme) == 0


def test_another_organization_sees_none_of_it(acme, globex, given, client):
    client.force_login(member(globex, Role.OWNER))

    assert "shop-prod" not in page_of(client, "allocation_tags")
    assert client.get(reverse("allocation_account_tags"), {"account": "shop-prod"}).status_code == 404
