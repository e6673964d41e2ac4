"""Tag keys: what the bills write, what counts as one, and how an admin says so."""

import re

import pytest
from django.urls import reverse

from allocation.engine.rules import parse
from allocation.models import RuleDraft
from allocation.services import publish_rules
from allocation.working import working_rules
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.conftest import NOW, member

RULES = """
version: 1
tag_aliases: {cost_center: [CostCentre, cc]}
dimensions:
- key: center
  name: Center
  rules:
  - {name: by tag, when: {tag: cc, exists: true}, value: {tag: cost_center}}
"""
CHARGES = [
    charge("50", tags={"cost_center": "100"}, service_name="EC2"),
    charge("20", tags={"cost_center": "100", "cc": "200"}, service_name="EC2"),
    charge("4", tags={"CostCentre": "200", "Team": "ada"}),
    charge("2", tags={"team": "ada", "c c": "7"}),
    charge("1"),
]


@pytest.fixture
def with_spellings(acme, owner):
    bill_in_force(acme, CHARGES)
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)


def working(acme):
    with tenant(acme.id):
        return working_rules()


def lock(acme):
    with tenant(acme.id):
        draft = RuleDraft.objects.filter(state=RuleDraft.State.OPEN).first()
    return draft.lock if draft else 0


def page_of(client, view="allocation_tags", **query):
    return client.get(reverse(view), query).content.decode()


def words_of(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def form(**more):
    return {"was": "cost_center", "key": "cost_center", "spellings": "CostCentre\ncc", "lock": "0", **more}


def send(client, **more):
    return client.post(reverse("allocation_tag_key"), form(**more))


def test_the_page_tells_what_each_spelling_holds_and_decides(with_spellings, client):
    page = page_of(client)

    group = page.split('id="groups"')[1].split("</section>")[0]
    assert [one.split('"')[0] for one in group.split('data-exact="')[1:]] == ["70", "4", "20", "74"]
    assert "1 charge contradicts" in words_of(group)
    assert "Center, rule 1 (by tag)" in group


def test_the_page_lists_the_keys_of_the_bills_with_values_and_what_rules_see(with_spellings, client):
    keys = page_of(client).split('id="keys"')[1]

    assert keys.index("cost_center") < keys.index("CostCentre") < keys.index(">Team<")
    assert page_of(client, q="TEAM").split('id="keys"')[1].count('<th scope="row">') == 2
    assert "No key of October 2026 contains" in page_of(client, q="nothing")


def test_similar_keys_are_proposed_and_made_one_by_a_switch(acme, with_spellings, client):
    page = page_of(client)
    assert "cc and c c similar" in words_of(page)
    assert "Team and team similar" in words_of(page)
    assert "name=Team&amp;spelling=team" in page
    assert "key=cost_center&amp;spelling=c+c" in page

    client.post(reverse("allocation_tags_similar"), {"lock": "0", "similar": "on"})
    assert working(acme).rules.similar_tag_keys is True
    assert "No two keys of October 2026 are similar" in page_of(client)
    client.post(reverse("allocation_tags_similar"), {"lock": lock(acme)})
    assert working(acme).rules.similar_tag_keys is False


def test_a_form_is_counted_before_it_is_saved(acme, with_spellings, client):
    answer = client.post(
        reverse("allocation_tag_key"), form(spellings="cc\nCostCentre", do="count"), headers={"HX-Request": "true"}
    )

    part = answer.content.decode()
    assert "<html" not in part
    assert [one.split('"')[0] for one in part.split('data-exact="')[1:]] == ["70", "20", "4", "74", "20"]
    assert "On 1 charge (" in words_of(part)
    assert lock(acme) == 0


def test_spellings_are_saved_in_their_order_and_undone(acme, with_spellings, client):
    answer = send(client, spellings="cc\r\n\r\n  CostCentre \r\nkst\r\n")

    assert answer.status_code == 302
    assert working(acme).rules.tag_aliases == {"cost_center": ("cc", "CostCentre", "kst")}
    client.post(reverse("allocation_undo"), {"lock": lock(acme)})
    assert working(acme).rules.tag_aliases == {"cost_center": ("CostCentre", "cc")}


def test_a_key_is_renamed_in_its_place_and_deleted(acme, with_spellings, client):
    send(client, key="center", spellings="cost_center\ncc")
    assert working(acme).rules.tag_aliases == {"center": ("cost_center", "cc")}

    client.post(reverse("allocation_tag_delete"), {"key": "center", "lock": lock(acme)})
    assert working(acme).rules.tag_aliases == {}
    gone = client.post(reverse("allocation_tag_delete"), {"key": "center", "lock": lock(acme)}, follow=True)
    assert "has no listed spellings any more" in gone.content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"was": "", "key": "x", "spellings": "cc"}, "Tag key x: &#x27;cc&#x27; is a spelling of &#x27;cost_center&#x27; already"),
        ({"was": "", "key": "CostCentre", "spellings": "y"}, "is a spelling of &#x27;cost_center&#x27; already; list its spellings there"),
        ({"spellings": "cc\ncc"}, "Tag key cost_center: &#x27;cc&#x27; stands 2 times; keep one"),
        ({"spellings": "cost_center"}, "is the key itself; leave it out of its spellings"),
        ({"spellings": " \n "}, "Other spellings: write at least one"),
        ({"key": "  "}, "Tag key: write the key that rules name"),
        ({"was": "gone", "key": "gone"}, "has no listed spellings any more. Load the page again."),
        ({"was": "", "spellings": "z"}, "has listed spellings already. Open it and add to them."),
        ({"key": "k" * 2001}, "shorten the text: it is too long"),
    ],
)  # fmt: skip
def test_what_is_refused_stands_in_the_form_with_the_reason(acme, with_spellings, client, fields, said):
    answer = send(client, **fields)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert 'data-guard="dirty"' in answer.content.decode()
    assert lock(acme) == 0


def test_a_form_from_an_old_page_is_refused_and_keeps_what_was_typed(acme, with_spellings, client):
    client.post(reverse("allocation_tags_similar"), {"lock": "0", "similar": "on"})

    answer = send(client, spellings="kst")

    assert answer.status_code == 409
    assert ">kst</textarea>" in answer.content.decode()


def test_a_key_of_the_bills_may_begin_or_end_with_a_space(acme, owner, client):
    bill_in_force(acme, [charge("1", tags={" cc": "1"})])

    send(client, was="", spellings=" cc\n cd")

    assert working(acme).rules.tag_aliases == {"cost_center": (" cc", "cd")}


def test_a_proposal_fills_the_form_and_others_that_may_belong_are_added_by_a_button(acme, with_spellings, client):
    page = page_of(client, "allocation_tag_key", name="Team")
    assert 'value="add:team"' in page

    page = client.post(
        reverse("allocation_tag_key"), {"key": "Team", "spellings": "", "do": "add:team", "lock": "0"}
    ).content.decode()

    assert ">team</textarea>" in page
    assert 'value="add:team"' not in page
    assert lock(acme) == 0


def test_a_new_form_shows_no_problem_and_an_unknown_key_is_not_found(with_spellings, client):
    assert "Not saved yet" not in page_of(client, "allocation_tag_key")
    assert client.get(reverse("allocation_tag_key"), {"key": "nothing"}).status_code == 404


def test_keys_are_completed_with_their_values(with_spellings, client):
    found = client.get(reverse("allocation_tag_keys"), {"q": "COST"}).json()

    assert [(one["value"], one["hint"]) for one in found["items"]] == [
        ("cost_center", "1 value: 100"),
        ("CostCentre", "1 value: 200"),
    ]


def test_forms_of_rules_know_the_key_as_one(with_spellings, client):
    rule = client.get(reverse("allocation_rule", args=["center", "0"])).content.decode()
    texts = client.get(reverse("allocation_texts"), {"kind": "tag", "key": "CostCentre", "q": ""}).json()

    assert '<option value="cost_center">Tag</option>' in rule
    assert '<option value="cc">' not in rule
    assert 'data-exact="74"' in rule
    assert [one["value"] for one in texts["items"]] == ["100", "200"]


def test_a_line_is_asked_in_any_spelling_and_says_which_it_has(with_spellings, client):
    page = page_of(client, "allocation_trace", line="tag CostCentre = 200")

    assert "Center: 200" in page
    assert "the line has <code>200</code> under <code>CostCentre</code>" in page


def test_the_review_says_the_spellings_in_words_and_money(acme, with_spellings, client):
    send(client, spellings="CostCentre")

    page = page_of(client, "allocation_review")

    assert "Spellings of tag key cost_center" in page
    assert "<del>CostCentre, cc</del>" in page
    row = page.split('<th scope="row">Center</th>')[1].split("</tr>")[0]
    assert [one.split('"')[0] for one in row.split('data-exact="')[1:]][:2] == ["3", "57"]


def test_the_review_says_which_charges_change_their_value(acme, with_spellings, client):
    send(client, key="cc", spellings="cost_center")

    page = page_of(client, "allocation_review")

    moved = page.split("What changes its center")[1].split("</section>")[0]
    assert words_of(moved.split("<tbody>")[1]).startswith("100 200 1 20.00 USD 200 unallocated 1 4.00 USD")
    assert "All 2 moves 2 24.00 USD" in words_of(moved)


def test_a_month_without_bills_says_so(acme, owner, client):
    page = page_of(client, period="2026-10")

    assert "Every spelling is a key of its own" in page
    assert "No bill of October 2026 is in force" in page
    assert client.get(reverse("allocation_tag_keys"), {"q": "a"}).json()["items"] == []


def test_finance_reads_spellings_and_changes_none(acme, with_spellings, client):
    client.force_login(member(acme, Role.FINANCE, "fin@acme.example"))

    page = client.get(reverse("allocation_tags"))

    assert page.status_code == 200
    assert "Let similar keys" not in page.content.decode()
    assert send(client).status_code == 403
    assert client.post(reverse("allocation_tags_similar"), {"similar": "on"}).status_code == 403
    assert client.post(reverse("allocation_tag_delete"), {"key": "cost_center"}).status_code == 403
    assert lock(acme) == 0


def test_another_organization_sees_none_of_it(acme, globex, with_spellings, client):
    client.force_login(member(globex, Role.OWNER))

    assert "cost_center" not in page_of(client).replace("<code>cost_center</code>", "")
    assert client.get(reverse("allocation_tag_key"), {"key": "cost_center"}).status_code == 404
