"""What rules would catch in a month, in sets, charges and money, by a bill one can add up by hand."""

from decimal import Decimal

import pytest

from allocation.engine.conditions import Subject
from allocation.engine.rules import parse
from allocation.engine.tag_aliases import Spellings
from allocation.matches import month
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge

RULES = parse("""
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {tag: team, exists: true}, value: {tag: team}}
      - {when: {column: service_name, equals: EC2}, value: Platform}
  - {key: product, name: Product, rules: [{when: {dimension: team, equals: Platform}, value: Base}]}
""")
PLAIN = Spellings()
CHARGES = [
    charge("100", on=1, tags={"team": "payments"}, service_name="EC2"),
    charge("0.000000000000000001", on=2, tags={"team": "payments"}, service_name="EC2"),
    charge("7.5", on=1, service_name="EC2"),
    charge("3", on=3, service_name="S3", tags={"owner": "ada"}),
    charge("2", on=3, service_name="S3", currency="EUR"),
    charge("1", on=3, service_name="SQS"),
]


@pytest.fixture
def october(acme):
    bill_in_force(acme, CHARGES)
    with tenant(acme.id):
        yield month(acme.id, period=OCTOBER)


def told(catch):
    return catch.sets, catch.charges, {currency: cost.normalize() for currency, cost in catch.costs}


def test_each_rule_has_what_it_is_first_to_catch(october):
    found = october.catches(RULES)

    assert [told(catch) for catch in found["team"].rules] == [
        (1, 2, {"USD": Decimal("100.000000000000000001")}),
        (1, 1, {"USD": Decimal("7.5")}),
    ]
    assert told(found["team"].uncaught) == (3, 3, {"USD": Decimal(4), "EUR": Decimal(2)})
    assert told(found["product"].rules[0]) == (1, 1, {"USD": Decimal("7.5")})


def test_all_rules_and_the_rest_are_the_whole_bill(october):
    total = told(october.catches(RULES)["team"].total)

    assert total == (5, 6, {"USD": Decimal("111.500000000000000001"), "EUR": Decimal(2)})


def test_a_rule_alone_matches_what_earlier_rules_take(october):
    rule = RULES.dimensions[0].rules[1]

    assert told(october.alone(RULES, dimension="team", rule=rule)) == (2, 3, {"USD": Decimal("107.500000000000000001")})


def test_what_no_rule_catches_is_ranked_by_money(october):
    found = october.uncaught(RULES, dimension="team", limit=2)

    assert [(one.text, told(one.catch)) for one in found["service_name"]] == [
        ("S3", (2, 2, {"USD": Decimal(3), "EUR": Decimal(2)})),
        ("SQS", (1, 1, {"USD": Decimal(1)})),
    ]
    assert [(one.subject, one.catch.charges) for one in found["tags"]] == [(Subject("tag", "owner"), 1)]


def test_texts_are_searched_in_any_case_and_only_where_rules_may_look(october):
    assert october.texts(Subject("column", "service_name"), containing="s", limit=1, spellings=PLAIN) == ["S3"]
    assert october.texts(Subject("tag", "team"), containing="PAY", limit=9, spellings=PLAIN) == ["payments"]
    assert october.texts(Subject("tag", "it's\" odd"), containing="", limit=9, spellings=PLAIN) == []
    assert october.texts(Subject("column", "tags); DROP TABLE x"), containing="", limit=9, spellings=PLAIN) == []
    assert october.tag_keys(PLAIN) == ["owner", "team"]


def test_a_month_without_bills_has_nothing(acme):
    with tenant(acme.id):
        empty = month(acme.id, period=OCTOBER)

    assert told(empty.catches(RULES)["team"].uncaught) == (0, 0, {})
    assert (empty.uncaught(RULES, dimension="team", limit=5), empty.tag_keys(PLAIN)) == ({}, [])
