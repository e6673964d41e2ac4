"""The pages of rules without a browser: what is added, counted, saved, refused, taken back and published."""

import pytest
from django.urls import reverse

from allocation.models import RuleSet
from allocation.working import working_rules
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member

RULE = {
    "when-type": "group", "when-mode": "all", "when.0-type": "test", "when.0-kind": "tag", "when.0-key": "team",
    "when.0-operator": "present", "value_kind": "taken", "place.0-kind": "tag", "place.0-key": "team", "name": "by tag",
}  # fmt: skip
ADD = {"operation": "add_dimension", "new_key": "team", "name": "Team"}


def rules(acme):
    with tenant(acme.id):
        return working_rules()


def post(client, name, data, *arguments, **options):
    return client.post(reverse(name, args=arguments), data, follow=True, **options)


@pytest.fixture
def with_team(acme, october, owner, client):
    post(client, "allocation_change", ADD | {"lock": "0"})


def test_a_dimension_is_added_to_a_draft_and_its_page_opens(acme, with_team, client):
    page = client.get(reverse("allocation_dimension", args=["team"]))

    assert page.status_code == 200
    assert "No rule yet" in page.content.decode()
    assert rules(acme).lock == 1


def test_a_rule_is_counted_before_it_is_saved(acme, with_team, client):
    page = post(client, "allocation_rule", RULE | {"lock": "1", "do": "count"}, "team", "new")

    assert 'data-exact="100"' in page.content.decode()
    assert rules(acme).rules.dimensions[0].rules == ()


def test_a_rule_is_saved_and_its_money_stands_beside_it(acme, with_team, client):
    page = post(client, "allocation_rule", RULE | {"lock": "1", "do": "save"}, "team", "new").content.decode()

    assert rules(acme).rules.dimensions[0].rules[0].name == "by tag"
    assert 'data-exact="100"' in page
    assert 'data-exact="10.5"' in page  # what no rule catches


def test_the_rest_is_suggested_by_money(acme, with_team, client):
    post(client, "allocation_rule", RULE | {"lock": "1", "do": "save"}, "team", "new")

    page = client.get(reverse("allocation_dimension", args=["team"])).content.decode()

    assert page.index("Where service name is EC2") < page.index("Where service name is S3")
    assert "?column=service_name&amp;equals=EC2" in page


def test_a_rule_that_is_none_is_refused_at_its_test_and_nothing_typed_is_lost(acme, with_team, client):
    bad = RULE | {"lock": "1", "do": "save", "when.0-operator": "matches", "when.0-texts": "(unclosed"}

    page = client.post(reverse("allocation_rule", args=["team", "new"]), bad)

    assert page.status_code == 422
    assert "Dimension Team, rule 1 (by tag), condition, matches" in page.content.decode()
    assert "(unclosed" in page.content.decode()
    assert rules(acme).lock == 1


def test_a_button_of_the_form_adds_a_test_and_saves_nothing(acme, with_team, client):
    page = post(client, "allocation_rule", RULE | {"lock": "1", "do": "add-test:when"}, "team", "new").content.decode()

    assert 'name="when.1-key"' in page
    assert rules(acme).lock == 1


def test_a_rule_saved_from_an_old_page_is_refused_and_says_who_was_faster(acme, with_team, client):
    post(client, "allocation_rule", RULE | {"lock": "1", "do": "save"}, "team", "new")

    page = client.post(reverse("allocation_rule", args=["team", "new"]), RULE | {"lock": "1", "do": "save"})

    assert page.status_code == 409
    assert "owner@acme.example has changed the draft" in page.content.decode()


def test_rules_move_and_go_and_come_back(acme, with_team, client):
    post(client, "allocation_rule", RULE | {"lock": "1", "do": "save"}, "team", "new")
    post(client, "allocation_rule", RULE | {"lock": "2", "do": "save", "name": "second"}, "team", "new")
    names = lambda: [rule.name for rule in rules(acme).rules.dimensions[0].rules]  # noqa: E731

    post(client, "allocation_change", {"operation": "move_rule", "key": "team", "number": "1", "to": "0", "lock": "3"})
    assert names() == ["second", "by tag"]
    post(client, "allocation_change", {"operation": "delete_rule", "key": "team", "number": "0", "lock": "4"})
    assert names() == ["by tag"]
    post(client, "allocation_undo", {"lock": "5"})
    assert names() == ["second", "by tag"]
    post(client, "allocation_redo", {"lock": "6"})
    assert names() == ["by tag"]


def test_the_review_shows_words_and_money_and_publishes(acme, with_team, client):
    post(client, "allocation_rule", RULE | {"lock": "1", "do": "save"}, "team", "new")

    page = client.get(reverse("allocation_review")).content.decode()
    assert "Dimension Team" in page
    assert 'data-exact="110.5"' in page
    assert 'data-exact="10.5"' in page
    answer = post(client, "allocation_review", {"lock": "2"})

    assert "Version 1 is in force" in answer.content.decode()
    with tenant(acme.id):
        assert RuleSet.objects.get().dimensions == [{"key": "team", "name": "Team"}]


def test_a_draft_is_discarded_and_restored(acme, with_team, client):
    post(client, "allocation_discard", {"lock": "1"})
    assert rules(acme).draft is None

    page = client.get(reverse("allocation")).content.decode()
    address = page.split('action="/allocation/draft/')[1].split('"')[0]
    client.post(f"/allocation/draft/{address}")

    assert rules(acme).lock == 3


def test_texts_are_completed_from_the_bills(acme, with_team, client):
    found = client.get(reverse("allocation_texts"), {"kind": "column", "key": "service_name", "q": "ec"})

    assert found.json() == {"items": [{"value": "EC2", "label": "EC2", "hint": ""}], "has_more": False}


@pytest.mark.parametrize(
    "query", [{"kind": "column", "key": "tags"}, {"kind": "x", "key": "y"}, {"kind": "dimension", "key": "'; --"}, {}]
)
def test_nothing_is_completed_where_rules_may_not_look(acme, with_team, client, query):
    assert client.get(reverse("allocation_texts"), query).json() == {"items": [], "has_more": False}


def test_hostile_names_are_shown_as_text(acme, with_team, client):
    hostile = "<script>alert(1)</script>\"' onload="
    post(client, "allocation_rule", RULE | {"lock": "1", "do": "save", "name": hostile}, "team", "new")

    for address in (reverse("allocation_dimension", args=["team"]), reverse("allocation_rule", args=["team", 0])):
        assert "<script>alert(1)" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"operation": "add_dimension", "new_key": "Not A Key", "name": "x"},
        {"operation": "add_dimension", "new_key": "team", "name": "again"},
        {"operation": "delete_entry", "kind": "splits", "key": "gone"},
    ],
)
def test_a_change_that_cannot_be_is_told_and_changes_nothing(acme, with_team, client, data):
    page = post(client, "allocation_change", data | {"lock": "1"})

    assert "Not changed." in page.content.decode()
    assert rules(acme).lock == 1


@pytest.mark.parametrize(
    "data",
    [{"operation": "x"}, {"operation": "move_rule", "number": "-1"}, {"operation": "move_entry", "kind": "users"}],
)
def test_a_change_that_no_form_asks_for_is_not_found(with_team, client, data):
    assert client.post(reverse("allocation_change"), data | {"lock": "1"}).status_code == 404


def test_one_is_led_back_to_pages_of_ours_only(with_team, client):
    answer = client.post(reverse("allocation_change"), ADD | {"lock": "1", "next": "https://evil.example/"})

    assert answer.url == reverse("allocation")


@pytest.mark.parametrize(("role", "may"), [(Role.FINANCE, True), (Role.AUDITOR, True), (Role.VIEWER, False)])
def test_finance_and_auditors_read_and_change_nothing(acme, with_team, client, role, may):
    client.force_login(member(acme, role, f"{role}2@acme.example"))

    page = client.get(reverse("allocation_dimension", args=["team"]))

    assert page.status_code == (200 if may else 403)
    assert "Add rule" not in page.content.decode()
    assert client.post(reverse("allocation_change"), ADD | {"lock": "1"}).status_code == 403
    assert client.get(reverse("allocation_rule", args=["team", "new"])).status_code == 403


def test_another_organization_sees_nothing_of_the_draft(with_team, globex, client):
    client.force_login(member(globex, Role.OWNER))

    assert client.get(reverse("allocation_dimension", args=["team"])).status_code == 404
    assert (
        "Team" not in client.get(reverse("allocation")).content.decode().split("dimensions")[1].split("placeholder")[0]
    )


def test_a_ready_dimension_comes_with_its_rules_and_is_offered_once(client, acme):
    client.force_login(member(acme, Role.OWNER))
    address = reverse("allocation")
    assert "Add Technology tower (TBM)" in client.get(address).content.decode()

    answer = client.post(
        reverse("allocation_change"), {"operation": "add_template", "template": "tbm_tower", "lock": "0"}, follow=True
    )

    html = answer.content.decode()
    assert "Added dimension Technology tower (TBM) with its rules" in html
    assert "Add Technology tower (TBM)" not in html
    assert "Add Cost pool (TBM)" in html
    unknown = {"operation": "add_template", "template": "none", "lock": "1"}
    assert client.post(reverse("allocation_change"), unknown).status_code == 404
