"""What the spellings of tag keys hold in a month, by bills one can add up by hand."""

from decimal import Decimal

import pytest

from allocation.engine.conditions import Subject
from allocation.engine.rules import parse
from allocation.engine.tag_aliases import Spellings
from allocation.line_search import lines_found
from allocation.matches import month
from allocation.tag_spellings import Likeness, Proposal, alike, groups_found, keys_found, proposals
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge

ALIASES = {"cost_center": ("CostCentre", "cc")}
RULES = parse("""
version: 1
tag_aliases: {cost_center: [CostCentre, cc], squad: [team]}
dimensions:
  - key: center
    name: Center
    rules: [{when: {tag: cost_center, equals: "100"}, value: {tag: cc}}]
""")
CHARGES = [
    charge("50", tags={"cost_center": "100"}),
    charge("30", tags={"cost_center": "100", "cc": "100"}, service_name="EC2"),
    charge("20", tags={"cost_center": "100", "cc": "200"}, service_name="S3"),
    charge("8", on=2, tags={"cost_center": " ", "cc": "300"}),
    charge("4", tags={"CostCentre": "200", "team": "ada"}),
    charge("2", tags={"CostCentre": "100", "cc": "300", "Squad": "ada"}, currency="EUR"),
    charge("1"),
]


@pytest.fixture
def october(acme):
    bill_in_force(acme, CHARGES)
    with tenant(acme.id):
        yield month(acme.id, period=OCTOBER)


def costs(catch):
    return {currency: cost.normalize() for currency, cost in catch.costs}


def test_each_key_has_its_money_its_values_and_the_most_frequent_of_them(october):
    found = {one.key: one for one in keys_found(october).keys}

    assert list(found) == ["cost_center", "cc", "CostCentre", "team", "Squad"], "dearest first"
    assert costs(found["cost_center"].catch) == {"USD": Decimal(100)}, "a blank value is none"
    assert costs(found["cc"].catch) == {"USD": Decimal(58), "EUR": Decimal(2)}
    assert (found["cc"].value_count, found["cc"].examples) == (3, ("300", "100", "200"))


def test_a_group_says_what_each_spelling_holds_and_decides(october):
    group = groups_found(october, Spellings(ALIASES), ["cost_center"])["cost_center"]

    assert [(one.spelling, costs(one.has), costs(one.counts)) for one in group.spellings] == [
        ("cost_center", {"USD": Decimal(100)}, {"USD": Decimal(100)}),
        ("CostCentre", {"USD": Decimal(4), "EUR": Decimal(2)}, {"USD": Decimal(4), "EUR": Decimal(2)}),
        ("cc", {"USD": Decimal(58), "EUR": Decimal(2)}, {"USD": Decimal(8)}),
    ]
    assert costs(group.together) == {"USD": Decimal(112), "EUR": Decimal(2)}
    assert costs(group.contradicting) == {"USD": Decimal(20), "EUR": Decimal(2)}


def test_what_the_spellings_decide_adds_up_to_the_key(october):
    group = groups_found(october, Spellings(ALIASES, similar=True), ["cc"])["cc"]

    assert group.together.charges == sum(one.counts.charges for one in group.spellings) == 6
    assert group.together.sets == sum(one.counts.sets for one in group.spellings) == 6


def test_similar_keys_of_the_bills_are_in_the_group(october):
    group = groups_found(october, Spellings({"squad": ["team"]}, similar=True), ["team"])["team"]

    assert [one.spelling for one in group.spellings] == ["squad", "Squad", "team"]
    assert costs(group.together) == {"USD": Decimal(4), "EUR": Decimal(2)}


def test_a_month_without_bills_has_no_keys_and_empty_groups(acme):
    with tenant(acme.id):
        empty = month(acme.id, period=OCTOBER)

    assert keys_found(empty).keys == ()
    assert costs(groups_found(empty, Spellings(ALIASES), ["cc"])["cc"].together) == {}


def test_keys_of_several_bills_are_one_list(acme):
    bill_in_force(acme, [charge("5", tags={"team": "a"})], key="aws")
    bill_in_force(acme, [charge("7", tags={"team": "b", "Team": "c"})], key="azure")

    with tenant(acme.id):
        found = keys_found(month(acme.id, period=OCTOBER)).keys

    assert [(one.key, costs(one.catch)) for one in found] == [
        ("team", {"USD": Decimal(12)}),
        ("Team", {"USD": Decimal(7)}),
    ]


def test_similar_keys_and_keys_with_the_same_values_are_proposed_until_they_count_as_one(acme):
    tags = [{"cost_center": "1", "cc": "1"}, {"cost_center": "2", "cc": "2"}, {"cost_center": "3", "cc": "3"},
            {"cost_center": "4", "cc": "x"}, {"Cost-Center": "1", "auto": "1"}, {"auto": "2", "backup": "1"}]  # fmt: skip
    bill_in_force(acme, [charge(str(10 - at), tags=one) for at, one in enumerate([{"cost_center": "5"}, *tags])])
    with tenant(acme.id):
        found = keys_found(month(acme.id, period=OCTOBER))

    similar = Likeness(key="Cost-Center", is_similar=True)
    sharing = Likeness(key="cc", is_similar=False, shared=3, of=4)
    assert list(proposals(found, Spellings())) == [Proposal(key="cost_center", others=(sharing, similar))]
    assert list(proposals(found, Spellings({"cost_center": ["cc"]}))) == [
        Proposal(key="cost_center", others=(similar,))
    ]
    assert list(proposals(found, Spellings({"cost_center": ["cc"]}, similar=True))) == []
    assert alike(found, Spellings(), key="cc") == (Likeness(key="cost_center", is_similar=False, shared=3, of=4),)
    assert alike(found, Spellings(), key="unknown") == ()


def test_counts_lists_and_texts_see_the_key_as_one(october):
    spellings = RULES.spellings()

    caught = october.catches(RULES)["center"]

    assert costs(caught.rules[0]) == {"USD": Decimal(100), "EUR": Decimal(2)}
    assert costs(caught.uncaught) == {"USD": Decimal(13)}
    assert october.tag_keys(spellings) == ["Squad", "cost_center", "squad"]
    assert october.texts(Subject("tag", "cc"), containing="", limit=9, spellings=spellings) == ["100", "200", "300"]
    assert october.texts(Subject("tag", "cc"), containing="", limit=9, spellings=Spellings()) == ["100", "200", "300"]
    assert october.texts(Subject("tag", "team"), containing="A", limit=9, spellings=spellings) == ["ada"]


def test_uncaught_cost_is_ranked_by_key_whatever_its_spelling_and_once(october):
    found = october.uncaught(RULES, dimension="center", limit=9)["tags"]

    assert [(one.text, costs(one.catch)) for one in found] == [
        ("cost_center", {"USD": Decimal(12)}),
        ("squad", {"USD": Decimal(4)}),
    ]


def test_a_search_shows_a_line_as_it_was_delivered(october):
    line = lines_found(october, containing="ada", limit=1)[0]

    assert line.texts[Subject("tag", "CostCentre")] == "200"
