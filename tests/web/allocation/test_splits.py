"""The form of a split: every method goes out and comes back, and the shares it shows sum to the pool exactly."""

from decimal import Decimal

import pytest
from django.urls import reverse

from allocation.engine.drivers import DriverValue as EngineDriverValue
from allocation.engine.rules import parse, to_document
from allocation.services import publish_rules
from allocation.services.driver_values import put_driver_values
from allocation.working import working_rules
from itfm.core.tenancy import tenant
from itfm.web.allocation.splits.fields import from_document, from_post
from itfm.web.allocation.splits.fields import to_document as back
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge, day
from tests.conftest import NOW

RULES = """
version: 1
dimensions:
- {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
drivers:
- {key: gb, name: Gigabytes, dimension: team, unit: GB}
- {key: size, name: Size, dimension: team, unit: GB}
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
- {key: e, name: E, stage: 4, pool: {dimension: team, equals: cluster}, receivers: {dimension: team},
   method: {kind: capacity, driver: gb, capacity: size, capacity_value: blue}, missing: carry_forward,
   fallback: {kind: metric, driver: size}}
- {key: f, name: F, stage: 4, pool: {dimension: team, equals: fees}, receivers: {dimension: team},
   method: {kind: tiered, driver: gb, fee: {USD: "10", EUR: "9.5"}}, missing: hold,
   fallback: {kind: tiered, driver: size, fee: {USD: "1"}}}
- {key: g, name: G, stage: 4, pool: {dimension: team, equals: card}, receivers: {dimension: team}, missing: interpolate,
   method: {kind: rate_card, driver: gb, cost: list_cost, prices: [
     {currency: USD, price: "2.50", valid_from: 2026-01, valid_to: 2026-06}, {currency: USD, price: "3", valid_from: 2026-07}]}}
- {key: h, name: H, stage: 4, pool: {dimension: team, equals: streams}, receivers: {dimension: team},
   method: {kind: rate_card, driver: gb, price_drivers: {USD: size}}, fallback: {kind: proportional}}
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
    rules, wanted = (
        type(again).model_validate(to_document(again) | {"splits": [one]})
        for one in (back(from_document(split)), split)
    )

    assert rules == wanted


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


def test_what_stays_in_the_pool_stands_under_the_shares(acme, with_team, client):
    with tenant(acme.id):
        put_driver_values(
            "gb", [EngineDriverValue(date=day(1), value="mail", quantity=Decimal(20))], organization_id=acme.id
        )

    page = client.post(
        reverse("allocation_split", args=["new"]),
        FORM
        | {"lock": "0", "do": "preview", "method": "rate_card", "driver": "gb", "prices": "USD = 2.50 from 2026-01"},
    ).content.decode()

    assert "Stays in the pool" in page
    assert "The standard prices recover less than the pool; the rest stays in it." in page
    assert page.count("50") >= 2


def test_a_price_that_is_none_is_refused_with_its_place(acme, with_team, client):
    page = client.post(
        reverse("allocation_split", args=["new"]),
        FORM | {"lock": "0", "method": "rate_card", "driver": "gb", "prices": "USD = cheap"},
    )

    assert page.status_code == 422
    assert "is not a number" in page.content.decode()


def test_a_stage_is_made_reciprocal_and_plain_again(acme, with_team, client):
    client.post(reverse("allocation_split", args=["new"]), FORM | {"lock": "0"})
    client.post(reverse("allocation_split", args=["new"]), FORM | {"key": "second", "lock": "1"})

    page = client.post(
        reverse("allocation_change"),
        {"operation": "put_stage", "number": "1", "reciprocal": "on", "lock": "2"},
        follow=True,
    ).content.decode()

    assert "its pools serve each other" in page
    with tenant(acme.id):
        assert working_rules().rules.is_reciprocal(1)
    client.post(reverse("allocation_change"), {"operation": "put_stage", "number": "1", "lock": "3"})
    with tenant(acme.id):
        assert working_rules().rules.stages == ()


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
