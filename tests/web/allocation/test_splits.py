"""The form of a split: every method goes out and comes back, and the shares it shows sum to the pool exactly."""

import pytest
from django.urls import reverse

from allocation.engine.rules import parse, to_document
from allocation.services import publish_rules
from allocation.working import working_rules
from itfm.core.tenancy import tenant
from itfm.web.allocation.splits.fields import from_document, from_post
from itfm.web.allocation.splits.fields import to_document as back
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.conftest import NOW

RULES = """
version: 1
dimensions:
- {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
drivers: [{key: gb, name: Gigabytes, dimension: team, unit: GB}]
splits:
- {key: a, name: A, stage: 1, pool: {dimension: team, equals: platform}, receivers: {dimension: team}, method: {kind: even}}
- {key: b, name: B, stage: 2, pool: {all: [{tag: x, equals: y}, {column: service_name, exists: true}]},
   receivers: {dimension: team, one_of: [mail, search]}, partition_by: [region_id],
   method: {kind: proportional, cost: billed_cost, charge_categories: [Usage, Tax]}, window: {kind: trailing, days: 3},
   fallback: {kind: fixed, shares: {mail: "100"}}}
- {key: c, name: C, stage: 3, pool: {dimension: team, equals: hq}, receivers: {dimension: team},
   method: {kind: fixed, shares: {mail: "60.5"}, remainder: search}, fallback: {kind: previous}}
- {key: d, name: D, stage: 3, pool: {dimension: team, equals: logs},
   receivers: {dimension: team, where: {value: true, starts_with: m}}, method: {kind: metric, driver: gb}, window: {kind: day}}
"""
FORM = {
    "name": "Platform", "key": "platform", "stage": "1", "pool-type": "group", "pool-mode": "all", "pool.0-type": "test",
    "pool.0-kind": "dimension", "pool.0-key": "team", "pool.0-operator": "equals", "pool.0-texts": "platform",
    "dimension": "team", "receivers": "others", "method": "even", "window": "billing_period", "fallback": "hold",
}  # fmt: skip


@pytest.mark.parametrize("split", to_document(parse(RULES))["splits"], ids=lambda split: split["method"]["kind"])
def test_a_split_comes_back_from_its_form(split):
    bare = RULES.split("splits:", maxsplit=1)[0]
    again = parse(bare)
    rules = type(again).model_validate(to_document(again) | {"splits": [back(from_document(split))]})

    assert to_document(rules)["splits"] == [split]


@pytest.fixture
def with_team(acme, owner):
    bill_in_force(
        acme,
        [
            charge("100", tags={"team": "platform"}),
            charge("1", tags={"team": "mail"}),
            charge("1", tags={"team": "search"}),
            charge("1", tags={"team": "web"}),
        ],
    )
    with tenant(acme.id):
        publish_rules(parse(RULES.split("splits:", maxsplit=1)[0]), organization_id=acme.id, published_by=None, at=NOW)


def test_shares_are_worked_out_to_the_last_digit_before_anything_is_saved(acme, with_team, client):
    page = client.post(
        reverse("allocation_split", args=["new"]), FORM | {"lock": "0", "do": "preview"}
    ).content.decode()

    assert page.count("33.333333333333<") == 2
    assert page.count("33.333333333334<") == 1
    assert "Difference" in page
    with tenant(acme.id):
        assert working_rules().draft is None


def test_a_split_is_saved_and_opened_again(acme, with_team, client):
    page = client.post(reverse("allocation_split", args=["new"]), FORM | {"lock": "0"}, follow=True)

    assert page.redirect_chain[0][0] == reverse("allocation_split", args=["platform"])
    with tenant(acme.id):
        assert [one.key for one in working_rules().rules.splits] == ["platform"]


def test_the_key_of_a_split_is_not_changed_by_its_form(acme, with_team, client):
    client.post(reverse("allocation_split", args=["new"]), FORM | {"lock": "0"})
    client.post(reverse("allocation_split", args=["platform"]), FORM | {"lock": "1", "key": "other", "name": "New"})

    with tenant(acme.id):
        assert [(one.key, one.name) for one in working_rules().rules.splits] == [("platform", "New")]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"method": "fixed", "shares": "mail = 60"}, "the shares total 60, not 100"),
        ({"method": "fixed", "shares": "mail = sixty"}, "is not a number"),
        ({"method": "metric", "driver": "gone"}, "driver &#x27;gone&#x27; is not known"),
        ({"method": "steal"}, "kind must be one of"),
        ({"stage": "0"}, "greater than or equal to 1"),
        ({"stage": "first"}, "valid integer"),
        ({"dimension": "gone"}, "dimension &#x27;gone&#x27; is not known"),
        ({"receivers": "one_of"}, "add at least one"),
        ({"window": "trailing", "days": "9999"}, "less than or equal to 366"),
    ],
)
def test_what_is_wrong_with_a_split_is_said_and_nothing_is_saved(acme, with_team, client, bad, said):
    page = client.post(reverse("allocation_split", args=["new"]), FORM | {"lock": "0"} | bad)

    assert page.status_code == 422
    assert said in page.content.decode()
    with tenant(acme.id):
        assert working_rules().draft is None


def test_a_form_that_sends_nothing_is_refused_in_words(with_team, client):
    assert client.post(reverse("allocation_split", args=["new"]), {"lock": "0"}).status_code == 422
    assert from_post({}, partition_by=(), where=None).method == "even"
